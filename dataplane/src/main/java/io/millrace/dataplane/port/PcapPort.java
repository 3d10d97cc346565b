package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.InterfaceRequests;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.KernelSilence;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An interface by libpcap: the portable way, with a filter of tcpdump's language if one is wanted. pcap4j opens and
 * configures; frames are then read where libpcap has them and sent in batches.
 *
 * <p>On Linux libpcap's ring has a place of the same size for every frame. It would make them 64 KB long where segments
 * may come, and have room for 256 frames; here a place takes a frame of the MTU, and what is longer the kernel puts into
 * the socket's own queue as well (PACKET_COPY_THRESH), from where it is taken whole. libpcap tells nothing of unfinished
 * checksums: {@link UnfinishedChecksum} finds them.
 *
 * <p>The worker's thread, but for {@link #losses}, which any may ask.
 */
public final class PcapPort implements Port {
    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    private static final int BUFFER = 16 << 20;
    private static final int QUEUE = 32 << 20;
    private static final int BATCH = 64;
    private static final int MACS = 12;
    private static final int TAG = 4;
    private static final int ETHERNET_AND_TAGS = 14 + 2 * TAG;
    /** Before a frame in a TPACKET_V2 ring with room for a tag. */
    private static final int PLACE_HEADER = 70;

    private static final int CAPTURED = 16; // struct pcap_pkthdr: a time, bytes at hand, bytes there were
    private static final int LENGTH = 20;
    private static final int HEADER = 24;
    private static final long LOOK_EVERY = 100_000_000;
    private static final int MSG_DONTWAIT_TRUNC = 0x40 | 0x20;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDBUFFORCE = 32;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_MARK = 36;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_COPY_THRESH = 7;
    private static final int PACKET_QDISC_BYPASS = 20;
    private static final int PACKET_IGNORE_OUTGOING = 23;

    private final String name;
    private final PcapDevice device;
    private final long handle;
    private final int socket;
    private final int[] descriptors;
    private final int index;
    private final String filter;
    private final Native calls = new Native();
    private final InterfaceRequests asked;
    private final MessageVector messages = new MessageVector(BATCH);
    private final UnsafeBuffer found = Memory.of(16);
    private final UnsafeBuffer header = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer data = new UnsafeBuffer(0, 0);
    private final AtomicLong noMemory = new AtomicLong();
    private final AtomicLong cut = new AtomicLong();
    private int mtu;
    private long looked;
    private volatile boolean up = true;
    private volatile boolean gone;

    private PcapPort(String name, PcapDevice device, @Nullable String filter) {
        this.name = name;
        this.device = device;
        this.filter = filter == null ? "" : filter;
        handle = device.address();
        socket = PcapLibrary.descriptor(handle);
        descriptors = socket < 0 ? NO_DESCRIPTORS : new int[] {socket};
        asked = new InterfaceRequests(calls, socket);
        index = LINUX ? asked.index(name) : 0;
        mtu = NO_MTU;
        if (LINUX) {
            set(SOL_SOCKET, SO_SNDBUFFORCE, QUEUE);
            set(SOL_SOCKET, SO_RCVBUFFORCE, QUEUE);
            set(SOL_SOCKET, SO_MARK, KernelSilence.MARK);
            set(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
            set(SOL_PACKET, PACKET_QDISC_BYPASS, 1);
            set(SOL_PACKET, PACKET_COPY_THRESH, 1);
            refresh();
        }
    }

    /**
     * Takes part in an interface of the calling thread's network namespace; promiscuous while the port is open.
     *
     * @param device any name that libpcap lists and whose frames are Ethernet; it must be up
     * @param pool where received frames are put
     * @param filter what may come in, in the words of pcap-filter(7); null or blank: everything
     * @throws KernelException naming the interface: there is none, it is down, libpcap is missing, or CAP_NET_RAW
     * @throws FilterException when libpcap does not understand the filter
     */
    public static PcapPort open(String device, FramePool pool, @Nullable String filter)
            throws KernelException, FilterException {
        var opened = PcapDevice.open(device, LINUX ? place(device) : FilterCompiler.WHOLE_FRAME, BUFFER);
        try {
            if (filter != null && !filter.isBlank()) {
                opened.filter(device, filter, FilterCompiler.WHOLE_FRAME);
            }
            return new PcapPort(device, opened, filter);
        } catch (FilterException | RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    /**
     * Bytes of a frame that a place of the ring takes: the MTU and two tags, and a small chunk's worth at least; such that
     * the place, which begins with {@value #PLACE_HEADER} bytes and ends at a multiple of 16, has no byte more. What fits
     * only without the tag that libpcap puts back, it cuts and the kernel does not queue: four lengths beyond the MTU.
     */
    private static int place(String device) throws KernelException {
        var calls = new Native();
        int socket = (int) KernelException.check("opening a socket", calls.socket(2, 2, 0), "");
        int mtu = new InterfaceRequests(calls, socket).mtu(device);
        calls.close(socket);
        int least = Math.max(FramePool.ROOM, mtu + ETHERNET_AND_TAGS);
        return least + Math.floorMod(-PLACE_HEADER - least, 16);
    }

    private void set(int level, int option, int value) {
        found.putInt(0, value);
        calls.setsockopt(socket, level, option, found.addressOffset(), Integer.BYTES); // an older kernel has not all
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        if (gone) {
            return 0;
        }
        int came = 0;
        boolean trouble = false;
        for (int i = 0; i < atMost; i++) {
            int result = PcapLibrary.next(handle, found.addressOffset(), found.addressOffset() + Long.BYTES);
            if (result <= 0) {
                trouble |= result < 0;
                break;
            }
            header.wrap(found.getLong(0), HEADER);
            int captured = header.getInt(CAPTURED);
            int length = header.getInt(LENGTH);
            data.wrap(found.getLong(Long.BYTES), captured);
            long frame = captured == length ? copied(pool, length) : whole(pool, length);
            if (frame != Frame.NONE) {
                into.offer(UnfinishedChecksum.mark(pool, frame, mtu));
                came++;
            }
        }
        // libpcap does not tell when the interface goes down, comes up or gets another MTU.
        if (trouble || System.nanoTime() - looked > LOOK_EVERY) {
            refresh();
        }
        return came;
    }

    private long copied(FramePool pool, int length) {
        long frame = pool.allocate(length);
        if (frame == Frame.NONE) {
            count(noMemory);
        } else {
            pool.buffer().putBytes(Frame.head(frame), data, 0, length);
        }
        return frame;
    }

    /** The frame of which {@link #data} is the beginning, from the socket's queue; without the tag libpcap put back. */
    private long whole(FramePool pool, int length) {
        long large = length <= FramePool.LARGE_ROOM ? pool.allocate(FramePool.LARGE_ROOM) : Frame.NONE;
        boolean none = large == Frame.NONE;
        int head = Frame.head(large) + TAG;
        long bytes = none ? found.addressOffset() : pool.buffer().addressOffset() + head;
        while (LINUX) {
            long queued = calls.recv(socket, bytes, none ? 0 : FramePool.LARGE_ROOM - TAG, MSG_DONTWAIT_TRUNC);
            if (queued < 0) {
                break;
            }
            boolean tagged = queued == length - TAG;
            if (none && (tagged || queued == length)) {
                break; // there was no place for it
            }
            if (!none && (tagged || queued == length) && isSame(pool.buffer(), head)) {
                return tagged ? tagged(pool, head, length) : FramePool.frameAt(head, length);
            }
        }
        if (none) {
            count(noMemory);
        } else {
            pool.free(large);
            count(cut);
        }
        return Frame.NONE;
    }

    private boolean isSame(UnsafeBuffer frames, int head) {
        return frames.getLong(head) == data.getLong(0) && frames.getInt(head + 8) == data.getInt(8);
    }

    private long tagged(FramePool pool, int head, int length) {
        pool.buffer().putBytes(head - TAG, data, 0, MACS + TAG);
        return FramePool.frameAt(head - TAG, length);
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return LINUX ? sendBatches(from, pool) : inject(from, pool);
    }

    /** What the kernel refuses stays in the link, in its order; what comes behind it is sent all the same. */
    private int sendBatches(Link from, FramePool pool) {
        int n = from.size();
        int left = 0;
        boolean full = false;
        for (int i = 0; i < n; ) {
            int count = Math.min(BATCH, n - i);
            int sent = full ? 0 : send(from, i, count, pool);
            for (int j = i; j < i + sent; j++) {
                pool.free(from.peek(j));
            }
            i += Math.max(0, sent);
            if (sent < 0) {
                full = sent != -Errno.EMSGSIZE && sent != -Errno.EINVAL;
            }
            if (sent <= 0) {
                from.replace(left++, from.peek(i++));
            }
        }
        from.truncate(left);
        return n - left;
    }

    private int send(Link from, int first, int count, FramePool pool) {
        long frames = pool.buffer().addressOffset();
        for (int i = 0; i < count; i++) {
            long frame = from.peek(first + i);
            messages.set(i, frames + Frame.head(frame), Frame.length(frame));
        }
        int sent;
        do {
            sent = messages.send(calls, socket, 0, count);
        } while (sent == -Errno.EINTR);
        if (sent == -Errno.ENETDOWN || sent == -Errno.ENXIO || sent == -Errno.ENODEV) {
            refresh();
        }
        return sent;
    }

    private int inject(Link from, FramePool pool) {
        int n = from.size();
        int left = 0;
        for (int i = 0; i < n; i++) {
            long frame = from.peek(i);
            long bytes = pool.buffer().addressOffset() + Frame.head(frame);
            if (PcapLibrary.inject(handle, bytes, Frame.length(frame)) < 0) {
                from.replace(left++, frame);
            } else {
                pool.free(frame);
            }
        }
        from.truncate(left);
        return n - left;
    }

    private static void count(AtomicLong counter) {
        counter.setOpaque(counter.getPlain() + 1); // one writer
    }

    /**
     * Asks the kernel anew for the interface's state and MTU; the port does so itself ten times a second. An
     * interface that went down and up goes on being served; one that was deleted is gone for this port, whatever bears its
     * name.
     *
     * @return whether the interface still exists
     */
    public boolean refresh() {
        if (!LINUX) {
            return true;
        }
        looked = System.nanoTime();
        var current = asked.name(index);
        gone = current.isEmpty();
        up = !gone && InterfaceRequests.isUp(asked.flags(current));
        int bytes = gone ? 0 : asked.mtu(current);
        mtu = bytes > 0 ? bytes : mtu;
        return !gone;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public boolean isUp() {
        return up;
    }

    @Override
    public int[] descriptors() {
        return gone ? NO_DESCRIPTORS : descriptors;
    }

    @Override
    public String describe() {
        return "libpcap, " + (BUFFER >> 20) + " MB buffer" + (filter.isBlank() ? "" : ", only " + filter);
    }

    @Override
    public Losses losses() {
        return new Losses(device.dropped() + cut.getOpaque(), noMemory.getOpaque(), 0);
    }

    @Override
    public void close() {
        gone = true;
        up = false;
        device.close();
    }
}
