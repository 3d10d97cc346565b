package io.millrace.tools.up;

import io.millrace.tools.words.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The right to a name, and to the socket of that name, for as long as this process lives: a lock of the kernel's on a file
 * beside the socket, which also tells who has it. A process that is killed loses its lock, so what it left behind is known
 * to be nobody's.
 *
 * <p>Names are the projects'. Two files of one directory, or one file in two network namespaces, have one name and may run
 * both: the second is called {@code NAME-2}. The same file in the same namespace cannot run twice.
 */
final class Claim implements AutoCloseable {
    /** What is put behind the name of a socket to name its lock. */
    static final String LOCK = ".lock";

    private static final int MOST = 1000;
    private static final int ATTEMPTS = 10;
    private static final Path NAMESPACE = Path.of("/proc/self/ns/net");

    private final String name;
    private final Path socket;
    private final Path file;
    private final FileChannel lock;

    private Claim(String name, Path socket, Path file, FileChannel lock) {
        this.name = name;
        this.socket = socket;
        this.file = file;
        this.lock = lock;
    }

    /** Who has a name. */
    private record Holder(String pid, String namespace, String topology) {
        String says() {
            return pid + "\n" + namespace + "\n" + topology + "\n";
        }

        boolean runsTheSameAs(Holder other) {
            return namespace.equals(other.namespace) && topology.equals(other.topology);
        }
    }

    /**
     * Takes a name.
     *
     * @param project what to be called if nobody is
     * @param topology the file
     * @param chosen where the user wants the socket; null: where sockets are
     */
    static Claim take(String project, Path topology, @Nullable Path chosen) {
        var self = new Holder(Long.toString(ProcessHandle.current().pid()), namespace(), real(topology));
        if (chosen != null) {
            return Objects.requireNonNull(takeOne(project, chosen.toAbsolutePath(), self, true));
        }
        Home.made();
        for (int i = 1; i < MOST; i++) {
            var name = i == 1 ? project : project + "-" + i;
            var claim = takeOne(name, Home.socket(name), self, false);
            if (claim != null) {
                return claim;
            }
        }
        throw Failure.failed(MOST + " topologies called " + project + " are running already");
    }

    private static @Nullable Claim takeOne(String name, Path socket, Holder self, boolean only) {
        var file = socket.resolveSibling(socket.getFileName() + LOCK);
        try {
            for (int i = 0; i < ATTEMPTS; i++) {
                var lock = FileChannel.open(
                        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                if (!isLocked(lock)) {
                    lock.close();
                    var holder = holder(file);
                    if (only || holder.runsTheSameAs(self)) {
                        throw Failure.failed("already running as pid " + holder.pid);
                    }
                    return null;
                }
                if (write(lock, file, self)) {
                    return new Claim(name, socket, file, lock);
                }
                lock.close(); // it was on its way out, and its file with it
            }
        } catch (IOException e) {
            throw Failure.failed(file + ": cannot be made: " + e.getMessage());
        }
        throw Failure.failed(file + " comes and goes: somebody else is starting and ending all the time");
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException inThisProcess) {
            return false;
        }
    }

    /**
     * Writes who we are; false when the file of that name is not the one that is locked. It must not be opened a second
     * time to find out: closing that would end the lock (fcntl_locking(2)).
     */
    private static boolean write(FileChannel lock, Path file, Holder self) throws IOException {
        lock.truncate(0);
        if (sizeOf(file) != 0) {
            return false;
        }
        int length = lock.write(ByteBuffer.wrap(self.says().getBytes(StandardCharsets.UTF_8)), 0);
        return sizeOf(file) == length;
    }

    private static long sizeOf(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : -1;
    }

    private static Holder holder(Path file) throws IOException {
        var lines = (Files.readString(file) + "?\n?\n?\n").split("\n", -1);
        return new Holder(lines[0], lines[1], lines[2]);
    }

    private static String namespace() {
        try {
            return Files.readSymbolicLink(NAMESPACE).toString();
        } catch (IOException | UnsupportedOperationException e) {
            return "";
        }
    }

    /** The file by the name that does not depend on how one got there. */
    static String real(Path topology) {
        try {
            return topology.toRealPath().toString();
        } catch (IOException e) {
            return topology.toAbsolutePath().normalize().toString();
        }
    }

    String name() {
        return name;
    }

    Path socket() {
        return socket;
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
            lock.close();
        } catch (IOException e) {
            System.err.println("millrace: " + file + ": cannot be removed: " + e.getMessage());
        }
    }
}
