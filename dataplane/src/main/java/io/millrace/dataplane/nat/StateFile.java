package io.millrace.dataplane.nat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import net.openhft.chronicle.bytes.MappedBytes;
import net.openhft.chronicle.core.io.IORuntimeException;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Memory that outlives the process: a file mapped by chronicle-bytes, in named regions that tables use as they use any
 * other memory. What is written there is in the kernel's page cache, which a {@code kill -9} leaves alone; it costs
 * nothing to keep it there. After a crash of the machine the file holds what the kernel had written back by then.
 *
 * <p>The content is a help and never a must: a file that does not fit is put aside as {@code NAME.bad}, {@link #told} says
 * so, and there is a new one. Records are believed one by one, each by its {@link Seal}. What cannot be used at all
 * (a directory, no permission, a full disk, a file that another process uses) fails the opening, with a sentence.
 *
 * <p>All its blocks are taken when it is made, so that a disk that becomes full later does no harm. It is readable and
 * writable by its owner only, and not trusted otherwise. On a disk, the kernel writes changed pages back twice a minute;
 * on a tmpfs ({@code /run}) never, which is enough for all but reboots.
 *
 * <p>{@link #region} and {@link #beat} are for one thread, {@link #close} only for when nobody uses a region any more:
 * its memory is gone then.
 */
public final class StateFile implements AutoCloseable {
    private static final int ATTEMPTS = 10;
    private static final int ZEROS = 1 << 20;
    private static final String UID = "unix:uid";
    private static final String MODE = "unix:mode";
    private static final int OTHERS_MAY_WRITE = 0b010_010;

    /** What this process has open: opening one of these again, and closing it, would end the lock (fcntl_locking(2)). */
    private static final Set<Object> OPEN = ConcurrentHashMap.newKeySet();

    /**
     * A part of the file.
     *
     * @param name 1 to 16 ASCII characters
     * @param bytes 1 to 2^31 - 4,096
     */
    public record Region(String name, int bytes) {
        public Region {
            if (name.isEmpty() || name.length() > 16 || bytes < 1 || bytes > Integer.MAX_VALUE - StateHeader.BYTES) {
                throw new IllegalArgumentException("region " + name + " of " + bytes + " bytes");
            }
        }
    }

    /** The locked file; what was to be said about it on the way. */
    private record Held(
            FileChannel channel, Object key, @Nullable String told) {}

    private final Held held;
    private final MappedBytes mapping;
    private final List<Region> regions;
    private final long address;
    private final StateHeader header;

    private StateFile(Held held, MappedBytes mapping, List<Region> regions) {
        this.held = held;
        this.mapping = mapping;
        this.regions = regions;
        this.address = mapping.addressForRead(0);
        this.header = new StateHeader(new UnsafeBuffer(address, StateHeader.BYTES));
    }

    /**
     * Opens the file at {@code path}, or makes it.
     *
     * @param version of what is in the regions; a file of another one does not fit
     * @param now by both clocks
     * @throws IOException with one sentence that begins with the path
     */
    public static StateFile open(Path path, int version, Moment now, Region... regions) throws IOException {
        var parts = List.of(regions);
        if (parts.isEmpty() || parts.size() > StateHeader.MOST_REGIONS) {
            throw new IllegalArgumentException(parts.size() + " regions");
        }
        long bytes = StateHeader.BYTES;
        for (var region : parts) {
            bytes += pages(region.bytes);
        }
        var held = take(path, version, parts, bytes);
        try {
            var file = new StateFile(held, map(path, bytes), parts);
            if (file.header.isBlank()) {
                file.header.create(version, parts, bytes, new SecureRandom().nextLong(), now);
            }
            file.header.start(now);
            return file;
        } catch (IOException e) {
            release(held);
            throw e;
        }
    }

    private static void release(Held held) throws IOException {
        held.channel.close();
        OPEN.remove(held.key);
    }

    /** Bytes in whole pages. */
    static long pages(int bytes) {
        return (long) bytes + StateHeader.BYTES - 1 & -StateHeader.BYTES;
    }

    /** Gets the file of this path, locked, with our header or a blank one, and all its blocks. */
    private static Held take(Path path, int version, List<Region> regions, long bytes) throws IOException {
        String told = null;
        for (int i = 0; i < ATTEMPTS; i++) {
            var before = look(path);
            if (before != null && OPEN.contains(before)) {
                throw used(path);
            }
            var channel = openAndLock(path);
            try {
                var same = before != null && before.equals(look(path));
                var fault = same ? fault(path, channel, version, regions, bytes) : null;
                if (before != null && same && fault == null) {
                    if (channel.size() != bytes || isBlank(channel)) {
                        fill(path, channel, bytes);
                    }
                    OPEN.add(before);
                    return new Held(channel, before, told);
                }
                if (fault != null) {
                    told = putAside(path, fault);
                }
                channel.close();
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        }
        throw new IOException(path + ": comes and goes: somebody else is making and moving it all the time");
    }

    /** Which file it is, after a look at what is there; null: none, so one is made by opening it. */
    private static @Nullable Object look(Path path) throws IOException {
        try {
            var there = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!there.isRegularFile()) {
                var kind = there.isSymbolicLink() ? "a symbolic link" : there.isDirectory() ? "a directory" : "no file";
                throw new IOException(path + ": is " + kind + "; sessions are kept in a regular file");
            }
            return there.fileKey();
        } catch (NoSuchFileException e) {
            return null;
        } catch (FileSystemException e) {
            throw new IOException(path + ": cannot be opened: " + reason(e), e);
        }
    }

    private static FileChannel openAndLock(Path path) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    path,
                    Set.of(
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileSystemException e) {
            throw new IOException(path + ": cannot be opened: " + reason(e), e);
        }
        if (channel.tryLock() == null) {
            channel.close();
            throw used(path);
        }
        return channel;
    }

    private static IOException used(Path path) {
        return new IOException(path + ": another process keeps its sessions there; give each a file of its own");
    }

    private static String reason(FileSystemException e) {
        if (e instanceof NoSuchFileException) {
            return "its directory is not there";
        }
        return e instanceof AccessDeniedException
                ? "permission denied"
                : Objects.requireNonNullElse(e.getReason(), e.getClass().getSimpleName());
    }

    private static @Nullable String fault(Path path, FileChannel channel, int version, List<Region> regions, long bytes)
            throws IOException {
        long size = channel.size();
        var owner = Files.getAttribute(path, UID, LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), UID))) {
            return "belongs to another user";
        }
        if (((int) Files.getAttribute(path, MODE, LinkOption.NOFOLLOW_LINKS) & OTHERS_MAY_WRITE) != 0) {
            return "can be written to by others";
        }
        if (isBlank(channel)) {
            return size <= bytes ? null : "is no state file of Millrace's"; // one whose making was interrupted
        }
        return size < StateHeader.BYTES
                ? "is no state file of Millrace's"
                : new StateHeader(firstPage(channel)).fault(version, regions, size);
    }

    private static boolean isBlank(FileChannel channel) throws IOException {
        return new StateHeader(firstPage(channel)).isBlank();
    }

    private static UnsafeBuffer firstPage(FileChannel channel) throws IOException {
        var page = ByteBuffer.allocateDirect(StateHeader.BYTES);
        int read = 0;
        while (read >= 0 && page.hasRemaining()) {
            read = channel.read(page, page.position());
        }
        return new UnsafeBuffer(page, 0, StateHeader.BYTES);
    }

    private static String putAside(Path path, String fault) throws IOException {
        var aside = path.resolveSibling(path.getFileName() + ".bad");
        try {
            Files.move(path, aside, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            throw new IOException(path + ": " + fault + ", and cannot be put aside: " + reason(e), e);
        }
        return path + ": " + fault + "; it is now " + aside.getFileName() + ", and all sessions begin anew";
    }

    /** Zeros, really written: blocks that are only promised would be missed when a session is written to them. */
    private static void fill(Path path, FileChannel channel, long bytes) throws IOException {
        try {
            channel.truncate(0);
            var zeros = ByteBuffer.allocateDirect(ZEROS);
            for (long at = 0; at < bytes; at += zeros.position()) {
                zeros.clear().limit((int) Math.min(ZEROS, bytes - at));
                while (zeros.hasRemaining()) {
                    channel.write(zeros, at + zeros.position());
                }
            }
        } catch (IOException e) {
            Files.deleteIfExists(path);
            throw new IOException(path + ": no room for " + bytes + " bytes: " + e.getMessage(), e);
        }
    }

    private static MappedBytes map(Path path, long bytes) throws IOException {
        try {
            var mapping = MappedBytes.singleMappedBytes(path.toFile(), bytes);
            mapping.singleThreadedCheckDisabled(true);
            return mapping;
        } catch (FileNotFoundException | IORuntimeException e) {
            throw new IOException(path + ": cannot be mapped: " + e.getMessage(), e);
        } catch (LinkageError | AssertionError e) {
            throw new IOException(path + ": cannot be mapped without the flags that ./millrace gives to the JVM", e);
        }
    }

    /** What became of a file that did not fit, one sentence; null when there is nothing to say. */
    public @Nullable String told() {
        return held.told;
    }

    /** The memory of a region, which begins at a page; new ones are all 0. Valid until {@link #close}. */
    public UnsafeBuffer region(String name) {
        long at = address + StateHeader.BYTES;
        for (var region : regions) {
            if (region.name.equals(name)) {
                return new UnsafeBuffer(at, region.bytes);
            }
            at += pages(region.bytes);
        }
        throw new IllegalArgumentException("no region " + name);
    }

    /** For hashes and seals; drawn when the file was made. */
    public long seed() {
        return header.seed();
    }

    /** How many processes have used it, this one included. */
    public long starts() {
        return header.starts();
    }

    /**
     * What to add to the machine's monotonic clock ({@link System#nanoTime}) to have the file's time, in ns, which goes on
     * over restarts and reboots. The same for as long as the file is open. With the times in the records in this time,
     * nothing has to be rewritten at a start, and a start that is interrupted does no harm.
     */
    public long ahead() {
        return header.ahead();
    }

    /** Notes that it is now; to be called every second or so, for after a reboot. Allocates nothing. */
    public void beat(long monotonic, long wall) {
        header.beat(monotonic, wall);
    }

    @Override
    public void close() throws IOException {
        mapping.releaseLast();
        release(held);
    }
}
