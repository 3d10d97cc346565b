package io.millrace.vtep.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.vtep.network.Attachment;
import io.millrace.vtep.network.Balancing;
import io.millrace.vtep.network.Clash;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.ExposedPort;
import io.millrace.vtep.network.GatewayPolicy;
import io.millrace.vtep.network.GatewayPolicy.Mode;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.IpamConfig;
import io.millrace.vtep.network.NatSettings;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.PublishedPort.Protocol;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Subnet;
import io.millrace.vtep.network.Topology;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What dockerd 28 made of a row of {@code docker run -p}, and what it said. */
final class PublishedPortsTest {
    private static final String OWN = "192.0.2.11";

    private final Map<String, Network> networks = new LinkedHashMap<>();
    private final List<Service> services = new ArrayList<>();

    PublishedPortsTest() {
        network("web", "172.17.0.0/16", false, GatewayPolicy.DEFAULT);
    }

    private void network(String name, String subnet, boolean internal, GatewayPolicy policy) {
        var pool = new IpamConfig(Subnet.parse(subnet), null, null, Map.of());
        var segment =
                new Segment(Segment.AGEING, 1000, Map.of(), List.of(pool), internal, null, null, Map.of(), policy);
        networks.put(name, new Network.Bridge(name, segment));
    }

    private Service service(String name, @Nullable Integer replicas, List<String> exposed, String... ports) {
        var service = new Service(
                name,
                replicas,
                Service.EndpointMode.VIP,
                Map.of("web", Connection.PLAIN),
                List.of(ports).stream().map(PublishedPort::parse).toList(),
                Service.Dns.HOST,
                exposed.stream().map(ExposedPort::parse).toList(),
                !exposed.isEmpty(),
                Balancing.DEFAULT);
        services.add(service);
        return service;
    }

    private Service service(String name, String... ports) {
        return service(name, null, List.of(), ports);
    }

    private Topology topology() {
        var uplink = new HostInterface("eth1", HostAddress.parse(OWN + "/24"), null, null, null, Map.of());
        return Topology.of(networks, services)
                .withUplink(uplink)
                .with(NatSettings.with()
                        .ephemeral(new PortRange(32_768, 60_999))
                        .build());
    }

    private PublishedPorts published() {
        return PublishedPorts.of(topology());
    }

    private static String ps(PublishedPorts published, Service service) {
        return PortListing.ps(service, published.of(service.name()));
    }

    @Test
    void aRowOfServicesIsPublishedAsDockersTranscriptShows() {
        var rows = Map.of(
                service("p1", "8080:80"), "0.0.0.0:8080->80/tcp",
                service("p3", "127.0.0.1:8081:80"), "127.0.0.1:8081->80/tcp",
                service("p5", "127.0.0.1::80"), "127.0.0.1:32768->80/tcp",
                service("p6", "7000-7003:80"), "0.0.0.0:7000->80/tcp",
                service("p7", "7000-7003:80"), "0.0.0.0:7001->80/tcp",
                service("p8", "7100-7103:90-93"), "0.0.0.0:7100-7103->90-93/tcp",
                service("p10", "53:53/udp", "53:53/tcp"), "0.0.0.0:53->53/tcp, 0.0.0.0:53->53/udp",
                service("p13", "0:80"), "0.0.0.0:32769->80/tcp",
                service("p17", null, List.of("80", "70", "100-102/udp")),
                        "0.0.0.0:32770->70/tcp, 0.0.0.0:32771->80/tcp, 0.0.0.0:32768-32770->100-102/udp");
        var published = published();
        rows.forEach((service, text) ->
                assertThat(ps(published, service)).as(service.name()).isEqualTo(text));
        assertThat(PortListing.port(published.of("p17")))
                .containsExactly(
                        "70/tcp -> 0.0.0.0:32770",
                        "80/tcp -> 0.0.0.0:32771",
                        "100/udp -> 0.0.0.0:32768",
                        "101/udp -> 0.0.0.0:32769",
                        "102/udp -> 0.0.0.0:32770");
    }

    private void refused(String sentence, String... ports) {
        service("later", ports);
        assertThatThrownBy(this::published).isInstanceOf(Clash.class).hasMessage(sentence);
        services.removeLast();
    }

    @Test
    void whatCannotBePublishedIsRefusedByDockersWords() {
        service("p1", "8080:80");
        service("p3", "127.0.0.1:8081:80");
        refused("Bind for 0.0.0.0:8080 failed: port is already allocated", "8080:80");
        refused("Bind for 127.0.0.1:8081 failed: port is already allocated", "8081:80");
        refused("Bind for 0.0.0.0:8080 failed: port is already allocated", "192.168.99.250:8080:80");
        refused("listen tcp4 192.168.99.250:9090: bind: cannot assign requested address", "192.168.99.250:9090:80");
        refused("failed to listen on 0.0.0.0:3000: protocol not supported", "3000:80/sctp");
        refused("all ports are allocated", "7000-7001:80", "7000-7001:80", "7000-7001:80");
    }

    @Test
    void portsAreReachedAtTheUplinksAddressOrWhereTheNetworkSays() {
        network("web", "172.17.0.0/16", false, binding(OWN));
        service("bound", "8080:80");
        service("named", "127.0.0.1:8080:80");
        assertThat(published().all()).extracting(Publication::hostText).containsExactly(OWN, "127.0.0.1");
    }

    private static GatewayPolicy binding(String address) {
        return new GatewayPolicy(true, true, IpAddress.parse(address), Mode.NAT, Mode.NAT, null, null);
    }

    @Test
    void aRoutedNetworksPortsAreOpenAndNotTranslated() {
        network("web", "172.17.0.0/16", false, new GatewayPolicy(true, true, null, Mode.ROUTED, Mode.NAT, null, null));
        var routed = service("routed", "8080:80");
        assertThat(ps(published(), routed)).isEqualTo("0.0.0.0:0->80/tcp");
    }

    @Test
    void anInternalNetworksPortsAreSilentlyIgnored() {
        network("web", "172.17.0.0/16", true, GatewayPolicy.DEFAULT);
        service("in1", "9500:80");
        assertThat(published().all()).isEmpty();
    }

    @Test
    void replicasShareAPortOrHaveOneEach() {
        service("shared", 3, List.of(), "8080:80");
        var each = new PublishedPort(
                null, new PortRange(9000, 9009), new PortRange(80, 80), Protocol.TCP, PublishedPort.Mode.HOST);
        services.add(new Service(
                "each", 2, Service.EndpointMode.VIP, Map.of("web", Connection.PLAIN), List.of(each), Service.Dns.HOST));
        var published = published();
        assertThat(published.of("shared"))
                .singleElement()
                .satisfies(
                        p -> assertThat(p.endpoints()).extracting(e -> e.name()).hasSize(3));
        assertThat(published.of("each"))
                .extracting(p -> p.hostPorts() + " " + p.endpoints().getFirst().name())
                .containsExactly("9000 each.1", "9001 each.2");
    }

    @Test
    void theGatewayIsOnTheNetworkThatDockerWouldChoose() {
        network("b", "172.20.0.0/16", false, GatewayPolicy.DEFAULT);
        network("a", "172.19.0.0/16", false, GatewayPolicy.DEFAULT);
        network("inner", "172.21.0.0/16", true, GatewayPolicy.DEFAULT);
        var connections = new LinkedHashMap<String, Connection>();
        connections.put("inner", Connection.PLAIN);
        connections.put("b", Connection.PLAIN);
        connections.put("a", Connection.PLAIN);
        assertThat(gatewayOf(connections)).isEqualTo("a");
        var first = new Connection(List.of(), null, null, null, 1, null, Connection.PLAIN.port());
        connections.put("b", first);
        assertThat(gatewayOf(connections)).isEqualTo("b");
        assertThat(gatewayOf(Map.of("inner", first))).isNull();
    }

    private @Nullable String gatewayOf(Map<String, Connection> connections) {
        var service = new Service("s", null, Service.EndpointMode.VIP, connections, List.of(), Service.Dns.HOST);
        return Topology.of(networks, List.of(service)).gatewayNetwork(service);
    }

    @Test
    void aPortIsPublishedAndUnpublishedWhileItRuns() {
        service("web", "8080:80");
        var published = published();
        var range = PublishedPort.parse("20000-20499:30000-30499/udp");
        assertThat(published.publish("web", range)).hasSize(1);
        assertThatThrownBy(() -> published.publish("web", PublishedPort.parse("20499:1/udp")))
                .hasMessage("Bind for 0.0.0.0:20499 failed: port is already allocated");
        assertThatThrownBy(() -> published.publish("nosuch", range)).hasMessage("No such service: nosuch");
        var removed = published.unpublish("web", new PortRange(20_100, 20_199), Protocol.UDP);
        assertThat(removed).extracting(Publication::containerPorts).containsExactly(new PortRange(30_100, 30_199));
        assertThat(published.of("web"))
                .extracting(p -> p.hostPorts() + "->" + p.containerPorts() + "/" + p.protocol())
                .containsExactly("8080->80/tcp", "20000-20099->30000-30099/udp", "20200-20499->30200-30499/udp");
        assertThat(published.publish("web", PublishedPort.parse("20100:1/udp"))).hasSize(1);
        assertThatThrownBy(() -> published.unpublish("web", new PortRange(8080, 8081), Protocol.TCP))
                .hasMessage("No public port '8080-8081/tcp' published for web");
        assertThat(published.unpublish("web", new PortRange(8080, 8080), Protocol.TCP))
                .hasSize(1);
        assertThat(published.publish("web", PublishedPort.parse("8080:81"))).hasSize(1);
    }

    @Test
    void whatFailsHalfWayLeavesNothingBehind() {
        service("taken", "8081:1");
        var each = new PublishedPort(
                null, new PortRange(8080, 8080), new PortRange(80, 80), Protocol.TCP, PublishedPort.Mode.HOST);
        service("many", 2, List.of());
        var published = published();
        assertThatThrownBy(() -> published.publish("many", each))
                .hasMessage("Bind for 0.0.0.0:8080 failed: port is already allocated");
        assertThat(published.of("many")).isEmpty();
        assertThat(published.publish("taken", PublishedPort.parse("8080:1"))).hasSize(1);
    }

    private void withIpv6(String name, String other, GatewayPolicy policy) {
        var pools = Stream.of("172.17.0.0/16", other)
                .map(subnet -> new IpamConfig(Subnet.parse(subnet), null, null, Map.of()))
                .toList();
        networks.put(
                name,
                new Network.Bridge(
                        name, new Segment(Segment.AGEING, 1000, Map.of(), pools, false, null, null, Map.of(), policy)));
    }

    private PublishedPorts publishedAtBoth() {
        var uplink = new HostInterface(
                Attachment.Kind.INTERFACE,
                "eth1",
                List.of(HostAddress.parse("2001:db8::11/64"), HostAddress.parse(OWN + "/24")),
                List.of(IpAddress.parse("fe80::1")),
                null,
                null,
                Map.of());
        return PublishedPorts.of(topology().withUplink(uplink));
    }

    @Test
    void aPortIsPublishedInBothFamiliesWhereUplinkAndServiceHaveBoth() {
        withIpv6("web", "fd00:17::/64", GatewayPolicy.DEFAULT);
        var both = service("both", "8080:80", "7000-7001:90-91");
        var any = service("any", "80", "0.0.0.0:9000:80");
        var six = service("six", "[::]:9001:80", "[2001:db8::11]:9002:80");
        var published = publishedAtBoth();
        assertThat(ps(published, both))
                .isEqualTo("0.0.0.0:8080->80/tcp, [::]:8080->80/tcp, 0.0.0.0:7000->90/tcp, [::]:7000->90/tcp, "
                        + "0.0.0.0:7001->91/tcp, [::]:7001->91/tcp");
        assertThat(ps(published, any)).isEqualTo("0.0.0.0:9000->80/tcp, 0.0.0.0:32768->80/tcp, [::]:32768->80/tcp");
        assertThat(ps(published, six)).isEqualTo("[2001:db8::11]:9002->80/tcp, [::]:9001->80/tcp");
        refusedAtBoth(
                "listen tcp6 [2001:db8::12]:9090: bind: cannot assign requested address", "[2001:db8::12]:9090:80");
        refusedAtBoth("Bind for :::9001 failed: port is already allocated", "9001:80");
    }

    private void refusedAtBoth(String sentence, String port) {
        service("later", port);
        assertThatThrownBy(this::publishedAtBoth).isInstanceOf(Clash.class).hasMessage(sentence);
        services.removeLast();
    }

    @Test
    void nothingIsPublishedInAFamilyInWhichTheServiceHasNoAddress() {
        var old = service("old", "8080:80", "[::]:8081:80");
        assertThat(ps(publishedAtBoth(), old)).isEqualTo("0.0.0.0:8080->80/tcp");
    }

    @Test
    void eachFamilyCrossesTheGatewayInItsOwnMode() {
        withIpv6("web", "fd00:17::/64", new GatewayPolicy(true, true, null, Mode.ROUTED, Mode.NAT, null, null));
        var mixed = service("mixed", "8080:80");
        assertThat(ps(publishedAtBoth(), mixed)).isEqualTo("0.0.0.0:0->80/tcp, [::]:8080->80/tcp");
    }

    @Test
    void aBindingToAnIpv4AddressLeavesIpv6Out() {
        withIpv6("web", "fd00:17::/64", binding(OWN));
        var bound = service("bound", "8080:80");
        assertThat(ps(publishedAtBoth(), bound)).isEqualTo(OWN + ":8080->80/tcp");
    }

    /** Both families, whatever the uplink has. */
    private static List<Publication> both(String text) {
        var port = PublishedPort.parse(text);
        var end = Service.of("s", "web", Connection.PLAIN).endpoints();
        return List.of(IpAddress.parse("0.0.0.0"), IpAddress.parse("::")).stream()
                .map(ip -> new Publication(
                        "s", end, port.protocol(), ip, Objects.requireNonNull(port.hostPorts()), port.containerPorts()))
                .toList();
    }

    @Test
    void portsOfBothFamiliesAreListedAsDockerLists() {
        var exposed = service("s", null, List.of("80"));
        assertThat(PortListing.ps(exposed, both("8080:80"))).isEqualTo("0.0.0.0:8080->80/tcp, [::]:8080->80/tcp");
        assertThat(PortListing.ps(exposed, both("7100-7101:90-91")))
                .isEqualTo("80/tcp, 0.0.0.0:7100->90/tcp, [::]:7100->90/tcp, 0.0.0.0:7101->91/tcp, [::]:7101->91/tcp");
        var dns = new ArrayList<>(both("53:53/udp"));
        dns.addAll(both("53:53/tcp"));
        assertThat(PortListing.ps(exposed, dns))
                .isEqualTo("0.0.0.0:53->53/tcp, 0.0.0.0:53->53/udp, [::]:53->53/tcp, [::]:53->53/udp, 80/tcp");
        assertThat(PortListing.port(both("7100-7101:90-91")))
                .containsExactly(
                        "90/tcp -> 0.0.0.0:7100",
                        "90/tcp -> [::]:7100",
                        "91/tcp -> 0.0.0.0:7101",
                        "91/tcp -> [::]:7101");
    }
}
