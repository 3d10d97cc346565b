package io.millrace.dataplane.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;

/**
 * The C library's calls into the kernel, each under its own name. Pointers are addresses in a {@code long}
 * ({@code UnsafeBuffer.addressOffset()}); every call returns what C returns, or the negative errno where C returns −1,
 * so that a call on the path of a frame allocates nothing.
 *
 * <p>One instance a thread: it holds the place where errno is put.
 */
public final class Native {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle SOCKET = ints("socket", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle BIND = ints("bind", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle CONNECT = ints("connect", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SETSOCKOPT =
            ints("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle GETSOCKOPT =
            ints("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle OPEN = variadic("open", 2, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = ints("close", JAVA_INT);
    private static final MethodHandle POLL = ints("poll", JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle PPOLL = ints("ppoll", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle EVENTFD = ints("eventfd", JAVA_INT, JAVA_INT);
    private static final MethodHandle SETNS = ints("setns", JAVA_INT, JAVA_INT);
    private static final MethodHandle UNSHARE = ints("unshare", JAVA_INT);
    private static final MethodHandle MOUNT = ints("mount", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle UMOUNT2 = ints("umount2", JAVA_LONG, JAVA_INT);
    private static final MethodHandle SENDMMSG = ints("sendmmsg", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle RECVMMSG = ints("recvmmsg", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MUNMAP = ints("munmap", JAVA_LONG, JAVA_LONG);

    private static final MethodHandle MMAP =
            longs("mmap", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MADVISE = ints("madvise", JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SENDTO =
            longs("sendto", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle RECVFROM =
            longs("recvfrom", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RECVMSG = longs("recvmsg", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle READ = longs("read", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITE = longs("write", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle READV = longs("readv", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle WRITEV = longs("writev", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SYSCALL = link(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));

    private final MemorySegment state = Arena.ofAuto().allocate(STATE);

    public int socket(int domain, int type, int protocol) {
        try {
            return orErrno((int) SOCKET.invokeExact(state, domain, type, protocol));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int bind(int fd, long address, int length) {
        try {
            return orErrno((int) BIND.invokeExact(state, fd, address, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int connect(int fd, long address, int length) {
        try {
            return orErrno((int) CONNECT.invokeExact(state, fd, address, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int setsockopt(int fd, int level, int name, long value, int length) {
        try {
            return orErrno((int) SETSOCKOPT.invokeExact(state, fd, level, name, value, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /**
     * getsockopt(2).
     *
     * @param length address of an int: the room at {@code value} before the call, what it took after it
     */
    public int getsockopt(int fd, int level, int name, long value, long length) {
        try {
            return orErrno((int) GETSOCKOPT.invokeExact(state, fd, level, name, value, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int ioctl(int fd, long request, long argument) {
        try {
            return orErrno((int) IOCTL.invokeExact(state, fd, request, argument));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /**
     * open(2).
     *
     * @param path address of a string that ends with a zero byte
     */
    public int open(long path, int flags, int mode) {
        try {
            return orErrno((int) OPEN.invokeExact(state, path, flags, mode));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** Opens a file by its path. */
    public int open(String path, int flags) {
        var text = Memory.string(path);
        try {
            return open(text.addressOffset(), flags, 0);
        } finally {
            Reference.reachabilityFence(text); // or its memory could be given back meanwhile
        }
    }

    public int close(int fd) {
        try {
            return orErrno((int) CLOSE.invokeExact(state, fd));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /**
     * poll(2).
     *
     * @param timeout ms; −1: until something happens
     */
    public int poll(long fds, long count, int timeout) {
        try {
            return orErrno((int) POLL.invokeExact(state, fds, count, timeout));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /**
     * ppoll(2).
     *
     * @param timeout address of a struct timespec: seconds and ns, a long each
     */
    public int ppoll(long fds, long count, long timeout) {
        try {
            return orErrno((int) PPOLL.invokeExact(state, fds, count, timeout, 0L));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int eventfd(int initial, int flags) {
        try {
            return orErrno((int) EVENTFD.invokeExact(state, initial, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int setns(int fd, int type) {
        try {
            return orErrno((int) SETNS.invokeExact(state, fd, type));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int unshare(int flags) {
        try {
            return orErrno((int) UNSHARE.invokeExact(state, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int mount(long source, long target, long type, long flags, long data) {
        try {
            return orErrno((int) MOUNT.invokeExact(state, source, target, type, flags, data));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int umount2(long target, int flags) {
        try {
            return orErrno((int) UMOUNT2.invokeExact(state, target, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int sendmmsg(int fd, long messages, int count, int flags) {
        try {
            return orErrno((int) SENDMMSG.invokeExact(state, fd, messages, count, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int recvmmsg(int fd, long messages, int count, int flags) {
        try {
            return orErrno((int) RECVMMSG.invokeExact(state, fd, messages, count, flags, 0L));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int munmap(long address, long length) {
        try {
            return orErrno((int) MUNMAP.invokeExact(state, address, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long mmap(long length, int protection, int flags, int fd, long offset) {
        try {
            return orErrno((long) MMAP.invokeExact(state, 0L, length, protection, flags, fd, offset));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public int madvise(long address, long length, int advice) {
        try {
            return orErrno((int) MADVISE.invokeExact(state, address, length, advice));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long sendto(int fd, long bytes, long length, int flags, long address, int addressLength) {
        try {
            return orErrno((long) SENDTO.invokeExact(state, fd, bytes, length, flags, address, addressLength));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long recv(int fd, long bytes, long length, int flags) {
        try {
            return orErrno((long) RECVFROM.invokeExact(state, fd, bytes, length, flags, 0L, 0L));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long recvmsg(int fd, long message, int flags) {
        try {
            return orErrno((long) RECVMSG.invokeExact(state, fd, message, flags));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long read(int fd, long bytes, long length) {
        try {
            return orErrno((long) READ.invokeExact(state, fd, bytes, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long write(int fd, long bytes, long length) {
        try {
            return orErrno((long) WRITE.invokeExact(state, fd, bytes, length));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long readv(int fd, long vectors, int count) {
        try {
            return orErrno((long) READV.invokeExact(state, fd, vectors, count));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    public long writev(int fd, long vectors, int count) {
        try {
            return orErrno((long) WRITEV.invokeExact(state, fd, vectors, count));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** A call the C library has no name for, of up to three arguments. */
    long syscall(long number, long first, long second, long third) {
        try {
            return orErrno((long) SYSCALL.invokeExact(state, number, first, second, third));
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    private int orErrno(int result) {
        return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    }

    private long orErrno(long result) {
        return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    }

    private static AssertionError impossible(Throwable e) {
        return new AssertionError("a call into the C library", e);
    }

    private static MethodHandle ints(String name, MemoryLayout... parameters) {
        return link(name, FunctionDescriptor.of(JAVA_INT, parameters));
    }

    private static MethodHandle variadic(String name, int fixed, MemoryLayout... parameters) {
        return link(name, FunctionDescriptor.of(JAVA_INT, parameters), Linker.Option.firstVariadicArg(fixed));
    }

    private static MethodHandle longs(String name, MemoryLayout... parameters) {
        return link(name, FunctionDescriptor.of(JAVA_LONG, parameters));
    }

    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        var all = new Linker.Option[options.length + 1];
        all[0] = Linker.Option.captureCallState("errno");
        System.arraycopy(options, 0, all, 1, options.length);
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, all);
    }
}
