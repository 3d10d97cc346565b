package io.millrace.tools.up;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.Capability;
import io.millrace.dataplane.linux.Ethtool;
import io.millrace.dataplane.linux.Interface;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.KernelSilence;
import io.millrace.dataplane.linux.Native;
import io.millrace.dataplane.linux.Netlink;
import io.millrace.dataplane.port.FilterException;
import io.millrace.dataplane.port.PacketPort;
import io.millrace.dataplane.port.PcapPort;
import io.millrace.dataplane.port.TapPort;
import io.millrace.dataplane.port.UdpPort;
import io.millrace.dataplane.port.XdpMemory;
import io.millrace.dataplane.port.XdpPort;
import io.millrace.tools.up.Opened.Undo;
import io.millrace.tools.words.Nearest;
import io.millrace.vtep.network.Attachment;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.vxlan.Tunnels;
import io.millrace.vtep.wiring.Underlay;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Opens what the file says under {@code attach}, in the network namespace that Millrace was started in. */
final class Attachments implements PortOpener {
    /** RFC 791. */
    private static final int LEAST_MTU = 68;

    /** What a virtual device leaves to its far end: cutting, and then checksums. */
    private static final List<String> CARDS_WORK = List.of("tx-udp-segmentation", "tx-checksum-ip-generic");

    private static final String KINDS = "interface, packet, xdp, pcap, tap, veth and netns";

    private final Topology topology;
    private final FramePool pool;
    private final XdpMemory memory;
    private final boolean force;

    /** @param force whether the kernel's own addresses may be taken off an interface */
    Attachments(Topology topology, FramePool pool, boolean force) {
        this.topology = topology;
        this.pool = pool;
        this.memory = new XdpMemory(pool);
        this.force = force;
    }

    @Override
    public void check(Endpoint endpoint) throws IOException {
        if (isSocket(endpoint)) {
            openSocket(endpoint).close();
            return;
        }
        var attachment = attachment(endpoint);
        try (var links = Netlink.open()) {
            switch (attachment.kind()) {
                case INTERFACE, PACKET, XDP, PCAP -> checkInterface(attachment, links);
                case TAP -> {
                    var _ = mtu(endpoint, links); // or says why there can be none
                    Capability.require("a TAP", Capability.CAP_NET_ADMIN);
                    var there = links.find(attachment.device());
                    if (there != null && !there.kind().equals("tun")) {
                        throw new IOException(there.name() + " is there already, and is no TAP");
                    }
                }
                case VETH, NETNS -> {
                    var _ = mtu(endpoint, links); // or says why there can be none
                    Capability.require("a veth", Capability.CAP_NET_ADMIN, Capability.CAP_NET_RAW);
                    if (!attachment.namespace().isEmpty()) {
                        Capability.require("another namespace", Capability.CAP_SYS_ADMIN);
                    }
                    Cables.check(attachment, links);
                }
                case FILE, MEMORY ->
                    throw new IOException(attachment + " is for replay; 'up' takes the kinds " + KINDS);
            }
        }
    }

    /** Whether it is the underlay, and that an address of the kernel's. */
    private boolean isSocket(Endpoint endpoint) {
        var underlay = topology.underlay();
        return underlay != null && underlay.isSocket() && endpoint.isUnderlay();
    }

    private UdpPort openSocket(Endpoint endpoint) throws IOException {
        return UdpPort.open(endpoint.name(), Underlay.sockets(topology), pool);
    }

    private Opened socket(Endpoint endpoint) throws IOException {
        var port = openSocket(endpoint);
        return new Opened(port, "", 0, UdpPort.MAC, port.describe(), false, () -> {}, List.of(), List.of());
    }

    private static Attachment attachment(Endpoint endpoint) throws IOException {
        var attachment = endpoint.connection().attachment();
        if (attachment == null) {
            throw new IOException("nothing is said of what it is plugged into; write x-millrace: { attach: { interface:"
                    + " eth1 } }, or one of the kinds " + KINDS);
        }
        return attachment;
    }

    private void checkInterface(Attachment attachment, Netlink links) throws IOException {
        Capability.require(attachment.toString(), Capability.CAP_NET_RAW);
        var found = links.find(attachment.device());
        if (found == null) {
            throw new IOException(missing(attachment.device(), links));
        }
        if (!found.isEthernet()) {
            throw new IOException(found.name() + " carries no Ethernet frames");
        }
        var addresses = links.globalAddresses(found.index());
        if (!addresses.isEmpty() && !force) {
            throw new IOException(found.name() + " has the kernel's address " + addresses.getFirst()
                    + "; whoever uses that would lose it: take it away, or say --force");
        }
    }

    private static String missing(String device, Netlink links) throws KernelException {
        var names = links.list().stream().map(Interface::name).toList();
        var near = Nearest.to(device, names);
        return "no interface called " + device + (near == null ? "" : "; did you mean " + near + "?");
    }

    @Override
    public Opened open(Endpoint endpoint) throws IOException {
        if (isSocket(endpoint)) {
            return socket(endpoint);
        }
        var attachment = attachment(endpoint);
        var made = new ArrayList<Undo>();
        try (var links = Netlink.open()) {
            switch (attachment.kind()) {
                case VETH, NETNS -> made.addAll(Cables.lay(attachment, links, mtu(endpoint, links)));
                case TAP -> {}
                default -> prepare(attachment.device(), links, made);
            }
            return opened(endpoint, attachment, links, made);
        } catch (IOException e) {
            Cables.back(made, e);
            throw e;
        }
    }

    @Override
    public Opened reopen(Endpoint endpoint) throws IOException {
        try (var links = Netlink.open()) {
            return opened(endpoint, attachment(endpoint), links, List.of());
        }
    }

    /** Of an interface that is made here, in bytes; null: as the kernel has it. On an overlay it is what fits its tunnel. */
    private @Nullable Integer mtu(Endpoint endpoint, Netlink links) throws IOException {
        return switch (topology.networks().get(endpoint.network())) {
            case Network.Overlay overlay -> mtu(overlay, links);
            case Network.Switched switched -> switched.segment().mtu();
            case null, default -> null;
        };
    }

    private @Nullable Integer mtu(Network.Overlay overlay, Netlink links) throws IOException {
        int underlay = said(overlay.segment().mtu());
        var host = topology.underlay();
        boolean v6 = false;
        if (host != null) {
            v6 = host.address() != null && host.address().address().v6();
            underlay = Math.min(underlay, Math.min(said(host.mtu()), own(host, links)));
        }
        if (underlay == Port.NO_MTU) {
            return null;
        }
        int fits = underlay - Tunnels.overhead(v6);
        if (fits < LEAST_MTU) {
            throw new IOException("network " + overlay.name() + " could carry packets of " + fits
                    + " bytes, by an underlay" + " of " + underlay + "; IPv4 needs " + LEAST_MTU);
        }
        return fits;
    }

    private static int own(HostInterface host, Netlink links) throws KernelException {
        if (host.isSocket() && host.address() != null) {
            return UdpPort.mtuOf(host.address().address().mapped(), links);
        }
        var device = links.find(host.name());
        return device == null ? Port.NO_MTU : device.mtu();
    }

    private static int said(@Nullable Integer mtu) {
        return mtu == null ? Port.NO_MTU : mtu;
    }

    /** An interface that was there before us: its addresses go if they must, and it is switched on. */
    private void prepare(String name, Netlink links, List<Undo> undo) throws KernelException {
        var device = links.get(name);
        if (force) {
            links.flushGlobalAddresses(device.index());
        }
        if (!device.up()) {
            links.up(device.index());
            undo.add(() -> off(device.index()));
        }
    }

    private static void off(int index) throws KernelException {
        try (var links = Netlink.open()) {
            if (links.find(index) != null) {
                links.down(index);
            }
        }
    }

    private Opened opened(Endpoint endpoint, Attachment attachment, Netlink links, List<Undo> made) throws IOException {
        if (attachment.kind() == Attachment.Kind.TAP) {
            return tap(attachment.device(), mtu(endpoint, links), links);
        }
        var device = links.get(Cables.near(attachment));
        var open = open(attachment.kind(), device);
        var silence = KernelSilence.on(new Native(), device.index(), device.name());
        var how = silence.isSilent() ? open.how : open.how + "; " + silence.describe();
        var around = new ArrayList<Undo>(List.of(silence::close));
        if (endpoint.isUnderlay() && open.port instanceof PacketPort port && cutsTrains(device, around)) {
            port.sendTrains();
        }
        return new Opened(
                open.port, device.name(), device.index(), device.mac(), how, false, open.refresh, around, made);
    }

    /**
     * Whether several datagrams in one become single ones with whole checksums before anybody else sees them: a card does
     * that, or the kernel for it. A virtual device would hand them over as they are; it is told not to, until that is taken
     * back.
     */
    private static boolean cutsTrains(Interface device, List<Undo> undo) throws KernelException {
        if (device.kind().isEmpty()) {
            return true;
        }
        boolean cuts = true;
        try (var asked = Ethtool.open()) {
            for (var feature : CARDS_WORK) {
                if (asked.isOn(device.name(), feature)) {
                    undo.addFirst(() -> switchOn(device.name(), feature));
                    cuts &= asked.set(device.name(), feature, false);
                }
            }
        }
        return cuts;
    }

    private static void switchOn(String device, String feature) throws KernelException {
        try (var asked = Ethtool.open()) {
            asked.set(device, feature, true); // or the device is gone
        }
    }

    private Opened tap(String name, @Nullable Integer mtu, Netlink links) throws IOException {
        var port = TapPort.open(name, pool, 1);
        try {
            if (mtu != null) {
                port.changeMtu(mtu);
            }
            var device = links.get(name);
            return new Opened(
                    port, name, device.index(), device.mac(), port.describe(), true, () -> {}, List.of(), List.of());
        } catch (KernelException e) {
            port.close();
            throw e;
        }
    }

    /** A port, what it is, and how it is told to look at its interface anew. */
    private record Open(Port port, String how, Runnable refresh) {
        Open(Port port, Runnable refresh, String why) {
            this(port, why.isEmpty() ? port.describe() : port.describe() + " (" + why + ")", refresh);
        }
    }

    private Open open(Attachment.Kind kind, Interface device) throws IOException {
        return switch (kind) {
            case XDP -> xdp(device, XdpPort.Mode.FASTEST, "");
            case PCAP -> pcap(device);
            case INTERFACE -> fastest(device);
            default -> packet(device, "");
        };
    }

    /**
     * The fastest way that works. Behind a virtual device may stand a host that hands over long segments whole, and takes
     * them so: that is worth more than any way of receiving, and only AF_PACKET carries it.
     */
    private Open fastest(Interface device) throws IOException {
        if (!device.kind().isEmpty()) {
            return packet(device, "the fastest here: it carries the long segments of a " + device.kind() + " whole");
        }
        try {
            return xdp(device, XdpPort.Mode.NATIVE, "the fastest: the driver has it");
        } catch (KernelException e) {
            return packet(device, "the fastest here; not AF_XDP: " + e.getMessage());
        }
    }

    private Open packet(Interface device, String why) throws KernelException {
        var port = PacketPort.open(device.name(), pool);
        return new Open(port, port::refresh, why);
    }

    private Open pcap(Interface device) throws IOException {
        try {
            var port = PcapPort.open(device.name(), pool, null);
            return new Open(port, port::refresh, "");
        } catch (FilterException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private Open xdp(Interface device, XdpPort.Mode mode, String why) throws KernelException {
        var port = XdpPort.open(device.name(), device.name(), memory, mode);
        return new Open(port, port::refresh, why);
    }
}
