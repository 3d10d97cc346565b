package io.millrace.dataplane.linux;

import java.util.Map;

/** The kernel's error numbers that Millrace tells apart, the same on every architecture Linux runs on with a JVM. */
public final class Errno {
    private Errno() {}

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int ENOSPC = 28;
    public static final int ERANGE = 34;
    /** What a TAP's descriptor answers when its device was deleted. */
    public static final int EBADFD = 77;

    public static final int EMSGSIZE = 90;
    public static final int EOPNOTSUPP = 95;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENOBUFS = 105;

    private static final Map<Integer, String> WORDS = Map.ofEntries(
            Map.entry(EPERM, "operation not permitted"),
            Map.entry(ENOENT, "no such file or directory"),
            Map.entry(EINTR, "interrupted"),
            Map.entry(EIO, "input/output error"),
            Map.entry(ENXIO, "no such device or address"),
            Map.entry(EBADF, "bad file descriptor"),
            Map.entry(EAGAIN, "try again"),
            Map.entry(ENOMEM, "out of memory"),
            Map.entry(EACCES, "permission denied"),
            Map.entry(EBUSY, "device or resource busy"),
            Map.entry(EEXIST, "file exists"),
            Map.entry(ENODEV, "no such device"),
            Map.entry(EINVAL, "invalid argument"),
            Map.entry(ENOSPC, "no space left"),
            Map.entry(ERANGE, "out of range"),
            Map.entry(EBADFD, "the device is gone"),
            Map.entry(EMSGSIZE, "message too long"),
            Map.entry(EOPNOTSUPP, "not supported"),
            Map.entry(EADDRINUSE, "address in use"),
            Map.entry(EADDRNOTAVAIL, "address not available"),
            Map.entry(ENETDOWN, "network is down"),
            Map.entry(ENOBUFS, "no buffer space"));

    /** In words; {@code errno} positive or, as {@link Native} returns it, negative. */
    public static String words(int errno) {
        int number = Math.abs(errno);
        return WORDS.getOrDefault(number, "errno " + number);
    }
}
