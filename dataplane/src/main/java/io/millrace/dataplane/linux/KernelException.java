package io.millrace.dataplane.linux;

import java.io.IOException;

/** The kernel refused; the message is one sentence for the user: what was tried, why not, which capability is missing. */
public final class KernelException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /**
     * @param what what was tried: "opening an AF_PACKET socket on eth1"
     * @param result what {@link Native} returned: the negative errno
     * @param capability what it takes: "CAP_NET_RAW"; named when the kernel says that permission is missing
     */
    public KernelException(String what, long result, String capability) {
        super(what + ": " + words((int) result, capability));
        this.errno = (int) -result;
    }

    /** The positive error number. */
    public int errno() {
        return errno;
    }

    private static String words(int result, String capability) {
        int errno = -result;
        return errno == Errno.EPERM || errno == Errno.EACCES
                ? "needs the capability " + capability + " (run as root or grant it)"
                : Errno.words(errno);
    }

    /** Passes a result through, or says what failed. */
    public static long check(String what, long result, String capability) throws KernelException {
        if (result < 0) {
            throw new KernelException(what, result, capability);
        }
        return result;
    }
}
