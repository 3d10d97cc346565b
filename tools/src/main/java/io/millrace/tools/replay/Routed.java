package io.millrace.tools.replay;

import io.millrace.codec.ArpHeader;
import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.VlanTag;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.Routing;
import io.millrace.vtep.wiring.Wiring;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.agrona.collections.LongHashSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a capture tells of a topology with gateways: which frames come from outside, which are the recorded gateways' own,
 * which port an inside address is at; and the Ethernet addresses that the topology does not name. A gateway's is where the
 * first packet for it was sent to, or its own frames come from; a neighbour's is where its packets come from. Until then
 * they are {@linkplain StandIns made up}.
 */
final class Routed {
    private static final int MOST_NEIGHBORS = 65_536;

    private final List<GatewaySide> sides = new ArrayList<>();
    private final @Nullable GatewaySide uplink;
    private final Map<IpAddress, String> ports = new HashMap<>();
    private final Set<IpAddress> met = new HashSet<>();
    private final Set<IpAddress> heard = new HashSet<>();
    private final LongHashSet outsiders = new LongHashSet();
    private final EthernetHeader ethernet = new EthernetHeader();
    private final ArpHeader arp = new ArpHeader();
    private final Outer outer = new Outer();
    private @Nullable IpAddress from;
    private @Nullable IpAddress to;
    private boolean isArp;
    private boolean isWhole;

    /**
     * What is behind the gateways of a wired topology.
     *
     * @param asWritten as the file has it
     */
    Routed(Routing routing, Wiring wiring, Topology asWritten) {
        asWritten.networks().forEach((name, network) -> {
            var gateway = routing.gateways().get(name);
            var with = wiring.switches().get(name);
            if (gateway != null && with != null && network instanceof Network.Switched switched) {
                var segment = switched.segment();
                sides.add(new GatewaySide(
                        gateway,
                        routing.plan().gateways(name),
                        mac -> routing.gatewayMac(name, new MacAddress(mac), with),
                        segment.gatewayMac() != null,
                        segment.neighbors().isEmpty(),
                        List.of()));
            }
        });
        uplink = uplink(routing, asWritten);
        if (uplink != null) {
            sides.add(uplink);
        }
        for (var endpoint : asWritten.endpoints()) {
            for (var address : routing.plan().addresses(endpoint)) {
                ports.put(address, endpoint.name());
                var mac = endpoint.connection().mac();
                meet(address, mac == null ? StandIns.mac(address) : mac.value());
            }
        }
    }

    private @Nullable GatewaySide uplink(Routing routing, Topology asWritten) {
        var host = asWritten.uplink();
        var gateway = routing.gateways().get(Topology.UPLINK);
        if (gateway == null || host == null || host.address() == null) {
            return null;
        }
        var side = new GatewaySide(
                gateway,
                host.addresses(),
                routing::uplinkMac,
                host.mac() != null,
                host.neighbors().isEmpty(),
                host.gateways());
        if (!side.hasMac()) {
            routing.uplinkMac(StandIns.mac(host.address().address()));
        }
        return side;
    }

    /** Looks at a frame, and learns from it. */
    void look(UnsafeBuffer bytes, int offset, int length) {
        from = null;
        to = null;
        isArp = false;
        isWhole = length >= EthernetHeader.LENGTH;
        if (!isWhole) {
            return;
        }
        ethernet.wrap(bytes, offset);
        if (outer.look(bytes, offset, length).isIp()) {
            from = IpAddress.of(outer.sourceHigh(), outer.sourceLow());
            to = IpAddress.of(outer.destinationHigh(), outer.destinationLow());
        } else {
            lookArp(bytes, offset, length);
        }
        if (from != null && to != null && Sockets.isStation(ethernet.source())) {
            findGateways(from, to);
            findNeighbors(from, to);
        }
    }

    private void lookArp(UnsafeBuffer bytes, int offset, int length) {
        int at = VlanTag.skip(bytes, offset, length);
        int type = bytes.getShort(offset + at - Short.BYTES, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        if (type == EtherType.ARP
                && length >= at + ArpHeader.LENGTH
                && arp.wrap(bytes, offset + at).isEthernetIpv4()) {
            isArp = true;
            from = IpAddress.v4(arp.senderIpv4());
            to = IpAddress.v4(arp.targetIpv4());
        }
    }

    private void findGateways(IpAddress from, IpAddress to) {
        boolean single = !EthernetHeader.isGroup(ethernet.destination());
        for (int i = 0; i < sides.size(); i++) {
            var side = sides.get(i);
            if (side.hasMac()) {
                continue;
            }
            boolean inside = !isArp && side != uplink;
            boolean comes = side.isOnLink(from);
            boolean goes = side.isOnLink(to);
            if (side.owns(from) || (inside && goes && !comes && isRoutable(from))) {
                side.isAt(ethernet.source());
            } else if (single && (side.owns(to) || (inside && comes && !goes && isRoutable(to)))) {
                side.isAt(ethernet.destination());
            }
        }
    }

    private void findNeighbors(IpAddress from, IpAddress to) {
        if (isRoutable(to) && met.size() < MOST_NEIGHBORS && !met.contains(to)) {
            meet(to, StandIns.mac(to));
        }
        if (isOwn() || !isRoutable(from)) {
            return;
        }
        long mac = ethernet.source();
        if (uplink != null && isOutside(false)) {
            outsiders.add(mac);
            if (!uplink.isOnLink(from)) {
                uplink.isBeyond(from, mac);
            }
        }
        if (heard.size() < MOST_NEIGHBORS && heard.add(from)) {
            meet(from, mac);
        }
    }

    /** Somebody has that Ethernet address, on whatever link the address is. */
    private void meet(IpAddress address, long mac) {
        met.add(address);
        for (int i = 0; i < sides.size(); i++) {
            var side = sides.get(i);
            if (side.isOnLink(address) && !side.owns(address)) {
                side.knows(address, mac);
            }
        }
    }

    /** Whether the frame is one that a gateway has sent: it is what a replay is to find out. */
    boolean isOwn() {
        for (int i = 0; i < sides.size() && isWhole; i++) {
            if (sides.get(i).mac() == ethernet.source()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether the frame was on its way at the uplink.
     *
     * @param isStation whether its source is known to be inside
     */
    boolean isOutside(boolean isStation) {
        if (uplink == null || !isWhole) {
            return false;
        }
        return ethernet.destination() == uplink.mac()
                || outsiders.contains(ethernet.source())
                || (!isStation && from != null && isRoutable(from) && !isInside(from));
    }

    /** The port at which the frame's source is by its address; null: the topology does not say. */
    @Nullable
    String port() {
        return from == null ? null : ports.get(from);
    }

    private boolean isInside(IpAddress address) {
        if (ports.containsKey(address)) {
            return true;
        }
        for (int i = 0; i < sides.size(); i++) {
            if (sides.get(i) != uplink && sides.get(i).isOnLink(address)) {
                return true;
            }
        }
        return false;
    }

    /** Whether there can be one host of that address, on any link. */
    private static boolean isRoutable(IpAddress address) {
        return address.isHost() && !address.isLinkLocal();
    }
}
