package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.Bpf;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.InterfaceRequests;
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
 * <p>XDP sees bytes only. A VLAN tag that the sender's kernel keeps beside a veth's frame, or that a network card takes
 * out, is put back in native mode where the driver tells of it (veth and most cards do, since Linux 6.8); else such tags
 * are lost, and the offload must be switched off: {@code txvlan} at the far end of the veth, {@code rxvlan} of the card.
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
    public static final int RING = 4096;

    private static final int ASK = 256;
    private static final int ASK_AGAIN = 16;
    private static final int DEFAULT_MTU = 1500;

    private final String name;
    private final Native calls;
    private final XdpDevice device;
    private final XdpMemory memory;
    private final FramePool pool;
    private final XdpLoans loans;
    private final List<XdpSocket> opened = new ArrayList<>();
    private @Nullable XdpProgram program;
    private @Nullable Promiscuous promiscuous;
    private @Nullable InterfaceRequests requests;
    private @Nullable XdpReceiver receiver;
    private @Nullable XdpSender sender;
    private boolean isNative;
    private volatile int mtu = DEFAULT_MTU;
    private boolean up = true;
    private int idle;
    private Losses atClose = Losses.NONE;

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

    /**
     * As above, with rings of another size.
     *
     * @param entries of each ring, a power of two: how many frames may wait while the worker does something else
     */
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
        var attached = attach(mode);
        program = attached;
        for (int queue = 0; queue < device.queues(); queue++) {
            var socket = XdpSocket.open(calls, device, queue, memory, entries);
            opened.add(socket);
            attached.serve(queue, socket.descriptor());
        }
        receiver = new XdpReceiver(pool, loans, opened.toArray(XdpSocket[]::new), entries);
        sender = new XdpSender(pool, loans, opened.getFirst());
        var wish = Promiscuous.on(calls, device.index(), device.name());
        promiscuous = wish;
        requests = wish.requests();
        refresh();
    }

    private XdpProgram attach(Mode mode) throws KernelException {
        if (mode != Mode.GENERIC) {
            try {
                var attached = XdpProgram.attach(calls, device, Bpf.XDP_NATIVE);
                isNative = true;
                return attached;
            } catch (KernelException e) {
                if (mode == Mode.NATIVE || e.errno() == Errno.EBUSY || e.errno() == Errno.EEXIST) {
                    throw e;
                }
            }
        }
        return XdpProgram.attach(calls, device, Bpf.XDP_GENERIC);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        if (receiver == null || sender == null) {
            return 0;
        }
        int came = receiver.receive(into, atMost, mtu);
        if (up) {
            sender.send(); // what the kernel did not take in the last turn
            up = !sender.takeLost();
        }
        if (came == 0 && ++idle % (up ? ASK : ASK_AGAIN) == 0) {
            ask(opened.getFirst());
        }
        return came;
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        if (sender == null || !up) {
            return 0;
        }
        int taken = sender.transmit(from);
        up = !sender.takeLost();
        return taken;
    }

    /** Whether the interface is (again) there and up: nobody tells a socket that only waits. */
    private void ask(XdpSocket socket) {
        boolean now = socket.state() == 0;
        if (now && !up) {
            refresh(); // first: whoever sees the port up sees the MTU that it came up with
        }
        up = now;
    }

    @Override
    public boolean isUp() {
        return up;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    /** Asks for the interface's MTU again, as the port itself does when the interface comes up. The worker's thread. */
    public void refresh() {
        int now = requests == null ? 0 : requests.mtu(device.name());
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
                + (gathered() == 0 ? "" : ", " + gathered() + " long frames gathered from pieces");
    }

    /** Whether the driver itself runs the program. */
    public boolean isNative() {
        return isNative;
    }

    /** Frames that came in pieces and were copied into one chunk. */
    public long gathered() {
        var at = receiver;
        return at == null ? 0 : at.gathered();
    }

    @Override
    public Losses losses() {
        var at = receiver;
        return at == null ? atClose : at.losses();
    }

    @Override
    public int held() {
        return loans.lent() + (receiver == null ? 0 : receiver.parked());
    }

    /** Detaches the program, closes the sockets, and gives the pool back what the kernel had of it. */
    @Override
    public void close() {
        atClose = losses();
        if (program != null) {
            program.close();
            program = null;
        }
        for (var socket : opened) {
            memory.release(socket.descriptor());
            socket.close();
        }
        opened.clear();
        if (promiscuous != null) {
            promiscuous.close();
            promiscuous = null;
            requests = null;
        }
        up = false;
        loans.returnAll(pool);
        if (receiver != null) {
            receiver.close();
            receiver = null;
        }
        sender = null;
    }
}
