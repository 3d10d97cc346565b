package io.millrace.dataplane.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Named network namespaces, the same that ip-netns(8) speaks of: each is a file in {@code /run/netns} on which the
 * namespace is mounted. Making, deleting and entering one needs CAP_SYS_ADMIN.
 */
public final class Namespaces {
    private static final Path HOME = Path.of("/run/netns");
    private static final String NEEDS = "CAP_SYS_ADMIN";
    private static final int O_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final int MS_BIND = 0x1000;
    private static final int MS_REC = 0x4000;
    private static final int MS_SHARED = 1 << 20;
    private static final int MNT_DETACH = 2;

    private Namespaces() {}

    /** What is done inside a namespace. */
    @FunctionalInterface
    public interface Task<T extends @Nullable Object> {
        T run() throws IOException;
    }

    /** All names, sorted. */
    public static List<String> list() {
        try (var files = Files.list(HOME)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of(); // nobody has made one yet
        }
    }

    /** Whether there is one of that name. */
    public static boolean exists(String name) {
        return isName(name) && Files.exists(HOME.resolve(name));
    }

    /**
     * A descriptor of a namespace, to be closed by the caller; it keeps the namespace in being.
     *
     * @throws KernelException when there is none of that name; the sentence tells which there are
     */
    public static int open(String name) throws KernelException {
        if (!exists(name)) {
            throw new KernelException(
                    "looking for the network namespace " + name + " (there are " + Netlink.shortened(list()) + ")",
                    -Errno.ENOENT,
                    NEEDS);
        }
        int fd = new Native().open(HOME.resolve(name).toString(), O_CLOEXEC);
        return (int) KernelException.check("opening the network namespace " + name, fd, NEEDS);
    }

    /**
     * Makes a namespace, with nothing in it but a loopback that is off.
     *
     * @throws KernelException when there is one of that name, or the kernel refuses
     */
    public static void create(String name) throws IOException {
        var what = "making the network namespace " + name;
        if (!isName(name)) {
            throw new KernelException(what, -Errno.EINVAL, NEEDS);
        }
        if (exists(name)) {
            throw new KernelException(what, -Errno.EEXIST, NEEDS);
        }
        share(what);
        var file = Files.createFile(HOME.resolve(name));
        try {
            // A thread of its own, since what it unshares it keeps to its end.
            elsewhere(() -> {
                var calls = new Native();
                KernelException.check(what, calls.unshare(CLONE_NEWNET), NEEDS);
                return mount(calls, "/proc/thread-self/ns/net", file, MS_BIND, what);
            });
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    /** Deletes a name; the namespace itself goes with the last process or descriptor that is in it. */
    public static void delete(String name) throws IOException {
        var what = "deleting the network namespace " + name;
        if (!exists(name)) {
            throw new KernelException(what, -Errno.ENOENT, NEEDS);
        }
        var file = HOME.resolve(name);
        var path = Memory.string(file.toString());
        try {
            int result = new Native().umount2(path.addressOffset(), MNT_DETACH);
            if (result != -Errno.EINVAL) { // which says: nothing is mounted here, a file that was left behind
                KernelException.check(what, result, NEEDS);
            }
        } finally {
            Reference.reachabilityFence(path);
        }
        Files.delete(file);
    }

    /**
     * Does something inside a namespace: sockets opened by the task belong to it for good. The task runs in a thread of
     * its own, which ends with it, while the caller waits.
     */
    public static <T extends @Nullable Object> T in(String name, Task<T> task) throws IOException {
        int fd = open(name);
        try {
            return in(fd, "entering the network namespace " + name, task);
        } finally {
            new Native().close(fd);
        }
    }

    /** Puts the calling thread into a new namespace, which has no name and ends with the thread and what it opened. */
    public static void leave() throws KernelException {
        KernelException.check("entering a network namespace of one's own", new Native().unshare(CLONE_NEWNET), NEEDS);
    }

    private static <T extends @Nullable Object> T in(int fd, String what, Task<T> task) throws IOException {
        return elsewhere(() -> {
            KernelException.check(what, new Native().setns(fd, CLONE_NEWNET), NEEDS);
            return task.run();
        });
    }

    /** What is mounted in {@link #HOME} must be seen by other mount namespaces, and go there too: ip-netns does the same. */
    private static void share(String what) throws IOException {
        Files.createDirectories(HOME);
        var calls = new Native();
        try {
            mount(calls, "", HOME, MS_SHARED | MS_REC, what);
        } catch (KernelException e) {
            if (e.errno() != Errno.EINVAL) {
                throw e;
            }
            mount(calls, HOME.toString(), HOME, MS_BIND | MS_REC, what); // it was no mount of its own yet
            mount(calls, "", HOME, MS_SHARED | MS_REC, what);
        }
    }

    private static int mount(Native calls, String source, Path target, long flags, String what) throws KernelException {
        var from = Memory.string(source);
        var to = Memory.string(target.toString());
        var type = Memory.string("none");
        try {
            int result = calls.mount(from.addressOffset(), to.addressOffset(), type.addressOffset(), flags, 0);
            return (int) KernelException.check(what, result, NEEDS);
        } finally {
            Reference.reachabilityFence(from);
            Reference.reachabilityFence(to);
            Reference.reachabilityFence(type);
        }
    }

    private static <T extends @Nullable Object> T elsewhere(Task<T> task) throws IOException {
        var result = new FutureTask<T>(task::run);
        Thread.ofPlatform().name("namespace").start(result);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true; // the task is short; leaving it alone would leak what it opened
                }
            }
        } catch (ExecutionException e) {
            throw rethrown(e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static IOException rethrown(@Nullable Throwable cause) {
        return switch (cause) {
            case IOException e -> e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> new IOException(cause);
        };
    }

    private static boolean isName(String name) {
        return !name.isEmpty() && name.length() < 256 && !name.contains("/") && !name.equals(".") && !name.equals("..");
    }
}
