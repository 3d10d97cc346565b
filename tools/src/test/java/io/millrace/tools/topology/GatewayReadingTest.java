package io.millrace.tools.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.vtep.network.Balancing;
import io.millrace.vtep.network.ExposedPort;
import io.millrace.vtep.network.GatewayPolicy;
import io.millrace.vtep.network.GatewayPolicy.Mode;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.NatSettings;
import io.millrace.vtep.network.Network.Switched;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.Service;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is said of gateways, of the translation and of exposed ports ends in the model. */
final class GatewayReadingTest {
    private static GatewayPolicy policy(String network) {
        var topology = Yamls.read("networks: { web: " + network + " }").topology();
        return ((Switched) Objects.requireNonNull(topology.networks().get("web")))
                .segment()
                .gateway();
    }

    @Test
    void whatIsNotSaidOfAGatewayIsAsInDocker() {
        assertThat(policy("{}")).isEqualTo(new GatewayPolicy(true, true, null, Mode.NAT, Mode.NAT, null, null));
    }

    @Test
    void everyOptionOfTheBridgeDriverIsInTheModel() {
        assertThat(policy("""
                        {
                          internal: true,
                          driver_opts: {
                            com.docker.network.bridge.enable_icc: "false",
                            com.docker.network.bridge.enable_ip_masquerade: "false",
                            com.docker.network.bridge.host_binding_ipv4: 192.0.2.11,
                            com.docker.network.bridge.gateway_mode_ipv4: nat-unprotected,
                            com.docker.network.bridge.gateway_mode_ipv6: isolated,
                            com.docker.network.host_ipv4: 192.0.2.12,
                            com.docker.network.host_ipv6: "2001:db8::12",
                          }
                        }"""))
                .isEqualTo(new GatewayPolicy(
                        false,
                        false,
                        IpAddress.parse("192.0.2.11"),
                        Mode.NAT_UNPROTECTED,
                        Mode.ISOLATED,
                        IpAddress.parse("192.0.2.12"),
                        IpAddress.parse("2001:db8::12")));
    }

    @Test
    void everythingThatCanBeSaidOfTheTranslationIsInTheModel() {
        var nat = Yamls.read("""
                        x-millrace:
                          nat:
                            timeouts: linux
                            filtering: endpoint
                            hairpin: gateway
                            max_sessions: 4194304
                            state: /var/lib/millrace/sessions
                            port_limit: 100
                            session_limit: 200
                            loose: false
                            ports: 20000-29999
                            parity: false
                            ephemeral: 49153-65535
                        """).topology().nat();

        assertThat(nat)
                .isEqualTo(NatSettings.with()
                        .timeouts(NatSettings.Timeouts.LINUX)
                        .filtering(NatSettings.Filtering.ENDPOINT)
                        .hairpin(NatSettings.Hairpin.GATEWAY)
                        .maxSessions(4_194_304)
                        .state("/var/lib/millrace/sessions")
                        .portLimit(100)
                        .sessionLimit(200)
                        .loose(false)
                        .ports(new PortRange(20_000, 29_999))
                        .parity(false)
                        .ephemeral(new PortRange(49_153, 65_535))
                        .build());
    }

    @Test
    void whatIsNotSaidOfTheTranslationIsAsDocumented() {
        var nat = Yamls.read("x-millrace: { nat: { ephemeral: kernel } }")
                .topology()
                .nat();

        assertThat(nat).isEqualTo(NatSettings.DEFAULT);
        assertThat(nat)
                .isEqualTo(new NatSettings(
                        NatSettings.Timeouts.RFC,
                        NatSettings.Filtering.ADDRESS_AND_PORT,
                        NatSettings.Hairpin.OUTSIDE,
                        262_144,
                        null,
                        null,
                        null,
                        true,
                        new PortRange(1, 65_535),
                        true,
                        null));
    }

    @Test
    void exposedPortsArePublishedWhereAllAreToBe() {
        var services = Yamls.read("""
                        x-millrace: { uplink: { interface: eth1, address: 192.0.2.11/24 } }
                        services:
                          all:  { expose: [ 80, "100-102/UDP" ], x-millrace: { publish_all: true } }
                          none: { expose: [ 80 ] }
                          host: { network_mode: host, expose: [ 80 ], x-millrace: { publish_all: true } }
                        """).topology().services();

        var all = Objects.requireNonNull(services.get("all"));
        assertThat(all.exposed()).containsExactly(ExposedPort.parse("80/tcp"), ExposedPort.parse("100-102/udp"));
        assertThat(services.values())
                .extracting(s -> s.name() + " " + s.publishes())
                .containsExactly("all true", "none false", "host false");
    }

    @Test
    void howReplicasShareConnectionsIsInTheModel() {
        var services = Yamls.read("""
                        services:
                          said:   { scale: 2, x-millrace: { balance: maglev, weight: [ 3, 0 ], drain: [ 1 ] } }
                          weighs: { scale: 2, x-millrace: { weight: 5, drain: true } }
                          silent: { scale: 2, x-millrace: { drain: false } }
                        """).topology().services();

        assertThat(services.values())
                .extracting(Service::balancing)
                .containsExactly(
                        new Balancing(Balancing.Method.MAGLEV, List.of(3, 0), Set.of(1)),
                        new Balancing(Balancing.Method.WEIGHTED, List.of(5), Set.of(1, 2)),
                        Balancing.DEFAULT);
    }
}
