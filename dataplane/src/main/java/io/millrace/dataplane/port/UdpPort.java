package io.millrace.dataplane.port;

import io.millrace.codec.EthernetHeader;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.UdpHeader;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Native;
import io.millrace.dataplane.linux.Netlink;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An address of the host's own kernel as a port: tunnels travel in ordinary UDP sockets, the kernel routes. Frames here have
 * Ethernet, IP and UDP headers as on any other port; the kernel's are put in their place on the way out, and made up on the
 * way in. It needs no capability.
 *
 * <p>Each frame's UDP source port picks one of a few sockets, so that flows still take different ways through the network.
 * Packets leave whole or not at all (DF): when one is longer than the way to its host takes, that becomes the
 * {@linkplain #mtu MTU} of the port for ten minutes. Why so, and not by Netty:
 * {@code docs/decisions/0012-the-socket-is-a-port.md}.
 *
 * <p>The worker's thread, but for {@link #losses}, which any may ask.
 */
public final class UdpPort implements Port {
    /** What the port has for an Ethernet address. */
    public static final long MAC = 0x02_4D_52_00_00_01L;

    /** What everybody at its other side has for one: where frames to all other hosts go. */
    public static final long NEXT_HOP = 0x02_4D_52_00_00_02L;

    /** How many UDP ports it sends from. */
    static final int SOURCE_PORTS = 16;

    /** How long Linux remembers a path's MTU (net.ipv4.route.mtu_expires). */
    private static final long MEMORY_NS = TimeUnit.MINUTES.toNanos(10);

    private final String name;
    private final Settings settings;
    private final int mtu;
    private final UdpSocket[] listening;
    private final UdpSocket[] sending;
    private final UdpSocket asking;
    private final int[] descriptors;
    private final UdpSender sender;
    private final UdpReceiver receiver;
    private int pathMtu;
    private long learned;
    private boolean closed;

    private final Native others = new Native();
    private final UnsafeBuffer answer = UdpSocket.answer();
    private final AtomicLong noMemory = new AtomicLong();
    private final AtomicLong cut = new AtomicLong();
    private long ringAtClose;

    /**
     * Which sockets there are to be.
     *
     * @param address one of the kernel's addresses; IPv4 in its mapped form (RFC 4291 section 2.5.5.2)
     * @param udpPorts what is received; each once
     * @param firstSource the least UDP port to send from
     * @param lastSource the greatest
     * @param mtu the longest IP packet to send, in bytes; 0: that of the interface which has the address
     * @param unchecked whether datagrams without a checksum are taken over IPv6, too
     */
    public record Settings(
            Ipv6Address address, List<Integer> udpPorts, int firstSource, int lastSource, int mtu, boolean unchecked) {
        public Settings {
            udpPorts = List.copyOf(udpPorts);
        }
    }

    private UdpPort(
            String name, Settings settings, int mtu, Native calls, List<UdpSocket> open, int sources, FramePool pool) {
        this.name = name;
        this.settings = settings;
        this.mtu = mtu;
        this.pathMtu = mtu;
        this.asking = open.getFirst();
        this.sending = open.subList(1, 1 + sources).toArray(UdpSocket[]::new);
        this.listening = open.subList(1 + sources, open.size()).toArray(UdpSocket[]::new);
        this.descriptors =
                Arrays.stream(listening).mapToInt(socket -> socket.fd).toArray();
        this.sender = new UdpSender(calls, sending, !settings.address.isIpv4(), pool);
        var udpPorts = settings.udpPorts.stream().mapToInt(Integer::intValue).toArray();
        this.receiver = new UdpReceiver(calls, descriptors, udpPorts, settings.address, mtu, pool, noMemory, cut);
    }

    /**
     * Opens the sockets in the calling thread's network namespace.
     *
     * @param pool the one that {@link #receive} and {@link #transmit} will be given
     * @throws KernelException with one sentence: the address is none of the kernel's, a UDP port is somebody else's
     */
    public static UdpPort open(String name, Settings settings, FramePool pool) throws KernelException {
        var calls = new Native();
        var open = new ArrayList<UdpSocket>();
        try {
            open.add(UdpSocket.sending(calls, settings.address, 0, 0));
            int all = settings.lastSource - settings.firstSource + 1;
            int sources = Math.min(SOURCE_PORTS, all);
            for (int i = 0; i < sources; i++) {
                int first = settings.firstSource + all * i / sources;
                int last = settings.firstSource + all * (i + 1) / sources - 1;
                open.add(UdpSocket.sending(calls, settings.address, first, last));
            }
            for (int udpPort : settings.udpPorts) {
                open.add(UdpSocket.listening(calls, settings.address, udpPort, settings.unchecked));
            }
            int mtu = settings.mtu == 0 ? interfaceMtu(settings.address) : settings.mtu;
            return new UdpPort(name, settings, mtu, calls, open, sources, pool);
        } catch (KernelException e) {
            open.forEach(UdpSocket::close);
            throw e;
        }
    }

    private static int interfaceMtu(Ipv6Address address) throws KernelException {
        try (var links = Netlink.open()) {
            return mtuOf(address, links);
        }
    }

    /** The MTU of the interface that has an address; of one that only this host sees, or nobody has, Ethernet's. */
    public static int mtuOf(Ipv6Address address, Netlink links) throws KernelException {
        var wanted = inetAddress(address);
        for (var link : links.list()) {
            for (var has : links.globalAddresses(link.index())) {
                if (has.address().equals(wanted)) {
                    return link.mtu();
                }
            }
        }
        return 1500;
    }

    private static InetAddress inetAddress(Ipv6Address address) {
        try {
            var bytes =
                    ByteBuffer.allocate(2 * Long.BYTES).putLong(address.high()).putLong(address.low());
            return InetAddress.getByAddress(bytes.array()); // makes an IPv4 address of a mapped one
        } catch (UnknownHostException e) {
            throw new AssertionError("sixteen bytes", e);
        }
    }

    /** Bytes of the Ethernet, IP and UDP headers. */
    static int headers(boolean v6) {
        return EthernetHeader.LENGTH + (v6 ? Ipv6Header.LENGTH : Ipv4Header.LENGTH) + UdpHeader.LENGTH;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        return closed ? 0 : receiver.receive(into, atMost);
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        int sent = sender.transmit(from);
        if (sender.wasTooLong()) {
            int now = asking.pathMtu(sender.tooLongHigh(), sender.tooLongLow());
            if (now > 0 && now < mtu()) {
                pathMtu = now;
                learned = System.nanoTime();
            }
        }
        return sent;
    }

    /** The longest packet, in bytes, that reaches every host: what was set, or less where a path turned out to take less. */
    @Override
    public int mtu() {
        if (pathMtu < mtu && System.nanoTime() - learned > MEMORY_NS) {
            pathMtu = mtu;
        }
        return pathMtu;
    }

    @Override
    public boolean isUp() {
        return !closed;
    }

    @Override
    public boolean takesOffloads() {
        return sender.takesTrains();
    }

    @Override
    public boolean takesTrains() {
        return sender.takesTrains();
    }

    @Override
    public int[] descriptors() {
        return descriptors;
    }

    @Override
    public String describe() {
        return "UDP socket on " + settings.address.text() + ", " + sending.length + " source ports, "
                + (sender.takesTrains() ? "segmentation offload" : "no segmentation offload");
    }

    @Override
    public int held() {
        return receiver.held();
    }

    @Override
    public Losses losses() {
        return new Losses(closed ? ringAtClose : dropped(), noMemory.getOpaque(), cut.getOpaque());
    }

    private long dropped() {
        long all = 0;
        for (int fd : descriptors) {
            all += UdpSocket.drops(others, fd, answer);
        }
        return all;
    }

    @Override
    public void close() {
        if (!closed) {
            ringAtClose = dropped();
            closed = true;
            receiver.close();
            asking.close();
            for (var socket : sending) {
                socket.close();
            }
            for (var socket : listening) {
                socket.close();
            }
        }
    }
}
