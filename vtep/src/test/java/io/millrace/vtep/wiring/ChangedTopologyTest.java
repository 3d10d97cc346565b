package io.millrace.vtep.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.nat.Moment;
import io.millrace.dataplane.nat.Nat;
import io.millrace.dataplane.nat.Recovery.Result;
import io.millrace.vtep.network.Balancing;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.GatewayPolicy;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.IpamConfig;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.NatSettings;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Subnet;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.publish.PortChange;
import io.millrace.vtep.wiring.Datagrams.Datagram;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The topology is another one when sessions are taken up again: what is not allowed any more is forgotten, and nothing else.
 * Four flows: the client's to 8080 and 8081, and one from each of two networks to the client.
 */
class ChangedTopologyTest {
    private static final String CLIENT = "192.0.2.9";
    private static final int MOST = 1_024;
    private static final long AHEAD = 1_000_000_000_000L;
    private static final UUID BOOT = UUID.randomUUID();

    @TempDir
    private Path folder;

    /** What a topology says, to be changed. */
    private static final class Said {
        private String uplink = "192.0.2.1";
        private List<String> ports = List.of("8080:80/udp", "8081:81/udp");
        private List<String> othersPorts = List.of();
        private boolean hasOther = true;
        private boolean internal;
        private boolean masquerade = true;
        private String webAddress = "10.1.0.2";

        Topology topology() {
            var networks = new LinkedHashMap<String, Network>();
            networks.put("web", new Network.Bridge("web", segment("10.1.0.0/24", false)));
            var services = new ArrayList<>(List.of(service("web", "web", webAddress, ports)));
            if (hasOther) {
                networks.put("other", new Network.Bridge("other", segment("10.2.0.0/24", internal)));
                services.add(service("far", "other", "10.2.0.2", othersPorts));
            }
            var host = new HostInterface(
                    "eth1",
                    HostAddress.parse(uplink + "/24"),
                    null,
                    MacAddress.parse("02:00:c0:00:02:01"),
                    null,
                    Map.of());
            return Topology.of(networks, services)
                    .withUplink(host)
                    .with(NatSettings.with().maxSessions(MOST).build());
        }

        private Segment segment(String subnet, boolean internal) {
            var pool = new IpamConfig(Subnet.parse(subnet), null, null, Map.of());
            var policy = new GatewayPolicy(
                    true, masquerade, null, GatewayPolicy.Mode.NAT, GatewayPolicy.Mode.NAT, null, null);
            return new Segment(
                    Segment.AGEING, Segment.MAC_LIMIT, Map.of(), List.of(pool), internal, null, null, Map.of(), policy);
        }

        private static Service service(String name, String network, String address, List<String> ports) {
            var published = ports.stream().map(PublishedPort::parse).toList();
            var there =
                    new Connection(List.of(), IpAddress.parse(address), null, null, 0, null, Connection.PLAIN.port());
            return new Service(
                    name,
                    null,
                    Service.EndpointMode.VIP,
                    Map.of(network, there),
                    published,
                    Service.Dns.HOST,
                    List.of(),
                    false,
                    Balancing.DEFAULT);
        }
    }

    /** A process with the topology as it is said to be, from the beginning of the file to the end. */
    private void run(Consumer<Said> change, BiConsumer<BalancedLab, Result> deed) throws IOException {
        run(change, List.of(), deed);
    }

    private void run(Consumer<Said> change, List<String> live, BiConsumer<BalancedLab, Result> deed)
            throws IOException {
        var said = new Said();
        change.accept(said);
        var now = new Moment(BOOT, AHEAD, 0);
        try (var file = Nat.keep(folder.resolve("state"), MOST, now)) {
            var memory = new TableMemory(
                    file,
                    bytes -> new UnsafeBuffer(
                            ByteBuffer.allocateDirect(bytes + 4096).alignedSlice(4096), 0, bytes));
            try (var lab = new BalancedLab(said.topology(), CLIENT, memory)) {
                live.forEach(line -> lab.routing.publishing().apply(PortChange.parse(line)));
                var result = lab.routing.nat().recover(AHEAD);
                lab.hosts.values().forEach(host -> host.echoes = true);
                deed.accept(lab, result);
            }
        }
    }

    private static Datagram ask(BalancedLab lab, String from, String via, int fromPort, String to, int toPort) {
        var host = lab.host(from);
        host.got.clear();
        host.send(via, fromPort, to, toPort, "q");
        lab.run();
        assertThat(host.got).as("answers from %s:%d", to, toPort).hasSize(1);
        return host.got.removeFirst();
    }

    private void fourFlows() throws IOException {
        run(said -> {}, (lab, none) -> {
            assertThat(none).isEqualTo(new Result(0, 0));
            ask(lab, "uplink", "192.0.2.1", 5_000, "192.0.2.1", 8_080);
            ask(lab, "uplink", "192.0.2.1", 5_001, "192.0.2.1", 8_081);
            ask(lab, "web", "10.1.0.1", 6_000, CLIENT, 7_000);
            ask(lab, "far", "10.2.0.1", 6_000, CLIENT, 7_001);
        });
    }

    private void changed(Consumer<Said> change, int goOn, int forgotten) throws IOException {
        fourFlows();
        run(change, (lab, result) -> assertThat(result).isEqualTo(new Result(goOn, forgotten)));
    }

    @Test
    void unchangedAllGoOnUnderTheSameAddresses() throws IOException {
        fourFlows();
        run(said -> {}, (lab, result) -> {
            assertThat(result).isEqualTo(new Result(4, 0));
            ask(lab, "uplink", "192.0.2.1", 5_000, "192.0.2.1", 8_080);
            ask(lab, "web", "10.1.0.1", 6_000, CLIENT, 7_000);
            assertThat(lab.host("uplink").got.getLast().from()).isEqualTo("192.0.2.1");
        });
    }

    @Test
    void aRuleThatIsGoneTakesItsFlowsAlong() throws IOException {
        fourFlows();
        run(said -> said.ports = List.of("8080:80/udp"), (lab, result) -> {
            assertThat(result).isEqualTo(new Result(3, 1));
            lab.host("uplink").send("192.0.2.1", 5_001, "192.0.2.1", 8_081, "q");
            lab.run();
            assertThat(lab.host("web").got).isEmpty();
        });
    }

    @Test
    void aRuleThatLeadsToAnotherPortTakesItsFlowsAlong() throws IOException {
        changed(said -> said.ports = List.of("8080:80/udp", "8081:82/udp"), 3, 1);
    }

    @Test
    void aPortThatIsAnothersNowDoesNotLeadToWhoHadIt() throws IOException {
        changed(
                said -> {
                    said.ports = List.of("8080:80/udp");
                    said.othersPorts = List.of("8081:81/udp");
                },
                3,
                1);
    }

    @Test
    void flowsOfAServiceThatHasAnotherAddressAreForgotten() throws IOException {
        changed(said -> said.webAddress = "10.1.0.7", 2, 2);
    }

    @Test
    void flowsOfANetworkThatIsGoneAreForgotten() throws IOException {
        changed(said -> said.hasOther = false, 3, 1);
    }

    @Test
    void flowsOutOfANetworkThatIsInternalNowAreForgotten() throws IOException {
        changed(said -> said.internal = true, 3, 1);
    }

    @Test
    void whoIsHiddenStaysSoAlthoughNobodyElseIsAnyMore() throws IOException {
        changed(said -> said.masquerade = false, 4, 0);
    }

    @Test
    void withAnotherAddressOutsideNothingCanGoOn() throws IOException {
        changed(said -> said.uplink = "192.0.2.3", 0, 4);
    }

    @Test
    void aPortThatWasPublishedWhileItRanIsThereBeforeItsFlowsAreTakenUp() throws IOException {
        var live = List.of("unpublish 0.0.0.0:8081:81/udp web", "publish 0.0.0.0:9000-9004:80-84/udp web");
        run(said -> {}, live, (lab, none) -> ask(lab, "uplink", "192.0.2.1", 5_000, "192.0.2.1", 9_000));
        run(said -> {}, live, (lab, result) -> assertThat(result).isEqualTo(new Result(1, 0)));
        run(said -> {}, (lab, result) -> assertThat(result).isEqualTo(new Result(0, 1)));
    }

    @Test
    void whatIsChangedWhileItRunsIsToldAsFewRangesAndDoneAgainGivesTheSame() throws IOException {
        run(said -> {}, (lab, none) -> {
            var publishing = lab.routing.publishing();
            publishing.publish("web", PublishedPort.parse("9000-9009:80-89/udp"));
            publishing.unpublish("web", PublishedPort.hostPorts("9003-9004"), PublishedPort.Protocol.UDP);
            publishing.unpublish("web", PublishedPort.hostPorts("8080"), PublishedPort.Protocol.UDP);
            publishing.publish("far", PublishedPort.parse("8080:80/udp"));
            publishing.unpublish("web", PublishedPort.hostPorts("8081"), PublishedPort.Protocol.UDP);
            publishing.publish("web", PublishedPort.parse("8081:81/udp"));
            var lines = publishing.changes().stream().map(PortChange::toString).toList();
            assertThat(lines)
                    .containsExactlyInAnyOrder(
                            "unpublish 0.0.0.0:8080:80/udp web",
                            "publish 0.0.0.0:9000-9002:80-82/udp web",
                            "publish 0.0.0.0:9005-9009:85-89/udp web",
                            "publish 0.0.0.0:8080:80/udp far");
            var before = publishing.all();
            publishing.changes().forEach(publishing::apply);
            assertThat(publishing.all()).containsExactlyInAnyOrderElementsOf(before);
            publishing.publish("far", PublishedPort.parse("9003:80/udp"));
            publishing.reset(before);
            assertThat(publishing.all()).containsExactlyInAnyOrderElementsOf(before);
            publishing.publish("web", PublishedPort.parse("9003:80/udp"));
        });
    }
}
