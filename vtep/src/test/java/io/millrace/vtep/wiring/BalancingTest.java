package io.millrace.vtep.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.vtep.network.Balancing;
import io.millrace.vtep.network.Balancing.Method;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.GatewayPolicy;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpamConfig;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.NatSettings;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Subnet;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.BalancedLab.Host;
import io.millrace.vtep.wiring.Datagrams.Datagram;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Replicas of a service behind its published port and its virtual address, through the real gateways: the replicas are
 * {@code web.1} (10.1.0.2) and so on, after them stands {@code cli}, and then comes the virtual address; {@code far} stands on
 * another network, and the client outside is 192.0.2.9.
 */
class BalancingTest {
    private static final String OUTSIDE = "192.0.2.1";
    private static final String GATEWAY = "10.1.0.1";
    private static final Balancing PLAIN = Balancing.DEFAULT;

    private static BalancedLab lab(int replicas, boolean internal, Balancing balancing) {
        return lab(replicas, internal, balancing, 4_096);
    }

    private static BalancedLab lab(int replicas, boolean internal, Balancing balancing, int sessions) {
        var networks = new LinkedHashMap<String, Network>();
        networks.put("web", new Network.Bridge("web", segment("10.1.0.0/16", internal)));
        networks.put("other", new Network.Bridge("other", segment("10.2.0.0/16", false)));
        var web = new Service(
                "web",
                replicas,
                Service.EndpointMode.VIP,
                Map.of("web", Connection.PLAIN),
                List.of(PublishedPort.parse("8080:80/udp")),
                Service.Dns.HOST,
                List.of(),
                false,
                balancing);
        var services =
                List.of(web, Service.of("cli", "web", Connection.PLAIN), Service.of("far", "other", Connection.PLAIN));
        var uplink = new HostInterface(
                "eth1", HostAddress.parse("192.0.2.1/24"), null, MacAddress.parse("02:00:c0:00:02:01"), null, Map.of());
        var nat = NatSettings.with().maxSessions(sessions).build();
        var lab = new BalancedLab(
                Topology.of(networks, services).withUplink(uplink).with(nat), "192.0.2.9");
        for (int i = 1; i <= replicas; i++) {
            lab.host("web." + i).echoes = true;
        }
        return lab;
    }

    private static Segment segment(String subnet, boolean internal) {
        var pool = new IpamConfig(Subnet.parse(subnet), null, null, Map.of());
        return new Segment(
                Segment.AGEING,
                Segment.MAC_LIMIT,
                Map.of(),
                List.of(pool),
                internal,
                null,
                null,
                Map.of(),
                GatewayPolicy.DEFAULT);
    }

    /** The replica that the client's next datagram comes to; 0: none. */
    private static int replica(BalancedLab lab, Host client, int fromPort, int replicas) {
        client.send(OUTSIDE, fromPort, OUTSIDE, 8080, "q" + fromPort);
        lab.run();
        return whoGot(lab, replicas);
    }

    private static int whoGot(BalancedLab lab, int replicas) {
        int who = 0;
        for (int i = 1; i <= replicas; i++) {
            var got = lab.host("web." + i).got;
            if (!got.isEmpty()) {
                assertThat(who).as("only one replica gets it").isZero();
                who = i;
                got.clear();
            }
        }
        return who;
    }

    @Test
    void aPublishedPortLeadsToEachReplicaInTurnAndAnswersComeFromThePort() {
        try (var lab = lab(3, false, PLAIN)) {
            var client = lab.host("uplink");
            var order = new ArrayList<Integer>();
            for (int port = 5000; port < 5006; port++) {
                order.add(replica(lab, client, port, 3));
                var answer = client.got.removeFirst();
                assertThat(answer.from()).isEqualTo(OUTSIDE);
                assertThat(answer.fromPort()).isEqualTo(8080);
                assertThat(answer.text()).isEqualTo("re:q" + port);
            }
            assertThat(order).containsExactly(1, 2, 3, 1, 2, 3);
        }
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void lb1AFlowStaysAtItsReplicaWhileOthersComeGoAndDrainAndItselfDrains(Method method) {
        try (var lab = lab(4, false, new Balancing(method, List.of(1), Set.of(4)))) {
            var client = lab.host("uplink");
            int at = replica(lab, client, 5000, 4);
            assertThat(at).isBetween(1, 3);
            lab.balancer.drain("web", 4, false);
            tables(lab);
            assertThat(replica(lab, client, 5000, 4)).as("one has come").isEqualTo(at);
            lab.balancer.remove("web", at == 1 ? 2 : 1, true);
            tables(lab);
            assertThat(replica(lab, client, 5000, 4)).as("another has gone").isEqualTo(at);
            lab.balancer.drain("web", at, true);
            tables(lab);
            assertThat(replica(lab, client, 5000, 4)).as("it drains").isEqualTo(at);
            for (int port = 6000; port < 6020; port++) {
                assertThat(replica(lab, client, port, 4)).isNotEqualTo(at);
            }
        }
    }

    @Test
    void lb2RemovingOneOfTenMovesItsFlowsOnly() {
        try (var lab = lab(10, false, new Balancing(Method.MAGLEV, List.of(1), Set.of()))) {
            var client = lab.host("uplink");
            var before = new HashMap<Integer, Integer>();
            for (int port = 10_000; port < 12_000; port++) {
                before.put(port, replica(lab, client, port, 10));
            }
            assertThat(lab.balancer.remove("web", 4, true)).isTrue();
            tables(lab);
            before.forEach((port, was) -> {
                int now = replica(lab, client, port, 10);
                if (was == 4) {
                    assertThat(now).isNotIn(0, 4);
                } else {
                    assertThat(now).isEqualTo(was);
                }
            });
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Method.class,
            names = {"WEIGHTED", "MAGLEV"})
    void lb3NewFlowsAreWithinFivePercentOfTheWeightsOver100_000Flows(Method method) {
        try (var lab = lab(3, false, new Balancing(method, List.of(1, 2, 5), Set.of()), 131_072)) {
            var client = lab.host("uplink");
            replica(lab, client, 5000, 3);
            for (int i = 1; i <= 3; i++) {
                lab.host("web." + i).echoes = false;
            }
            int[] flows = new int[3];
            for (int i = 0; i < 100_000; i++) {
                client.sendAs("192.0.2." + (10 + i / 50_000), 2_000 + i % 50_000, OUTSIDE, 8080, "");
                if (i % 200 == 199) {
                    lab.run();
                    for (int replica = 0; replica < 3; replica++) {
                        var got = lab.host("web." + (replica + 1)).got;
                        flows[replica] += got.size();
                        got.clear();
                    }
                }
            }
            assertThat(flows[0]).isBetween(11_875, 13_125);
            assertThat(flows[1]).isBetween(23_750, 26_250);
            assertThat(flows[2]).isBetween(59_375, 65_625);
        }
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void lb4ARemovedReplicaGetsNoNewFlowNotEvenBeforeATableIsMadeAnew(Method method) {
        try (var lab = lab(3, false, new Balancing(method, List.of(1), Set.of()))) {
            var client = lab.host("uplink");
            assertThat(lab.balancer.remove("web", 2, false)).isTrue();
            assertThat(lab.balancer.remove("web", 2, false))
                    .as("it is gone already")
                    .isFalse();
            for (int port = 5000; port < 5200; port++) {
                assertThat(replica(lab, client, port, 3)).isIn(1, 3);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lb5AllFragmentsOfADatagramComeToOneReplicaWhicheverComesFirst(boolean backwards) {
        try (var lab = lab(3, false, PLAIN)) {
            var client = lab.host("uplink");
            assertThat(replica(lab, client, 4999, 3)).isEqualTo(1);
            for (int i = 0; i < 12; i++) {
                byte[] whole = Datagrams.udp(
                        client.router + client.mac,
                        "192.0.2.9",
                        5000 + i,
                        OUTSIDE,
                        8080,
                        "sixteen bytes of something else");
                byte[][] both = Datagrams.inTwo(whole, 100 + i, 24);
                client.put(both[backwards ? 1 : 0]);
                client.put(both[backwards ? 0 : 1]);
                lab.run();
            }
            int all = 0;
            for (int i = 1; i <= 3; i++) {
                var pieces = new TreeMap<Integer, Integer>();
                lab.host("web." + i).fragments.forEach(f -> pieces.merge(Datagrams.identification(f), 1, Integer::sum));
                assertThat(pieces.values())
                        .as("pieces of each datagram at replica %d", i)
                        .hasSize(4)
                        .containsOnly(2);
                all += pieces.size();
            }
            assertThat(all).isEqualTo(12);
        }
    }

    @Test
    void aConnectionOfARemovedReplicaGoesOnUnlessItIsToEnd() {
        try (var lab = lab(2, false, PLAIN)) {
            var client = lab.host("uplink");
            assertThat(replica(lab, client, 5000, 2)).isEqualTo(1);
            lab.balancer.remove("web", 1, false);
            assertThat(replica(lab, client, 5000, 2)).isEqualTo(1);
            assertThat(replica(lab, client, 5001, 2)).isEqualTo(2);
        }
    }

    @Test
    void whenNoReplicaTakesConnectionsTheyAreDroppedByName() {
        try (var lab = lab(2, false, new Balancing(Method.RR, List.of(1), Set.of(1, 2)))) {
            assertThat(replica(lab, lab.host("uplink"), 5000, 2)).isZero();
            assertThat(lab.drops("gateway.uplink", Drop.NO_BACKEND)).isOne();
            lab.balancer.drain("web", 2, false);
            assertThat(replica(lab, lab.host("uplink"), 5001, 2)).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aVirtualAddressIsFoundByArpAndLeadsToTheReplicasFromAllItsPorts(boolean internal) {
        try (var lab = lab(3, internal, PLAIN)) {
            var vip = vip(lab);
            assertThat(vip).as("behind three replicas and a client").isEqualTo("10.1.0.6");
            var client = lab.host("cli");
            for (int i = 0; i < 6; i++) {
                client.send(vip, 5000 + i, vip, 53 + i, "q" + i);
                lab.run();
                var at = lab.host("web." + (i % 3 + 1)).got;
                assertThat(at).hasSize(1);
                Datagram came = at.removeFirst();
                assertThat(came.from())
                        .as("its answer has to come back by the gateway")
                        .isEqualTo(GATEWAY);
                assertThat(came.toPort()).isEqualTo(53 + i);
                Datagram answer = client.got.removeFirst();
                assertThat(answer.from()).isEqualTo(vip);
                assertThat(answer.fromPort()).isEqualTo(53 + i);
                assertThat(answer.toPort()).isEqualTo(5000 + i);
                assertThat(answer.text()).isEqualTo("re:q" + i);
            }
        }
    }

    @Test
    void aReplicaReachesItselfByTheVirtualAddress() {
        try (var lab = lab(2, false, new Balancing(Method.RR, List.of(1), Set.of(2)))) {
            var vip = vip(lab);
            var self = lab.host("web.1");
            self.send(vip, 5000, vip, 53, "q");
            lab.run();
            assertThat(self.got).extracting(Datagram::text).contains("q", "re:q");
            assertThat(self.got.getLast().from()).isEqualTo(vip);
        }
    }

    @Test
    void fromAnotherNetworkAndFromOutsideNobodyGetsToAVirtualAddress() {
        try (var lab = lab(2, false, PLAIN)) {
            var vip = vip(lab);
            lab.host("far").send("10.2.0.1", 5000, vip, 53, "q");
            lab.run();
            assertThat(lab.drops("gateway.other", Drop.ISOLATED)).isOne();
            lab.host("uplink").send(OUTSIDE, 5000, vip, 53, "q");
            lab.run();
            assertThat(lab.drops("gateway.uplink", Drop.NOT_PUBLISHED)).isOne();
            assertThat(whoGot(lab, 2)).isZero();
        }
    }

    @Test
    void whoIsHiddenOnTheWayToAVirtualAddressIsReachedByNobodyElse() {
        try (var lab = lab(2, false, PLAIN)) {
            var vip = vip(lab);
            var client = lab.host("cli");
            client.send(vip, 5000, vip, 53, "q");
            lab.run();
            client.got.clear();
            lab.host("far").send("10.2.0.1", 53, GATEWAY, 5000, "let me in");
            lab.run();
            assertThat(client.got).isEmpty();
            assertThat(lab.drops("gateway.other", Drop.NOT_PUBLISHED)).isOne();
        }
    }

    private static String vip(BalancedLab lab) {
        var addresses = lab.routing.plan().virtual("web").get("web");
        assertThat(addresses).hasSize(1);
        return addresses.getFirst().toString();
    }

    /** As the program does it: made elsewhere, installed between two turns. */
    private static void tables(BalancedLab lab) {
        lab.balancer.tables("web").forEach(table -> table.get().run());
    }
}
