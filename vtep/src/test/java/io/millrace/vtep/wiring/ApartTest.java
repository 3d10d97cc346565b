package io.millrace.vtep.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.GatewayPolicy;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpamConfig;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Subnet;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.Datagrams.Datagram;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A network without inter-container communication: {@code web} (10.1.0.2) with a published port, {@code cli} (10.1.0.3), and
 * the world behind the uplink, where 192.0.2.9 is.
 */
class ApartTest {
    private static final String OUTSIDE = "192.0.2.1";
    private static final String WORLD = "192.0.2.9";
    private static final String GATEWAY = "10.1.0.1";
    private static final String WEB = "10.1.0.2";

    private BalancedLab lab;

    @BeforeEach
    void wire() {
        var policy = new GatewayPolicy(false, true, null, GatewayPolicy.Mode.NAT, GatewayPolicy.Mode.NAT, null, null);
        var pool = new IpamConfig(Subnet.parse("10.1.0.0/16"), null, null, Map.of());
        var segment = new Segment(
                Segment.AGEING, Segment.MAC_LIMIT, Map.of(), List.of(pool), false, null, null, Map.of(), policy);
        var web = new Service(
                "web",
                null,
                Service.EndpointMode.VIP,
                Map.of("lan", Connection.PLAIN),
                List.of(PublishedPort.parse("8080:80/udp")),
                Service.Dns.HOST);
        var cli = Service.of("cli", "lan", Connection.PLAIN);
        var uplink = new HostInterface(
                "eth1", HostAddress.parse("192.0.2.1/24"), null, MacAddress.parse("02:00:c0:00:02:01"), null, Map.of());
        lab = new BalancedLab(
                Topology.of(Map.of("lan", new Network.Bridge("lan", segment)), List.of(web, cli))
                        .withUplink(uplink),
                WORLD);
        lab.host("web").echoes = true;
        lab.host(Topology.UPLINK).echoes = true;
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void aQuestionForANeighbourIsHeardByTheGatewayAlone() {
        var cli = lab.host("cli");
        cli.put(Datagrams.arp(1, cli.mac, cli.ip, "", WEB));
        lab.run();
        assertThat(cli.router).as("nobody has answered").isEmpty();
        assertThat(lab.drops("ip.lan", Drop.NOT_OURS)).isOne();
    }

    @Test
    void whoKnowsANeighboursMacDoesNotReachItEither() {
        var cli = lab.host("cli");
        var web = lab.host("web");
        web.send(GATEWAY, 5000, WORLD, 53, "so that the switch knows where it is");
        cli.put(Datagrams.udp(web.mac + cli.mac, cli.ip, 5000, WEB, 80, "q"));
        lab.run();
        assertThat(web.got).extracting(Datagram::text).doesNotContain("q");
        assertThat(lab.drops("bridge.lan", Drop.SPLIT_HORIZON)).isOne();
    }

    @Test
    void theGatewayLeadsNobodyToANeighbour() {
        lab.host("cli").send(GATEWAY, 5000, WEB, 80, "q");
        lab.run();
        assertThat(lab.host("web").got).isEmpty();
        assertThat(lab.drops("gateway.lan", Drop.APART)).isOne();
    }

    @Test
    void aNeighboursPublishedPortIsThereAndSoIsTheWorld() {
        var cli = lab.host("cli");
        cli.send(GATEWAY, 5000, OUTSIDE, 8080, "q");
        lab.run();
        assertThat(cli.got).extracting(Datagram::text).containsExactly("re:q");
        cli.send(GATEWAY, 5001, WORLD, 53, "r");
        lab.run();
        assertThat(cli.got).extracting(Datagram::text).containsExactly("re:q", "re:r");
        lab.host(Topology.UPLINK).send(OUTSIDE, 5002, OUTSIDE, 8080, "s");
        lab.run();
        assertThat(lab.host(Topology.UPLINK).got).extracting(Datagram::text).contains("re:s");
    }

    @Test
    void aNeighboursHiddenPortIsClosedToItThoughItIsOpenToWhomTheNeighbourHasWritten() {
        var web = lab.host("web");
        web.send(GATEWAY, 5000, WORLD, 53, "out");
        lab.run();
        Datagram out = lab.host(Topology.UPLINK).got.getLast();
        lab.host("cli").send(GATEWAY, 5001, OUTSIDE, out.fromPort(), "q");
        lab.run();
        assertThat(web.got).extracting(Datagram::text).containsExactly("re:out");
        assertThat(lab.drops("gateway.lan", Drop.APART)).isOne();
    }
}
