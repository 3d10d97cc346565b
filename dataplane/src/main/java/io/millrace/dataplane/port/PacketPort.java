package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.InterfaceRequests;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A network interface by way of AF_PACKET: any interface the kernel has, without a driver's help. Frames are copied out of
 * a {@linkplain PacketRing ring} the kernel writes, and leave in batches by sendmmsg; each way a virtio-net header goes
 * with them, so unfinished checksums and long segments cross as they are.
 *
 * <p>A frame longer than a slot is queued on the socket, whole, while its slot keeps its place in the order; it is read
 * straight into the pool. Why so: {@code docs/decisions/0007-packet-sockets-by-the-frame.md}.
 *
 * <p>The worker's thread, but for {@link #losses}, which any may ask.
 */
public final class PacketPort implements Port {
    /** Bytes of the receive ring: 8,192 frames, 13 ms at 600,000 a second. */
    static final int RING = 16 << 20;

    /** Frames a system call sends. */
    private static final int BATCH = 64;

    /**
     * How often in one {@link #transmit} the kernel may have no room before the rest is given up. A frame is tried twice:
     * whoever dropped it may have meant it alone.
     */
    private static final int PATIENCE = 16;

    /** After how many receptions of nothing the socket is asked for an error. */
    private static final int IDLE_TURNS = 256;

    private static final int ADDRESSES = 12;
    private static final int TAG = 4;

    private final String device;
    private final Native calls;
    private final PacketSocket socket;
    private final PacketRing ring;
    private final InterfaceRequests asked;
    private final MessageVector messages = new MessageVector(BATCH);
    private final int[] descriptors;
    private final TunnelSegments tunnel;
    private int mtu;
    private boolean up;
    private boolean closed;
    private int idle;

    private final UnsafeBuffer nowhere = Memory.of(16);
    private final Native asking = new Native();
    private final UnsafeBuffer answer = Memory.of(16);
    private boolean trains;
    private final AtomicBoolean statistics = new AtomicBoolean();
    private final AtomicLong ringFull = new AtomicLong();
    private final AtomicLong cut = new AtomicLong();
    private final AtomicLong noMemory = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    private PacketPort(String device, Native calls, PacketSocket socket, PacketRing ring, FramePool pool) {
        this.device = device;
        this.calls = calls;
        this.socket = socket;
        this.ring = ring;
        this.asked = new InterfaceRequests(calls, socket.fd);
        this.descriptors = new int[] {socket.fd};
        this.tunnel = new TunnelSegments(pool, noMemory);
        refresh();
    }

    /**
     * Takes part in an interface of the calling thread's network namespace; promiscuous while the port is open.
     *
     * @param pool the one that {@link #receive} and {@link #transmit} will be given
     * @throws KernelException naming the interface, when there is none, or CAP_NET_RAW is missing
     */
    public static PacketPort open(String device, FramePool pool) throws KernelException {
        var calls = new Native();
        var socket = PacketSocket.open(calls, device);
        PacketRing ring = null;
        try {
            ring = PacketRing.of(calls, socket.fd, RING, device);
            socket.listen();
            return new PacketPort(device, calls, socket, ring, pool);
        } catch (KernelException e) {
            if (ring != null) {
                ring.close();
            }
            calls.close(socket.fd);
            throw e;
        }
    }

    /** The interface's number. */
    public int index() {
        return socket.index;
    }

    @Override
    public String name() {
        return device;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        if (closed) {
            return 0;
        }
        int came = tunnel.receive(into, atMost);
        for (int looks = came; looks < atMost && came < atMost && ring.ready(); looks++) {
            long frame = ring.isWhole() ? copied(pool) : queued(pool);
            if (frame != Frame.NONE) {
                long whole = ring.isTagged() ? tagged(frame, ring.tag(), pool) : frame;
                came += isTunnels(whole, pool) ? tunnel.receive(into, atMost - came) : plain(whole, into);
            }
            ring.next();
        }
        if (came > 0) {
            idle = 0;
        } else if (++idle == IDLE_TURNS) {
            idle = 0;
            socket.takeError();
        }
        return came;
    }

    private static int plain(long frame, Link into) {
        into.offer(frame);
        return 1;
    }

    /** Whether it is a tunnel's segment, which is then cut: a header of ten bytes cannot tell of it. */
    private boolean isTunnels(long frame, FramePool pool) {
        return Frame.isOffloaded(frame) && Offload.isSegmented(pool.offload(frame)) && tunnel.take(frame);
    }

    private long copied(FramePool pool) {
        int length = ring.length();
        long frame = pool.allocate(length);
        if (frame == Frame.NONE) {
            count(noMemory);
            return Frame.NONE;
        }
        ring.copy(pool.buffer(), Frame.head(frame), length);
        return pool.offload(frame, ring.offload());
    }

    /** The frame the slot has only the beginning of: the first in the socket's queue, if there was room there. */
    private long queued(FramePool pool) {
        if (!ring.isQueued()) {
            count(cut);
            return Frame.NONE;
        }
        int length = ring.length();
        long frame = pool.allocate(length);
        if (frame == Frame.NONE) {
            take(nowhere.addressOffset(), Offload.HEADER);
            count(noMemory);
            return Frame.NONE;
        }
        int header = Frame.head(frame) - Offload.HEADER;
        long address = pool.buffer().addressOffset() + header;
        if (take(address, Offload.HEADER + length) != Offload.HEADER + length) {
            pool.free(frame);
            count(cut);
            return Frame.NONE;
        }
        return pool.offload(frame, Offload.read(pool.buffer(), header));
    }

    /** Takes the first in the queue; the kernel tells first, once, of an error that waits, such as a link gone down. */
    private long take(long address, int length) {
        long got = calls.recv(socket.fd, address, length, 0);
        return isGone((int) got) ? calls.recv(socket.fd, address, length, 0) : got;
    }

    /** Puts back the tag that the kernel took out. */
    private static long tagged(long frame, int tag, FramePool pool) {
        var bytes = pool.buffer();
        long state = Offload.shifted(pool.offload(frame), TAG);
        int from = Frame.head(frame);
        long longer = Frame.push(frame, TAG);
        int head = Frame.head(longer);
        bytes.putLong(head, bytes.getLong(from));
        bytes.putInt(head + 8, bytes.getInt(from + 8));
        bytes.putInt(head + ADDRESSES, tag, ByteOrder.BIG_ENDIAN);
        return pool.offload(longer, state);
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        int size = from.size();
        int done = 0;
        int kept = 0;
        int patience = PATIENCE;
        boolean again = false;
        while (done < size && up) {
            int n = Math.min(size - done, BATCH);
            fill(from, done, n, pool);
            for (int at = 0; at < n; ) {
                int went = messages.send(calls, socket.fd, at, n - at);
                if (went > 0) {
                    give(from, done, went, kept, pool);
                    done += went;
                    at += went;
                    again = false;
                } else if (mayPass(went) && (patience-- == 0 || (again && isGone(went)))) {
                    up = !isGone(went);
                    from.skip(done - kept);
                    return done - kept;
                } else if (mayPass(went) && !again) {
                    again = true;
                } else {
                    count(refused);
                    kept++; // stays in the link, in front of what is still to be sent
                    done++;
                    at++;
                    again = false;
                }
            }
        }
        from.skip(done - kept);
        return done - kept;
    }

    private void fill(Link from, int first, int n, FramePool pool) {
        var bytes = pool.buffer();
        long memory = bytes.addressOffset();
        for (int i = 0; i < n; i++) {
            long frame = from.peek(first + i);
            int header = Frame.head(frame) - Offload.HEADER;
            long state = pool.offload(frame);
            Offload.write(bytes, header, state, Offload.isSegmented(state) ? headers(frame, state, bytes) : 0);
            messages.set(i, memory + header, Offload.HEADER + Frame.length(frame));
        }
    }

    /** Bytes of all headers, so that the kernel lays the payload into pages of its own and not into one stretch. */
    private static int headers(long frame, long state, UnsafeBuffer bytes) {
        int start = Offload.checksumStart(state);
        if (Offload.type(state) == Offload.UDP) {
            return start + 8;
        }
        return start + 20 > Frame.length(frame)
                ? 0
                : start + (bytes.getByte(Frame.head(frame) + start + 12) >> 2 & 0x3C);
    }

    /** Frees {@code n} frames from the {@code first} on; the {@code kept} before them move behind them. */
    private static void give(Link from, int first, int n, int kept, FramePool pool) {
        for (int i = first; i < first + n; i++) {
            pool.free(from.peek(i));
        }
        for (int i = first - 1; i >= first - kept; i--) {
            from.replace(i + n, from.peek(i));
        }
    }

    /**
     * Whether a second try may do. Of a link that is up again the kernel tells once, too, that it was down; ENOMEM is of
     * the frame: a segment that cannot be cut.
     */
    private static boolean mayPass(int result) {
        return result == -Errno.ENOBUFS || result == -Errno.EAGAIN || result == -Errno.EINTR || isGone(result);
    }

    private static boolean isGone(int result) {
        return result == -Errno.ENETDOWN || result == -Errno.ENXIO || result == -Errno.ENODEV;
    }

    /** The interface's MTU, in bytes, when the port was last {@linkplain #refresh refreshed}. */
    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean isUp() {
        return up;
    }

    /**
     * Asks the kernel anew for the interface's state and MTU: when it is known to have changed, between two turns. An
     * interface that went down and up goes on being served; one that was deleted is gone for this port, whatever bears its
     * name.
     *
     * @return whether the interface still exists
     */
    public boolean refresh() {
        socket.takeError();
        var name = asked.name(socket.index);
        up = !name.isEmpty() && InterfaceRequests.isUp(asked.flags(name));
        int bytes = name.isEmpty() ? 0 : asked.mtu(name);
        if (bytes > 0) {
            mtu = bytes;
        }
        return !name.isEmpty();
    }

    @Override
    public boolean takesOffloads() {
        return true;
    }

    /**
     * Takes trains from now on: only where the kernel or the card cuts them, and finishes the checksums, before anybody sees
     * them. A veth whose features {@code tx-udp-segmentation} and {@code tx-checksum-ip-generic} are on leaves that to its
     * far end, and not every VTEP there does it.
     */
    public void sendTrains() {
        trains = true;
    }

    @Override
    public boolean takesTrains() {
        return trains;
    }

    @Override
    public int[] descriptors() {
        return descriptors;
    }

    @Override
    public String describe() {
        return "AF_PACKET, virtio-net headers, " + (RING >> 20) + " MB ring";
    }

    @Override
    public int held() {
        return tunnel.held();
    }

    @Override
    public Losses losses() {
        if (statistics.compareAndSet(
                false, true)) { // else somebody else adds them at this moment, or the port is closed
            addDrops();
            statistics.set(false);
        }
        return new Losses(ringFull.get() + cut.getOpaque(), noMemory.getOpaque(), 0);
    }

    /** The kernel forgets what it has told. */
    private void addDrops() {
        ringFull.set(ringFull.get() + PacketSocket.drops(asking, socket.fd, answer));
    }

    /** Frames the kernel took none of while it took others: too long, say. They were left in the link. */
    public long refused() {
        return refused.getOpaque();
    }

    private static void count(AtomicLong counter) {
        counter.setOpaque(counter.getPlain() + 1); // one writer
    }

    @Override
    public void close() {
        if (!closed) {
            while (!statistics.compareAndSet(false, true)) {
                Thread.onSpinWait();
            }
            addDrops(); // the last that can be known; nobody asks the socket after this
            closed = true;
            up = false;
            tunnel.close();
            ring.close();
            calls.close(socket.fd);
        }
    }
}
