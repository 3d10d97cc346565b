package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A TAP: a network interface whose cable ends here. The device may be moved into another namespace, and renamed there;
 * it stays plugged in. Checksums and segments are carried as the kernel left them, behind a {@code virtio_net_hdr}; see
 * the kernel's {@code Documentation/networking/tuntap.rst}.
 *
 * <p>A frame is read where it will stay: its header into the headroom, its first {@value FramePool#ROOM} bytes into a small
 * chunk, what is longer into a large one, to which only the beginning must then be copied.
 */
public final class TapPort implements Port {
    private static final int HEADER = Offload.HEADER;
    private static final int PIECE = 16; // struct iovec

    private final String name;
    private final TapDevice device;
    private final int[] queues;
    private final UnsafeBuffer bytes;
    private final long address;
    private final Native calls = new Native();
    private final UnsafeBuffer pieces = Memory.of(2 * PIECE);
    /** Takes the byte that tells that a frame was longer than the memory at hand. */
    private final UnsafeBuffer surplus = Memory.of(8);

    private int next;
    private final AtomicLong lostToPool = new AtomicLong();

    private TapPort(String name, TapDevice device, FramePool pool) {
        this.name = name;
        this.device = device;
        this.queues = device.queues();
        this.bytes = pool.buffer();
        this.address = bytes.addressOffset();
    }

    /**
     * Makes a TAP in the namespace this thread is in, or attaches to a persistent one of that name, and switches it on.
     * A TAP made here goes when the port is closed.
     *
     * @param device what the interface is called, at most 15 bytes
     * @param pool where received frames are put
     * @param queues how many queues the device gets, from 1; a persistent one made for one queue keeps to it. With several,
     *     only frames of one flow keep their order
     * @throws KernelException with a sentence that names the device, and CAP_NET_ADMIN when that is missing
     */
    public static TapPort open(String device, FramePool pool, int queues) throws KernelException {
        return new TapPort(device, TapDevice.open(device, queues), pool);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        if (device.isGone()) {
            return 0;
        }
        int came = 0;
        int first = next;
        for (int i = 0; i < queues.length && came < atMost; i++) {
            next = first + i < queues.length ? first + i : first + i - queues.length;
            came += receive(queues[next], into, pool, atMost - came);
        }
        next = next + 1 < queues.length ? next + 1 : 0;
        return came;
    }

    private int receive(int queue, Link into, FramePool pool, int atMost) {
        long large = pool.allocate(FramePool.LARGE_ROOM);
        int came = 0;
        while (came < atMost) {
            long small = pool.allocate(FramePool.ROOM);
            if (small == Frame.NONE) {
                break; // what waits in the device goes on waiting
            }
            int length = (int) read(queue, small, large) - HEADER;
            if (length <= FramePool.ROOM) {
                if (length < 0) {
                    pool.free(small);
                    break;
                }
                into.offer(received(pool, FramePool.frameAt(Frame.head(small), length), small));
            } else if (large == Frame.NONE) {
                pool.free(small);
                lostToPool.setOpaque(lostToPool.getPlain() + 1); // one writer
                continue;
            } else {
                bytes.putBytes(Frame.head(large), bytes, Frame.head(small), FramePool.ROOM);
                into.offer(received(pool, FramePool.frameAt(Frame.head(large), length), small));
                pool.free(small);
                large = pool.allocate(FramePool.LARGE_ROOM);
            }
            came++;
        }
        if (large != Frame.NONE) {
            pool.free(large);
        }
        return came;
    }

    /** Reads the offload header in front of {@code small}, the frame into it and, from where it ends, into {@code large}. */
    private long read(int queue, long small, long large) {
        boolean spacious = large != Frame.NONE;
        pieces.putLong(0, address + Frame.head(small) - HEADER);
        pieces.putLong(8, HEADER + FramePool.ROOM);
        pieces.putLong(16, spacious ? address + Frame.head(large) + FramePool.ROOM : surplus.addressOffset());
        pieces.putLong(24, spacious ? FramePool.LARGE_ROOM - FramePool.ROOM : 1);
        long result = calls.readv(queue, pieces.addressOffset(), 2);
        if (result < 0 || !device.isUp()) {
            device.answered(result);
        }
        return result;
    }

    private long received(FramePool pool, long frame, long headed) {
        long state = Offload.read(bytes, Frame.head(headed) - HEADER);
        return state == Offload.NONE ? frame : pool.offload(frame, state);
    }

    /** Whatever the device refuses stays in the link, in its order. */
    @Override
    public int transmit(Link from, FramePool pool) {
        int n = from.size();
        int left = 0;
        for (int i = 0; i < n; i++) {
            long frame = from.peek(i);
            if (device.isUp() && write(frame, pool)) {
                pool.free(frame);
            } else {
                from.replace(left++, frame);
            }
        }
        from.truncate(left);
        return n - left;
    }

    private boolean write(long frame, FramePool pool) {
        int head = Frame.head(frame);
        long state = pool.offload(frame);
        if (state == Offload.NONE) {
            bytes.putLong(head - HEADER, 0);
            bytes.putShort(head - 2, (short) 0);
        } else {
            Offload.write(bytes, head - HEADER, state, Offload.isSegmented(state) ? headers(head, state) : 0);
        }
        long result =
                calls.write(queue(head, Frame.length(frame)), address + head - HEADER, HEADER + Frame.length(frame));
        if (result < 0) {
            device.answered(result);
            return false;
        }
        return true;
    }

    /** One queue for all that goes from one station to another: it keeps its order. */
    private int queue(int head, int length) {
        return queues.length == 1 || length < 12
                ? queues[0]
                : queues[((bytes.getByte(head + 5) ^ bytes.getByte(head + 11)) & 0xFF) % queues.length];
    }

    /** Bytes of all headers of a frame that is to be cut. */
    private int headers(int head, long state) {
        int start = Offload.checksumStart(state);
        return start + (Offload.type(state) == Offload.UDP ? 8 : (bytes.getByte(head + start + 12) & 0xF0) >> 2);
    }

    /** Sets the device's MTU, in bytes, wherever the device is by now. */
    public void changeMtu(int bytes) throws KernelException {
        device.changeMtu(bytes);
    }

    @Override
    public int mtu() {
        return device.mtu();
    }

    @Override
    public boolean isUp() {
        return device.isUp();
    }

    @Override
    public boolean takesOffloads() {
        return true;
    }

    @Override
    public int[] descriptors() {
        return device.isGone() ? NO_DESCRIPTORS : queues;
    }

    @Override
    public String describe() {
        return "TAP, virtio-net headers, " + (queues.length == 1 ? "1 queue" : queues.length + " queues");
    }

    @Override
    public Losses losses() {
        return new Losses(device.dropped(), lostToPool.getOpaque(), 0);
    }

    @Override
    public void close() {
        device.close();
    }
}
