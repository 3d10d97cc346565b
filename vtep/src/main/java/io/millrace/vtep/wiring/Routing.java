package io.millrace.vtep.wiring;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.dataplane.nat.Gateway;
import io.millrace.dataplane.nat.GatewayMode;
import io.millrace.dataplane.nat.Nat;
import io.millrace.dataplane.nat.Timeouts;
import io.millrace.dataplane.nat.TranslationSettings;
import io.millrace.vtep.network.AddressPlan;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.network.GatewayPolicy;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.NatSettings;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Topology;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where networks meet one another and the outside, wired; see {@link Gateway} for the picture.
 *
 * @param nat what all gateways share
 * @param gateways by network; the uplink's is under {@link Topology#UPLINK}
 * @param uplink the uplink port in its socket; null: there is no way out of this host
 * @param plan who has which address
 * @param publishing which ports of the host lead to whom
 */
public record Routing(
        Nat nat, Map<String, Gateway> gateways, @Nullable Plug uplink, AddressPlan plan, Publishing publishing) {
    /** In bytes, of a network that says nothing: Docker's. */
    private static final int MTU = 1500;

    private static final int IPV4_BITS_BEFORE = 96;

    /** RFC 7042 section 2.1: locally administered; Docker's first two bytes, then the IPv4 address. */
    private static final long MADE_MAC = 0x0242_0000_0000L;

    static @Nullable Routing wire(
            Topology topology,
            Graph graph,
            Map<String, Switch> switches,
            Function<Endpoint, Port> open,
            TableMemory memory) {
        var plan = topology.addresses();
        var uplink = topology.uplinkEndpoint();
        if (uplink == null
                && switches.keySet().stream()
                        .allMatch(name -> plan.gateways(name).isEmpty())) {
            return null;
        }
        var nat = new Nat(graph, settings(topology.nat(), memory), memory.kept());
        var wired = new Wire(graph, nat, new LinkedHashMap<>());
        switches.forEach((name, with) -> {
            if (!plan.gateways(name).isEmpty() && topology.networks().get(name) instanceof Network.Switched network) {
                wired.network(name, network.segment(), plan.gateways(name), with);
            }
        });
        var plug = uplink == null ? null : wired.uplink(open.apply(uplink), Objects.requireNonNull(topology.uplink()));
        var publishing = new Publishing(topology, nat, plan);
        var routing = new Routing(nat, wired.gateways, plug, plan, publishing);
        new VirtualAddresses(topology, routing).publish();
        return routing;
    }

    private static TranslationSettings settings(NatSettings said, TableMemory memory) {
        return new TranslationSettings(
                said.maxSessions(),
                TranslationSettings.Filtering.valueOf(said.filtering().name()),
                said.hairpin() == NatSettings.Hairpin.GATEWAY,
                said.loose(),
                said.ports().first(),
                said.ports().last(),
                said.parity(),
                said.portLimit() == null ? 0 : said.portLimit(),
                said.sessionLimit() == null ? 0 : said.sessionLimit(),
                said.timeouts() == NatSettings.Timeouts.LINUX ? Timeouts.LINUX : Timeouts.RFC,
                memory.random(),
                memory.memory());
    }

    /** The uplink's port has this Ethernet address from now on, unless the file gives it another. */
    public void uplinkMac(long mac) {
        var gateway = gateways.get(Topology.UPLINK);
        if (gateway != null) {
            gateway.mac(mac);
        }
    }

    /** A network's gateway has this Ethernet address from now on. */
    public void gatewayMac(String network, MacAddress mac, Switch with) {
        with.station(mac, "gateway." + network);
        Objects.requireNonNull(gateways.get(network)).mac(mac.value());
    }

    /** What is wired so far. */
    private record Wire(Graph graph, Nat nat, Map<String, Gateway> gateways) {
        void network(String name, Segment segment, List<HostAddress> addresses, Switch with) {
            int mtu = segment.mtu() == null ? MTU : segment.mtu();
            var into = with.in();
            // The number is known only once the port is plugged in, and the gateway is what it leads to.
            int number = with.ports().size();
            var policy = segment.gateway();
            var settings = new Gateway.Settings(
                    name,
                    false,
                    mapped(addresses),
                    mode(policy.ipv4()),
                    mode(policy.ipv6()),
                    policy.masquerade(),
                    segment.internal(),
                    policy.icc(),
                    mapped(policy.hiddenBehind(false)),
                    mapped(policy.hiddenBehind(true)));
            var gateway = add(name, settings, into, number, () -> mtu, segment.neighbors(), List.of());
            int plugged = with.plugGateway("gateway." + name, graph.linkTo(gateway));
            assert plugged == number;
            var mac = segment.gatewayMac() == null
                    ? new MacAddress(MADE_MAC | (addresses.getFirst().address().low() & 0xFFFF_FFFFL))
                    : segment.gatewayMac();
            with.station(mac, "gateway." + name);
            gateway.mac(mac.value());
        }

        Plug uplink(Port port, HostInterface host) {
            var egress = new Egress(graph, port, host.mtu() == null ? Port.NO_MTU : host.mtu());
            var addresses = mapped(host.addresses());
            var settings = new Gateway.Settings(
                    Topology.UPLINK, true, addresses, GatewayMode.NAT, GatewayMode.NAT, false, false, true, null, null);
            var out = graph.linkTo(egress);
            var gateway = add(Topology.UPLINK, settings, out, 0, egress::mtu, host.neighbors(), host.gateways());
            if (host.mac() != null) {
                gateway.mac(host.mac().value());
            }
            return new Plug(port, "", graph.linkTo(gateway), 0);
        }

        private Gateway add(
                String name,
                Gateway.Settings settings,
                Link out,
                int number,
                IntSupplier mtu,
                Map<IpAddress, MacAddress> neighbors,
                List<IpAddress> routers) {
            var gateway = new Gateway("gateway." + name, graph, settings, nat, out, number, mtu);
            var known = new HashMap<Ipv6Address, Long>();
            neighbors.forEach((ip, mac) -> known.put(ip.mapped(), mac.value()));
            for (var own : settings.addresses()) {
                boolean v6 = !own.address().isIpv4();
                var way = routers.stream()
                        .filter(router -> router.v6() == v6)
                        .findFirst()
                        .map(IpAddress::mapped)
                        .orElse(null);
                var ip = new IpNode(
                        (v6 ? "ip6." : "ip.") + name,
                        graph,
                        out,
                        number,
                        new IpNode.Settings(own.address(), own.prefix(), way, known));
                gateway.host(ip, graph.linkTo(ip), v6);
            }
            nat.add(gateway);
            neighbors.keySet().forEach(ip -> nat.route(ip.mapped(), 2 * Long.SIZE, gateway, null));
            for (var router : routers) {
                var all = router.v6() ? new Ipv6Address(0, 0) : new Ipv6Address(0, Ipv6Address.mapped(0));
                nat.route(all, router.v6() ? 0 : IPV4_BITS_BEFORE, gateway, router.mapped());
            }
            gateways.put(name, gateway);
            return gateway;
        }
    }

    private static List<Gateway.Address> mapped(List<HostAddress> addresses) {
        return addresses.stream()
                .map(own -> new Gateway.Address(
                        own.address().mapped(), own.prefix() + (own.address().v6() ? 0 : IPV4_BITS_BEFORE)))
                .toList();
    }

    private static @Nullable Ipv6Address mapped(@Nullable IpAddress address) {
        return address == null ? null : address.mapped();
    }

    private static GatewayMode mode(GatewayPolicy.Mode mode) {
        return GatewayMode.valueOf(mode.name());
    }
}
