package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.lang.ref.Reference;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.locks.LockSupport;

/**
 * A pool's memory as the kernel's AF_XDP knows it (a UMEM), shared by all {@link XdpPort}s of the pool: what came in by
 * one leaves by another without a copy. The first socket registers it, further ones share it with any that is still
 * bound; when none is, it is registered anew.
 *
 * <p>The kernel's idea of a chunk is not the pool's. It writes a frame 256 bytes and the registered headroom behind the
 * address it was given, and at most as much as is then left of a chunk; and it sends descriptors of at most a chunk. With
 * chunks of a page ({@link #PIECE}, the most there can be) and a headroom that leaves just what fits into a small chunk
 * of the pool, a frame of 64 KB can be sent in 17 pieces (more than 18 no socket takes), and
 * what arrives stands where the pool's frames begin:
 *
 * <pre>
 *  for the kernel  address |      headroom 1984      | 256 | the frame, at most 1856 |
 *  in the pool                                 chunk | 256 | the frame, at most 1856 | next chunk
 * </pre>
 *
 * <p>So addresses lie before their chunk, and the pool's very first chunk, before which there is nothing, cannot be given.
 */
public final class XdpMemory {
    /** The longest piece of a frame that one descriptor can send, in bytes. */
    static final int PIECE = 4096;

    private static final int XDP_PACKET_HEADROOM = 256;
    private static final int HEADROOM = PIECE - XDP_PACKET_HEADROOM - FramePool.ROOM;
    private static final int OFFSET_SHIFT = 48;
    private static final long BASE = (1L << OFFSET_SHIFT) - 1;

    private static final int SOL_XDP = 283;
    private static final int XDP_UMEM_REG = 4;
    private static final int UMEM_REG = 32;
    private static final int UNALIGNED_CHUNKS = 1;
    private static final int AF_XDP = 44;
    private static final int SOCKADDR_XDP = 16;
    private static final int XDP_SHARED_UMEM = 1;
    private static final int XDP_COPY = 1 << 1;
    private static final int XDP_USE_SG = 1 << 4;

    private static final int PATIENCE = 100;
    private static final long A_WHILE = 10_000_000;

    private final FramePool pool;
    private final Set<Integer> bound = new CopyOnWriteArraySet<>();

    public XdpMemory(FramePool pool) {
        this.pool = pool;
    }

    /** The pool whose memory this is. */
    public FramePool pool() {
        return pool;
    }

    /** Whether a chunk that begins here can be given to the kernel to write into. */
    static boolean takesFrames(int chunk) {
        return chunk >= HEADROOM;
    }

    /** What to put into a fill ring, that a frame be written to the chunk that begins here. */
    static long fillAddress(int chunk) {
        return (long) chunk - HEADROOM;
    }

    /** Where the bytes are that an address in another ring speaks of; its upper 16 bits are an offset to the lower. */
    static int head(long address) {
        return (int) ((address & BASE) + (address >>> OFFSET_SHIFT));
    }

    /** Binds a socket, which has its rings, to a queue; it has the pool's memory then. */
    void bind(Native calls, int socket, XdpDevice device, int queue) throws KernelException {
        var what = "binding an AF_XDP socket to queue " + queue + " of " + device.name();
        KernelException.check(what, shareOrRegister(calls, socket, device, queue), "CAP_NET_RAW");
        bound.add(socket);
    }

    private int shareOrRegister(Native calls, int socket, XdpDevice device, int queue) throws KernelException {
        for (int other : bound) {
            int result = patiently(calls, socket, device, queue, XDP_SHARED_UMEM, other);
            if (result != -Errno.EBADF) {
                return result;
            }
            release(other); // its interface is gone
        }
        register(calls, socket, device);
        return patiently(calls, socket, device, queue, XDP_COPY | XDP_USE_SG, 0);
    }

    /** The kernel takes leave of a closed socket in its own time: until then its queue is busy. */
    private static int patiently(Native calls, int socket, XdpDevice device, int queue, int flags, int other) {
        int result = bind(calls, socket, device, queue, flags, other);
        for (int wait = 0; result == -Errno.EBUSY && wait < PATIENCE; wait++) {
            LockSupport.parkNanos(A_WHILE);
            result = bind(calls, socket, device, queue, flags, other);
        }
        return result;
    }

    /** A socket is about to be closed. */
    void release(int socket) {
        bound.remove(socket);
    }

    private void register(Native calls, int socket, XdpDevice device) throws KernelException {
        var umem = Memory.of(UMEM_REG);
        umem.putLong(0, pool.buffer().addressOffset());
        umem.putLong(8, pool.buffer().capacity());
        umem.putInt(16, PIECE);
        umem.putInt(20, HEADROOM);
        umem.putInt(24, UNALIGNED_CHUNKS);
        try {
            int result = calls.setsockopt(socket, SOL_XDP, XDP_UMEM_REG, umem.addressOffset(), UMEM_REG);
            var what = "sharing the frame memory with the kernel for " + device.name();
            KernelException.check(what, result, "CAP_IPC_LOCK");
        } finally {
            Reference.reachabilityFence(umem);
        }
    }

    private static int bind(Native calls, int socket, XdpDevice device, int queue, int flags, int other) {
        var address = Memory.of(SOCKADDR_XDP);
        address.putShort(0, (short) AF_XDP);
        address.putShort(2, (short) flags);
        address.putInt(4, device.index());
        address.putInt(8, queue);
        address.putInt(12, other);
        try {
            return calls.bind(socket, address.addressOffset(), SOCKADDR_XDP);
        } finally {
            Reference.reachabilityFence(address);
        }
    }
}
