package io.millrace.dataplane.port;

import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.lang.ref.Reference;
import org.agrona.concurrent.UnsafeBuffer;

/** An AF_XDP socket on one queue of an interface, with its four rings; see the kernel's Documentation/networking/af_xdp. */
final class XdpSocket {
    private static final int AF_XDP = 44;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SOL_XDP = 283;
    private static final int XDP_MMAP_OFFSETS = 1;
    private static final int XDP_RX_RING = 2;
    private static final int XDP_TX_RING = 3;
    private static final int XDP_UMEM_FILL_RING = 5;
    private static final int XDP_UMEM_COMPLETION_RING = 6;
    private static final int XDP_STATISTICS = 7;
    private static final int XDP_MAX_TX_SKB_BUDGET = 9;
    private static final int OFFSETS = 128;
    private static final int RING_OFFSET = 32;
    private static final int STATISTICS = 48;
    private static final long RX_PAGE = 0;
    private static final long TX_PAGE = 0x8000_0000L;
    private static final long FILL_PAGE = 0x1_0000_0000L;
    private static final long COMPLETION_PAGE = 0x1_8000_0000L;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int SEND_BUDGET = 256;
    private static final int SEND_BUFFER = 4 << 20;
    private static final String NEEDS = "CAP_NET_RAW";

    private final Native calls;
    private final int fd;

    /** What came, from the kernel. */
    final XdpRing received;

    /** What is to be sent, to the kernel. */
    final XdpRing sending;

    /** Chunks for what may come, to the kernel. */
    final XdpRing filling;

    /** What has been sent, from the kernel. */
    final XdpRing completed;

    /** Chunks the fill ring has room for. */
    int owed;

    private XdpSocket(Native calls, int fd, UnsafeBuffer offsets, int entries) throws KernelException {
        this.calls = calls;
        this.fd = fd;
        this.owed = entries;
        received = XdpRing.fromKernel(calls, fd, RX_PAGE, layout(offsets, 0), entries, XdpRing.DESCRIPTOR);
        sending = XdpRing.toKernel(calls, fd, TX_PAGE, layout(offsets, 1), entries, XdpRing.DESCRIPTOR);
        filling = XdpRing.toKernel(calls, fd, FILL_PAGE, layout(offsets, 2), entries, XdpRing.ADDRESS);
        completed = XdpRing.fromKernel(calls, fd, COMPLETION_PAGE, layout(offsets, 3), entries, XdpRing.ADDRESS);
    }

    private static UnsafeBuffer layout(UnsafeBuffer offsets, int ring) {
        return new UnsafeBuffer(offsets, ring * RING_OFFSET, RING_OFFSET);
    }

    /**
     * Opens a socket and binds it to a queue.
     *
     * @param entries of each ring, a power of two
     */
    static XdpSocket open(Native calls, XdpDevice device, int queue, XdpMemory memory, int entries)
            throws KernelException {
        var what = "opening an AF_XDP socket for " + device.name();
        int fd = (int) KernelException.check(what, calls.socket(AF_XDP, SOCK_RAW_CLOEXEC, 0), NEEDS);
        try {
            set(calls, fd, SOL_XDP, XDP_RX_RING, entries, what);
            set(calls, fd, SOL_XDP, XDP_TX_RING, entries, what);
            set(calls, fd, SOL_XDP, XDP_UMEM_FILL_RING, entries, what);
            set(calls, fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, entries, what);
            // Both only make for fewer calls; a kernel that does not know them, or does not allow them, does without.
            tune(calls, fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, Math.min(entries, SEND_BUDGET));
            tune(calls, fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
            memory.bind(calls, fd, device, queue);
            return new XdpSocket(calls, fd, offsets(calls, fd, what), entries);
        } catch (KernelException e) {
            memory.release(fd);
            calls.close(fd);
            throw e;
        }
    }

    private static void set(Native calls, int fd, int level, int name, int value, String what) throws KernelException {
        KernelException.check(what, tune(calls, fd, level, name, value), NEEDS);
    }

    private static int tune(Native calls, int fd, int level, int name, int value) {
        var number = Memory.of(Integer.BYTES);
        number.putInt(0, value);
        try {
            return calls.setsockopt(fd, level, name, number.addressOffset(), Integer.BYTES);
        } finally {
            Reference.reachabilityFence(number);
        }
    }

    private static UnsafeBuffer offsets(Native calls, int fd, String what) throws KernelException {
        var offsets = Memory.of(OFFSETS);
        var length = Memory.of(Integer.BYTES);
        length.putInt(0, OFFSETS);
        try {
            long into = offsets.addressOffset();
            int result = calls.getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, into, length.addressOffset());
            KernelException.check(what, result, NEEDS);
        } finally {
            Reference.reachabilityFence(length);
        }
        return offsets;
    }

    int descriptor() {
        return fd;
    }

    /** Has the kernel take from the transmit ring as much as it wants to; 0 or the negative errno. */
    int send() {
        return (int) calls.sendto(fd, 0, 0, MSG_DONTWAIT, 0, 0);
    }

    /** 0 while the interface is there and up, else the negative errno. */
    int state() {
        return (int) calls.recv(fd, 0, 0, MSG_DONTWAIT);
    }

    /** Frames the kernel lost because the fill ring was empty, since the socket was opened. */
    long unfilled(Statistics counts) {
        return counts.ask(fd, 0);
    }

    /** Frames the kernel lost because the receive ring was full, since the socket was opened. */
    long overflowed(Statistics counts) {
        return counts.ask(fd, 24);
    }

    /** Where {@code struct xdp_statistics} is put; one a thread. */
    static final class Statistics {
        private final Native calls = new Native();
        private final UnsafeBuffer counts = Memory.of(STATISTICS);
        private final UnsafeBuffer length = Memory.of(Integer.BYTES);

        /** In copy mode {@code rx_dropped}, the first field, has no other reason than an empty fill ring. */
        private long ask(int fd, int field) {
            length.putInt(0, STATISTICS);
            int result = calls.getsockopt(fd, SOL_XDP, XDP_STATISTICS, counts.addressOffset(), length.addressOffset());
            return result < 0 ? 0 : counts.getLong(field);
        }
    }

    /** Closes the socket; when this returns the kernel writes to no chunk that was given to it here. */
    void close() {
        received.unmap(calls);
        sending.unmap(calls);
        filling.unmap(calls);
        completed.unmap(calls);
        calls.close(fd);
    }
}
