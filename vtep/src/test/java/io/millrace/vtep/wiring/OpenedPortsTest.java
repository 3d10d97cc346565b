package io.millrace.vtep.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.GatewayPolicy;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpamConfig;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Subnet;
import io.millrace.vtep.network.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Ports of a network that is routed: open as long as some rule says so, also one that says what another does. */
class OpenedPortsTest {
    private static BalancedLab lab(String... ports) {
        var subnet = Subnet.parse("10.1.0.0/16");
        var policy = new GatewayPolicy(true, true, null, GatewayPolicy.Mode.ROUTED, GatewayPolicy.Mode.NAT, null, null);
        var pool = new IpamConfig(subnet, null, null, Map.of());
        var segment = new Segment(
                Segment.AGEING, Segment.MAC_LIMIT, Map.of(), List.of(pool), false, null, null, Map.of(), policy);
        var network = new Network.Bridge("web", segment);
        var web = new Service(
                "web",
                null,
                Service.EndpointMode.VIP,
                Map.of("web", Connection.PLAIN),
                Stream.of(ports).map(PublishedPort::parse).toList(),
                Service.Dns.HOST);
        var uplink = new HostInterface(
                "eth1", HostAddress.parse("192.0.2.1/24"), null, MacAddress.parse("02:00:c0:00:02:01"), null, Map.of());
        return new BalancedLab(Topology.of(Map.of("web", network), List.of(web)).withUplink(uplink), "192.0.2.9");
    }

    /** Those that a client outside gets to. */
    private static List<Integer> open(BalancedLab lab) {
        var client = lab.host(Topology.UPLINK);
        var host = lab.host("web");
        host.got.clear();
        for (int port = 78; port < 94; port++) {
            client.send("192.0.2.1", 5000, "10.1.0.2", port, "?");
        }
        lab.run();
        var open = new ArrayList<Integer>();
        host.got.forEach(datagram -> open.add(datagram.toPort()));
        return open;
    }

    @Test
    void aPortThatTwoRulesOpenIsClosedWhenItIsTakenBack() {
        try (var lab = lab("8080:80/udp", "8081:80/udp")) {
            assertThat(open(lab)).containsExactly(80);
        }
        try (var lab = lab("8080:80/udp", "8081:80/udp")) {
            lab.routing.publishing().unpublish("web", new PortRange(80, 80), PublishedPort.Protocol.UDP);
            assertThat(open(lab)).isEmpty();
        }
    }

    @Test
    void rangesThatOverlapAreOpenFromEndToEnd() {
        try (var lab = lab("9000-9003:82-85/udp", "9100-9103:84-87/udp")) {
            assertThat(open(lab)).containsExactly(82, 83, 84, 85, 86, 87);
        }
    }

    @Test
    void whatTwoRangesShareStaysOpenWhileOneOfThemIsThere() {
        try (var lab = lab("9000-9003:82-85/udp", "9100-9103:84-87/udp")) {
            var publishing = lab.routing.publishing();
            publishing.reset(publishing.all().subList(1, 2));
            assertThat(open(lab)).containsExactly(84, 85, 86, 87);
        }
    }
}
