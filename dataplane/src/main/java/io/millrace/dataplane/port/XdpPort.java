package io.millrace.dataplane.port;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.Bpf;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Native;
import io.millrace.dataplane.linux.Promiscuous;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An interface by AF_XDP: a program of ours takes each frame that comes in before the kernel's own network sees it, and the
 * kernel puts it straight into the pool, since the pool is what it was given to write to ({@link XdpMemory}). From XDP
 * port to XDP port a frame is not copied.
 *
 * <p>Frames longer than a small chunk come in pieces and are gathered into a large one, the only copy there is, which is
 * {@linkplain #gathered counted}. They leave in pieces too, but from where they are.
 *
 * <p>A tag the sender's kernel keeps beside the frame, instead of in it, does not get here: XDP sees bytes only. What hosts
 * write into their frames, and what comes by a wire without such an offload, keeps its tags.
 *
 * <p>Opened and closed by anybody, all else happens on the worker's thread; after {@link #open} nothing is taken from the
 * pool before the first {@link #receive}, and {@link #close} gives everything back, so it is called when the worker is
 * between two turns.
 */
public final class XdpPort implements Port {
    /** Where the program runs. */
    public enum Mode {
        /** In the driver where it can, else generic. */
        FASTEST,
        /** In the driver, before the kernel makes anything of a frame. */
        NATIVE,
        /** In the kernel's receive path: with any driver, at about nine tenths of the rate. */
        GENERIC
    }

    /** Entries of each ring, and frames of the pool that each receive queue holds at least. */
    public static final int RING = 2048;

    private static final int REFILL = 64;
    private static final int PATIENCE = 4;
    private static final int ASK = 256;
    private static final int DEFAULT_MTU = 1500;

    private final String name;
    private final Native calls;
    private final XdpDevice device;
    private final XdpMemory memory;
    private final FramePool pool;
    private final XdpLoans loans;
    private final XdpSocket.Statistics statistics = new XdpSocket.Statistics();
    private final List<XdpSocket> opened = new ArrayList<>();
    private @Nullable XdpProgram program;
    private @Nullable Promiscuous promiscuous;
    private XdpSocket[] sockets = {};
    private boolean isNative;
    private volatile int mtu = DEFAULT_MTU;
    private boolean up = true;
    private int refill = REFILL;
    private long parked = Frame.NONE;
    private int idle;
    private volatile long gathered;
    private volatile long ungathered;
    private volatile long starved;
    private volatile long beforeStarving;
    private volatile boolean starving;

    private XdpPort(String name, Native calls, XdpDevice device, XdpMemory memory) {
        this.name = name;
        this.calls = calls;
        this.device = device;
        this.memory = memory;
        this.pool = memory.pool();
        this.loans = new XdpLoans(pool);
    }

    /**
     * Takes over an interface of the thread's network namespace.
     *
     * @param name of the port
     * @param device the interface
     * @param memory of the worker's pool: the same for all its ports
     * @throws KernelException when there is no such interface, another program or socket has it, or a capability is
     *     missing (CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF)
     */
    public static XdpPort open(String name, String device, XdpMemory memory, Mode mode) throws KernelException {
        return open(name, device, memory, mode, RING);
    }

    /** @param entries of each ring, a power of two: how many frames may wait while the worker does something else */
    public static XdpPort open(String name, String device, XdpMemory memory, Mode mode, int entries)
            throws KernelException {
        var calls = new Native();
        var port = new XdpPort(name, calls, XdpDevice.named(calls, device), memory);
        try {
            port.open(mode, entries);
            return port;
        } catch (KernelException e) {
            port.close();
            throw e;
        }
    }

    private void open(Mode mode, int entries) throws KernelException {
        var loaded = XdpProgram.load(calls, device.queues());
        program = loaded;
        isNative = attach(loaded, mode);
        for (int queue = 0; queue < device.queues(); queue++) {
            var socket = XdpSocket.open(calls, device, queue, memory, entries);
            opened.add(socket);
            loaded.serve(queue, socket.descriptor());
        }
        sockets = opened.toArray(XdpSocket[]::new);
        refill = Math.max(1, Math.min(REFILL, entries / 8));
        promiscuous = Promiscuous.on(calls, device.index(), device.name());
        refresh();
    }

    private boolean attach(XdpProgram program, Mode mode) throws KernelException {
        if (mode != Mode.GENERIC) {
            try {
                program.attach(device, Bpf.XDP_NATIVE);
                return true;
            } catch (KernelException e) {
                if (mode == Mode.NATIVE || e.errno() == Errno.EBUSY || e.errno() == Errno.EEXIST) {
                    throw e;
                }
            }
        }
        program.attach(device, Bpf.XDP_GENERIC);
        return false;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        int came = 0;
        for (var socket : sockets) {
            came += receive(socket, into, atMost - came);
        }
        if (sockets.length > 0 && loans.lent() > 0 && sockets[0].sending.waiting() > 0 && up) {
            send(sockets[0]);
        }
        if (came == 0 && ++idle % ASK == 0) {
            ask();
        }
        return came;
    }

    private int receive(XdpSocket socket, Link into, int atMost) {
        var ring = socket.received;
        int ready = ring.ready();
        int read = 0;
        int came = 0;
        while (came < atMost && read < ready) {
            int pieces = pieces(ring, read, ready);
            if (pieces == 0) {
                break; // the rest of the frame is still on its way
            }
            long frame = pieces == 1 ? whole(ring, read) : gather(ring, read, pieces);
            read += pieces;
            if (frame != Frame.NONE) {
                into.offer(UnfinishedChecksum.mark(pool, frame, mtu));
                came++;
            }
        }
        if (read > 0) {
            ring.advance(read);
            socket.owed += read;
        }
        if (socket.owed >= refill) {
            refill(socket);
        }
        return came;
    }

    /** How many descriptors the frame has that begins in the {@code i}-th; 0 when not all of them are there. */
    private static int pieces(XdpRing ring, int i, int ready) {
        int last = i;
        while (ring.isContinued(last)) {
            if (++last == ready) {
                return 0;
            }
        }
        return last - i + 1;
    }

    private long whole(XdpRing ring, int i) {
        int head = XdpMemory.head(ring.address(i));
        loans.back(head);
        return FramePool.frameAt(head, ring.length(i));
    }

    private long gather(XdpRing ring, int first, int pieces) {
        int length = 0;
        for (int i = first; i < first + pieces; i++) {
            length += ring.length(i);
        }
        long frame = pool.allocate(length);
        int to = Frame.head(frame);
        for (int i = first; i < first + pieces; i++) {
            long piece = whole(ring, i);
            if (frame != Frame.NONE) {
                pool.buffer().putBytes(to, pool.buffer(), Frame.head(piece), Frame.length(piece));
                to += Frame.length(piece);
            }
            pool.free(piece);
        }
        if (frame == Frame.NONE) {
            ungathered++;
        } else {
            gathered++;
        }
        return frame;
    }

    private void refill(XdpSocket socket) {
        int given = 0;
        while (given < socket.owed) {
            long frame = pool.allocate(FramePool.ROOM);
            if (frame == Frame.NONE) {
                break;
            }
            int chunk = pool.chunk(frame);
            if (!XdpMemory.takesFrames(chunk)) {
                parked = frame; // the pool has one such chunk; it is out of the way here
                continue;
            }
            loans.lend(Frame.head(frame), 1);
            socket.filling.put(given++, XdpMemory.fillAddress(chunk));
        }
        socket.owed -= given;
        socket.filling.advance(given);
        if (starving != socket.owed > 0) {
            starving(socket.owed > 0);
        }
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        if (!up) {
            return 0;
        }
        var socket = sockets[0];
        reap(socket);
        int room = socket.sending.room();
        int used = 0;
        int taken = 0;
        for (; from.size() > 0; taken++) {
            long frame = from.peek(0);
            int pieces = (Frame.length(frame) + XdpMemory.PIECE - 1) / XdpMemory.PIECE;
            if (pieces > room - used) {
                break;
            }
            from.skip(1);
            if (Frame.length(frame) < EthernetHeader.LENGTH) {
                pool.free(frame); // not even the kernel could say where to; no node lets one through
                continue;
            }
            put(socket.sending, used, frame, pieces);
            used += pieces;
        }
        socket.sending.advance(used);
        send(socket);
        return taken;
    }

    private void put(XdpRing ring, int i, long frame, int pieces) {
        int at = Frame.head(frame);
        int left = Frame.length(frame);
        loans.lend(at, pieces);
        for (int piece = 0; piece < pieces; piece++) {
            int length = Math.min(left, XdpMemory.PIECE);
            left -= length;
            ring.put(i + piece, at, length, left > 0 ? XdpRing.CONTINUED : 0);
            at += length;
        }
    }

    /** Has the kernel send while it does; what it does not take now is offered again in the next turn. */
    private void send(XdpSocket socket) {
        int waiting = socket.sending.waiting();
        for (int stuck = 0; waiting > 0 && stuck < PATIENCE; ) {
            int result = socket.send();
            reap(socket);
            if (result == -Errno.ENETDOWN || result == -Errno.ENXIO) {
                up = false;
                return;
            }
            int left = socket.sending.waiting();
            stuck = left < waiting ? 0 : stuck + 1;
            waiting = left;
        }
    }

    private void reap(XdpSocket socket) {
        var ring = socket.completed;
        int ready = ring.ready();
        for (int i = 0; i < ready; i++) {
            int at = XdpMemory.head(ring.address(i));
            if (loans.back(at)) {
                pool.free(FramePool.frameAt(at, 0));
            }
        }
        if (ready > 0) {
            ring.advance(ready);
        }
    }

    /** Whether the interface is (again) there and up: nobody tells a socket that only waits. */
    private void ask() {
        boolean before = up;
        up = sockets.length > 0 && sockets[0].state() == 0;
        if (up && !before) {
            refresh();
        }
    }

    @Override
    public boolean isUp() {
        return up;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    /** Asks for the interface's MTU again; any thread in its network namespace. */
    public void refresh() {
        int now = XdpDevice.mtu(calls, device.name());
        mtu = now > 0 ? now : mtu;
    }

    @Override
    public int[] descriptors() {
        return opened.stream().mapToInt(XdpSocket::descriptor).toArray();
    }

    @Override
    public String describe() {
        int queues = device.queues();
        return "AF_XDP, " + (isNative ? "native" : "generic") + ", copy mode, " + queues
                + (queues == 1 ? " queue" : " queues")
                + (gathered == 0 ? "" : ", " + gathered + " long frames gathered from pieces");
    }

    /** Whether the driver itself runs the program. */
    public boolean isNative() {
        return isNative;
    }

    /** Frames that came in pieces and were copied into one chunk. */
    public long gathered() {
        return gathered;
    }

    @Override
    public Losses losses() {
        var counts = new XdpSocket.Statistics();
        long unfilled = unfilled(counts);
        long overflowed = 0;
        for (var socket : opened) {
            overflowed += socket.overflowed(counts);
        }
        long pool = ungathered + starved + (starving ? unfilled - beforeStarving : 0);
        return new Losses(overflowed + unfilled + ungathered - pool, pool, 0);
    }

    private long unfilled(XdpSocket.Statistics counts) {
        long sum = 0;
        for (var socket : opened) {
            sum += socket.unfilled(counts);
        }
        return sum;
    }

    /** What is lost while the pool cannot fill the rings is the pool's fault, else that of a ring too short. */
    private void starving(boolean now) {
        long unfilled = unfilled(statistics);
        if (now) {
            beforeStarving = unfilled;
        } else {
            starved += unfilled - beforeStarving;
        }
        starving = now;
    }

    @Override
    public int held() {
        return loans.lent() + (parked == Frame.NONE ? 0 : 1);
    }

    /** Detaches the program, closes the sockets, and gives the pool back what the kernel had of it. */
    @Override
    public void close() {
        if (program != null) {
            program.close();
        }
        for (var socket : opened) {
            memory.release(socket.descriptor());
            socket.close();
        }
        if (promiscuous != null) {
            promiscuous.close();
        }
        opened.clear();
        sockets = new XdpSocket[0];
        up = false;
        loans.returnAll(pool);
        if (parked != Frame.NONE) {
            pool.free(parked);
            parked = Frame.NONE;
        }
    }
}
