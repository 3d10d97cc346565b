package io.millrace.tools.replay;

import io.millrace.codec.Ipv6Address;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Topology;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Ethernet addresses for hosts that a replay cannot ask: made of the IP address, so that the same capture always gives
 * the same bytes. 10.9.0.2 is {@code 02:00:0a:09:00:02}; a group is where RFC 1112 section 6.4 and RFC 2464 section 7 put it.
 */
final class StandIns {
    private static final long LOCAL = 0x0200_0000_0000L;
    private static final long IPV4_GROUP = 0x0100_5E00_0000L;
    private static final long IPV4_GROUP_BITS = 0x7F_FFFFL;
    private static final long IPV6_GROUP = 0x3333_0000_0000L;
    private static final long LAST_FOUR = 0xFFFF_FFFFL;

    private StandIns() {}

    static long mac(IpAddress address) {
        if (!address.isMulticast()) {
            return LOCAL | (address.low() & LAST_FOUR);
        }
        return address.v6() ? IPV6_GROUP | (address.low() & LAST_FOUR) : IPV4_GROUP | (address.low() & IPV4_GROUP_BITS);
    }

    /** An IPv4 address in its mapped form. */
    static long mac(Ipv6Address address) {
        return LOCAL | (address.low() & LAST_FOUR);
    }

    /** A topology in which nobody is asked: whoever has no neighbours by the file has one that is made up. */
    static Topology in(Topology topology) {
        var uplink = topology.uplink();
        var quiet = uplink == null
                        || uplink.address() == null
                        || !uplink.neighbors().isEmpty()
                ? topology
                : topology.withUplink(uplink.withNeighbors(of(uplink.address())));
        var networks = new LinkedHashMap<String, Network>();
        var plan = topology.addresses();
        topology.networks().forEach((name, network) -> networks.put(name, quiet(network, plan.gateways(name))));
        return withUnderlay(quiet.withNetworks(networks));
    }

    private static Network quiet(Network network, List<HostAddress> gateways) {
        if (gateways.isEmpty()
                || !(network instanceof Network.Switched switched)
                || !switched.segment().neighbors().isEmpty()) {
            return network;
        }
        var segment = switched.segment().withNeighbors(of(gateways.getFirst()));
        return switch (switched) {
            case Network.Bridge bridge -> new Network.Bridge(bridge.name(), segment);
            case Network.Overlay overlay -> new Network.Overlay(overlay.name(), segment, overlay.vni(), overlay.vtep());
            case Network.Macvlan macvlan -> macvlan;
        };
    }

    /** The host itself, so that there is a neighbour, and nobody is asked. */
    private static Map<IpAddress, MacAddress> of(HostAddress own) {
        return Map.of(own.address(), new MacAddress(mac(own.address())));
    }

    /** A topology whose underlay knows all next hops that are named in it, if it names none itself: nobody is asked. */
    private static Topology withUnderlay(Topology topology) {
        var underlay = topology.underlay();
        if (underlay == null
                || underlay.address() == null
                || !underlay.neighbors().isEmpty()) {
            return topology;
        }
        var raw = underlay.isSocket()
                ? new HostInterface(Topology.UNDERLAY, underlay.address(), null, null, underlay.mtu(), Map.of())
                : underlay;
        return topology.withUnderlay(raw.withNeighbors(neighbors(topology, raw)));
    }

    private static Map<IpAddress, MacAddress> neighbors(Topology topology, HostInterface underlay) {
        var all = new LinkedHashMap<IpAddress, MacAddress>();
        if (underlay.address() != null) {
            add(all, underlay.address().address()); // so that there is one, and nobody is asked
        }
        if (underlay.gateway() != null) {
            add(all, underlay.gateway());
        }
        for (var network : topology.networks().values()) {
            if (network instanceof Network.Overlay overlay) {
                var vtep = overlay.vtep();
                vtep.peers().forEach(peer -> add(all, peer));
                vtep.endpoints().forEach(endpoint -> add(all, endpoint.vtep()));
                if (vtep.group() != null) {
                    add(all, vtep.group());
                }
            }
        }
        return all;
    }

    private static void add(Map<IpAddress, MacAddress> all, IpAddress address) {
        all.put(address, new MacAddress(mac(address)));
    }
}
