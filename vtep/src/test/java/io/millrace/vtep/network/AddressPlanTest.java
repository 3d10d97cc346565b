package io.millrace.vtep.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.vtep.network.GatewayPolicy.Mode;
import io.millrace.vtep.network.Network.Bridge;
import io.millrace.vtep.network.Network.Macvlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Addresses as dockerd 28 was seen to give them out. */
final class AddressPlanTest {
    private final Map<String, Network> networks = new LinkedHashMap<>();
    private final List<Service> services = new ArrayList<>();

    private static IpamConfig pool(String subnet, @Nullable String range, @Nullable String gateway) {
        return new IpamConfig(
                Subnet.parse(subnet),
                range == null ? null : Subnet.parse(range),
                gateway == null ? null : IpAddress.parse(gateway),
                Map.of());
    }

    private void lan(GatewayPolicy policy, boolean internal, IpamConfig... pools) {
        networks.put("lan", new Bridge("lan", segment(policy, internal, pools)));
    }

    private static Segment segment(GatewayPolicy policy, boolean internal, IpamConfig... pools) {
        return new Segment(
                Segment.AGEING, Segment.MAC_LIMIT, Map.of(), List.of(pools), internal, null, null, Map.of(), policy);
    }

    private void services(int number) {
        for (int i = 1; i <= number; i++) {
            services.add(Service.of("s" + i, "lan", Connection.PLAIN));
        }
    }

    private void service(String name, String address) {
        var connection = new Connection(List.of(), IpAddress.parse(address), null, null, 0, null, SwitchPort.DEFAULT);
        services.add(Service.of(name, "lan", connection));
    }

    private List<String> given() {
        var topology = Topology.of(networks, services);
        var plan = topology.addresses();
        return topology.endpoints().stream()
                .map(e -> e.name() + "=" + plan.addresses(e))
                .toList();
    }

    private List<HostAddress> gateways() {
        return Topology.of(networks, services).addresses().gateways("lan");
    }

    @Test
    void theGatewayHasTheLowestAddressAndTheServicesFollow() {
        lan(GatewayPolicy.DEFAULT, false, pool("172.18.0.0/16", null, null));
        services(3);
        assertThat(gateways()).containsExactly(HostAddress.parse("172.18.0.1/16"));
        assertThat(given()).containsExactly("s1=[172.18.0.2]", "s2=[172.18.0.3]", "s3=[172.18.0.4]");
    }

    @Test
    void aRangesFirstAddressIsAnOrdinaryOneAndItsLastMayBeTheBroadcast() {
        lan(GatewayPolicy.DEFAULT, false, pool("10.9.0.0/28", "10.9.0.8/29", null));
        services(6);
        assertThat(gateways()).containsExactly(HostAddress.parse("10.9.0.8/28"));
        assertThat(given())
                .containsExactly(
                        "s1=[10.9.0.9]",
                        "s2=[10.9.0.10]",
                        "s3=[10.9.0.11]",
                        "s4=[10.9.0.12]",
                        "s5=[10.9.0.13]",
                        "s6=[10.9.0.14]");
        services.add(Service.of("s7", "lan", Connection.PLAIN));
        assertThatThrownBy(this::given)
                .isInstanceOf(Clash.class)
                .hasMessage("no available IPv4 addresses on this network's address pools: lan");
    }

    @Test
    void whatIsAskedForIsGivenBeforeTheRest() {
        lan(GatewayPolicy.DEFAULT, false, pool("10.0.0.0/24", null, "10.0.0.4"));
        services(2);
        service("fixed", "10.0.0.2");
        services.add(Service.of("last", "lan", Connection.PLAIN));
        assertThat(given()).containsExactly("s1=[10.0.0.1]", "s2=[10.0.0.3]", "fixed=[10.0.0.2]", "last=[10.0.0.5]");
    }

    @Test
    void addressesOfOthersAreNotGivenOut() {
        var others = Map.of("printer", IpAddress.parse("10.0.0.1"), "router", IpAddress.parse("10.0.0.3"));
        lan(GatewayPolicy.DEFAULT, false, new IpamConfig(Subnet.parse("10.0.0.0/24"), null, null, others));
        services(2);
        assertThat(gateways()).containsExactly(HostAddress.parse("10.0.0.2/24"));
        assertThat(given()).containsExactly("s1=[10.0.0.4]", "s2=[10.0.0.5]");
    }

    @ParameterizedTest
    @CsvSource({
        "10.3.0.0/32, 10.3.0.0/32",
        "10.3.0.0/31, 10.3.0.0/31",
        "10.3.0.0/30, 10.3.0.1/30",
        "255.255.255.255/32, 255.255.255.255/32",
        "2001:db8::/64, 2001:db8::1/64",
        "2001:db8::/127, 2001:db8::1/127",
    })
    void theEdgesOfASubnetAreNobodysWhereThereAreMoreThanTwo(String subnet, String gateway) {
        lan(GatewayPolicy.DEFAULT, false, pool(subnet, null, null));
        assertThat(gateways()).containsExactly(HostAddress.parse(gateway));
    }

    @Test
    void aSubnetWithoutRoomForAGatewayIsRefused() {
        lan(GatewayPolicy.DEFAULT, false, pool("2001:db8::/128", null, null));
        assertThatThrownBy(this::given)
                .isInstanceOf(Clash.class)
                .hasMessage("failed to allocate gateway (): No available addresses on this pool");
    }

    @Test
    void twoFamiliesAreGivenOutSideBySide() {
        lan(GatewayPolicy.DEFAULT, false, pool("10.0.0.0/24", null, null), pool("fd00:1::/64", null, null));
        services(2);
        assertThat(gateways()).hasToString("[10.0.0.1/24, fd00:1::1/64]");
        assertThat(given()).containsExactly("s1=[10.0.0.2, fd00:1::2]", "s2=[10.0.0.3, fd00:1::3]");
    }

    @Test
    void anIsolatedNetworksFirstServiceHasTheFirstAddress() {
        var isolated = new GatewayPolicy(true, true, null, Mode.ISOLATED, Mode.NAT, null, null);
        lan(isolated, true, pool("10.0.0.0/24", null, null), pool("fd00:1::/64", null, null));
        services(1);
        assertThat(gateways()).hasToString("[fd00:1::1/64]");
        assertThat(given()).containsExactly("s1=[10.0.0.1, fd00:1::2]");
    }

    @Test
    void aMacvlansGatewayIsSomebodyElse() {
        networks.put(
                "lan",
                new Macvlan(
                        "lan",
                        segment(GatewayPolicy.DEFAULT, false, pool("10.0.0.0/24", null, "10.0.0.1")),
                        null,
                        Macvlan.Mode.BRIDGE));
        services(1);
        assertThat(gateways()).isEmpty();
        assertThat(given()).containsExactly("s1=[10.0.0.2]");
    }

    @Test
    void aNetworkWithoutSubnetsGivesOutNothing() {
        networks.put("lan", new Bridge("lan", Segment.DEFAULT));
        services(1);
        assertThat(given()).containsExactly("s1=[]");
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1", "10.0.0.0", "10.0.0.255"})
    void whatSomebodyHasIsRefusedByDockersWords(String address) {
        lan(GatewayPolicy.DEFAULT, false, pool("10.0.0.0/24", null, null));
        service("s", address);
        assertThatThrownBy(this::given)
                .isInstanceOf(Clash.class)
                .hasMessage("address " + address + ": Address already in use");
    }

    @Test
    void theUplinkIsOpenedAsAPort() {
        var uplink = new HostInterface("eth1", HostAddress.parse("192.0.2.11/24"), null, null, null, Map.of());
        var endpoint = Topology.of(networks, services).withUplink(uplink).uplinkEndpoint();
        assertThat(endpoint).isNotNull();
        assertThat(endpoint.name()).isEqualTo("uplink");
        assertThat(endpoint.isUplink()).isTrue();
        assertThat(endpoint.isUnderlay()).isFalse();
        assertThat(endpoint.connection().attachment()).hasToString("interface:eth1");
        assertThat(Topology.of(networks, services).uplinkEndpoint()).isNull();
    }

    @Test
    void aServiceWithReplicasHasTheLowestAddressThatIsFreeAfterAllOfThemOnEachNetwork() {
        lan(GatewayPolicy.DEFAULT, true, pool("10.0.0.0/24", null, null), pool("fd00::/64", null, null));
        networks.put(
                "quiet",
                new Bridge(
                        "quiet",
                        segment(
                                new GatewayPolicy(false, true, null, Mode.NAT, Mode.NAT, null, null),
                                false,
                                pool("10.0.1.0/24", null, null))));
        networks.put(
                "side",
                new Macvlan(
                        "side",
                        segment(GatewayPolicy.DEFAULT, false, pool("10.0.2.0/24", null, null)),
                        null,
                        Macvlan.Mode.BRIDGE));
        many("web", 3, Service.EndpointMode.VIP, "lan", "quiet", "side");
        many("db", 2, Service.EndpointMode.DNSRR, "lan");
        many("one", 1, Service.EndpointMode.VIP, "lan");
        many("last", 2, Service.EndpointMode.VIP, "lan");
        var plan = Topology.of(networks, services).addresses();
        assertThat(plan.virtual("lan")).hasToString("{web=[10.0.0.10, fd00::a], last=[10.0.0.11, fd00::b]}");
        assertThat(plan.virtual("quiet"))
                .as("neighbours do not reach each other")
                .isEmpty();
        assertThat(plan.virtual("side")).as("nobody of ours answers for it").isEmpty();
    }

    private void many(String name, int replicas, Service.EndpointMode mode, String... on) {
        var connections = new LinkedHashMap<String, Connection>();
        for (var network : on) {
            connections.put(network, Connection.PLAIN);
        }
        services.add(new Service(name, replicas, mode, connections, List.of(), Service.Dns.HOST));
    }
}
