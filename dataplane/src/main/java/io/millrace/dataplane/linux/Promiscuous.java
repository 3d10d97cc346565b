package io.millrace.dataplane.linux;

/**
 * A wish that an interface receives frames for every address. The kernel counts such wishes, and takes this one back when
 * its descriptor is closed, also by the death of the process: nobody's setting is changed. See packet(7),
 * PACKET_ADD_MEMBERSHIP. Needs CAP_NET_RAW.
 */
public final class Promiscuous implements AutoCloseable {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final short PACKET_MR_PROMISC = 1;
    private static final int PACKET_MREQ = 16;
    private static final String NEEDS = "CAP_NET_RAW";

    private final Native calls;
    private final int fd;

    private Promiscuous(Native calls, int fd) {
        this.calls = calls;
        this.fd = fd;
    }

    /**
     * Wishes it of an interface of the thread's network namespace.
     *
     * @throws KernelException when the kernel refuses
     */
    public static Promiscuous on(Native calls, int interfaceIndex, String device) throws KernelException {
        var what = "making " + device + " promiscuous";
        // Protocol 0: the socket itself receives nothing.
        int fd = (int) KernelException.check(what, calls.socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0), NEEDS);
        var request = Memory.of(PACKET_MREQ);
        request.putInt(0, interfaceIndex);
        request.putShort(4, PACKET_MR_PROMISC);
        int result = calls.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, request.addressOffset(), PACKET_MREQ);
        if (result < 0) {
            calls.close(fd);
            throw new KernelException(what, result, NEEDS);
        }
        return new Promiscuous(calls, fd);
    }

    /** Asks about interfaces of the same network namespace, from whatever thread. */
    public InterfaceRequests requests() {
        return new InterfaceRequests(calls, fd);
    }

    @Override
    public void close() {
        calls.close(fd);
    }
}
