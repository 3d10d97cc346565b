package io.millrace.vtep.wiring;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.dataplane.port.UdpPort;
import io.millrace.vtep.control.Membership;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.vxlan.Decapsulation;
import io.millrace.vtep.vxlan.Encapsulation;
import io.millrace.vtep.vxlan.Tunnels;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where overlays meet the other hosts, wired:
 *
 * <pre>
 *  bridge.lan ──► tunnel.lan ──────────────► port.underlay
 *      ▲                                       │
 *      └────────── vxlan ◄─────────────────────┘
 *                    └──► ip.underlay ──► port.underlay      ARP, neighbour discovery, ping
 * </pre>
 *
 * @param tunnels the endpoint of all overlays
 * @param members is told who takes part; between two turns
 * @param plug the underlay port in its socket
 * @param out leads to where packets leave
 */
public record Underlay(Tunnels tunnels, Membership members, Plug plug, Link out, Graph graph) {
    private static final int IPV4_BITS_BEFORE = 96;

    static @Nullable Underlay wire(Topology topology, Graph graph, Function<Endpoint, Port> open) {
        var host = topology.underlay();
        var endpoint = topology.underlayEndpoint();
        if (host == null || host.address() == null || endpoint == null) {
            return null;
        }
        var port = open.apply(endpoint);
        var out = graph.linkTo(new Egress(graph, port, host.mtu() == null ? Port.NO_MTU : host.mtu()));
        var settings = settings(host);
        var ip = new IpNode("ip." + port.name(), graph, out, settings);
        var tunnels = new Tunnels(ip, settings.address(), Segment.AGEING, graph);
        var mac = host.mac();
        if (mac != null) {
            tunnels.mac(mac.value());
        }
        var in = graph.linkTo(new Decapsulation("vxlan", graph, tunnels, graph.linkTo(ip)));
        var members = new Membership(host.address().address());
        return new Underlay(tunnels, members, new Plug(port, "", in, 0), out, graph);
    }

    /** The sockets of an underlay that {@linkplain HostInterface#isSocket is an address of the kernel's}. */
    public static UdpPort.Settings sockets(Topology topology) {
        var udpPorts = new LinkedHashSet<Integer>();
        boolean unchecked = false;
        var sources = Network.Vtep.SOURCE_PORTS;
        for (var network : topology.networks().values()) {
            if (network instanceof Network.Overlay overlay) {
                sources = udpPorts.isEmpty() ? overlay.vtep().sourcePorts() : sources;
                udpPorts.add(overlay.vtep().port());
                unchecked |= overlay.vtep().checksum() == Network.Vtep.Checksum.ZERO;
            }
        }
        var host = Objects.requireNonNull(topology.underlay());
        int mtu = host.mtu() == null ? 0 : host.mtu();
        return new UdpPort.Settings(
                address(host).address().mapped(),
                List.copyOf(udpPorts),
                sources.first(),
                sources.last(),
                mtu,
                unchecked);
    }

    private static HostAddress address(HostInterface host) {
        var address = host.address();
        if (address == null) {
            throw new IllegalArgumentException("the underlay needs an address");
        }
        return address;
    }

    private static IpNode.Settings settings(HostInterface host) {
        var address = address(host);
        if (host.isSocket()) { // everybody else is behind the kernel, which is at this address itself
            var self = address.address().mapped();
            return new IpNode.Settings(self, 2 * Long.SIZE, self, Map.of(self, UdpPort.NEXT_HOP));
        }
        var neighbors = new HashMap<Ipv6Address, Long>();
        host.neighbors().forEach((ip, mac) -> neighbors.put(ip.mapped(), mac.value()));
        var gateway = host.gateway();
        int prefix = address.prefix() + (address.address().v6() ? 0 : IPV4_BITS_BEFORE);
        return new IpNode.Settings(
                address.address().mapped(), prefix, gateway == null ? null : gateway.mapped(), neighbors);
    }

    /** Wires one overlay. */
    void add(String name, Network.Overlay overlay, int vni, Switch wired) {
        var tunnel = tunnels.open(name, vni, overlay.vtep());
        var mtu = overlay.segment().mtu();
        var way =
                graph.linkTo(new Encapsulation("tunnel." + name, graph, tunnel, out, mtu == null ? Port.NO_MTU : mtu));
        tunnel.plug(wired.remotePorts(way, overlay.vtep().innerVlan() == Network.Vtep.InnerVlan.KEEP));
        members.add(tunnel);
    }
}
