package io.millrace.tools.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.vtep.network.Attachment;
import io.millrace.vtep.network.Attachment.Kind;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.IpamConfig;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network.Bridge;
import io.millrace.vtep.network.Network.Overlay;
import io.millrace.vtep.network.Network.Vtep;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Subnet;
import io.millrace.vtep.network.SwitchPort;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The two files that the contract shows, word for word. */
final class DesignExamplesTest {
    private static final String WEB_AND_MESH = """
            x-millrace:
              uplink: { interface: eth1, address: 192.0.2.11/24, gateway: 192.0.2.1 }
            networks:
              web:  { driver: bridge,  ipam: { config: [ { subnet: 172.18.0.0/16, gateway: 172.18.0.1 } ] } }
              mesh: { driver: overlay, driver_opts: { com.docker.network.driver.overlay.vxlanid_list: "4098" } }
            services:
              nginx:
                networks: { web: { aliases: [ inner-net ] }, mesh: {} }
                ports: [ "8080:80", "127.0.0.1:8443:443/tcp" ]
                x-millrace: { attach: { veth: nginx0 } }     # or interface, tap, namespace, capture file
            """;

    private static final String PROBE = """
            x-millrace:
              underlay: { interface: sU, address: 10.9.0.1/24, mac: "02:00:0a:09:00:01", neighbors: { 10.9.0.2: "02:00:0a:09:00:02", 10.9.0.3: "02:00:0a:09:00:02" } }
            networks:
              lan: { driver: overlay, x-millrace: { ageing: 3s, vni: 5, vtep: { peers: [ 10.9.0.2, 10.9.0.3 ] } } }
            services:
              s1: { networks: [ lan ], x-millrace: { attach: { interface: s1 } } }
              s2: { networks: [ lan ], x-millrace: { attach: { interface: s2 } } }
            """;

    @Test
    void aServiceOnABridgeAndAnOverlayPublishesTwoPorts() {
        var topology = Yamls.read(WEB_AND_MESH).topology();

        assertThat(topology.uplink())
                .isEqualTo(new HostInterface(
                        "eth1",
                        HostAddress.parse("192.0.2.11/24"),
                        IpAddress.parse("192.0.2.1"),
                        null,
                        null,
                        Map.of()));
        var pool = new IpamConfig(Subnet.parse("172.18.0.0/16"), null, IpAddress.parse("172.18.0.1"), Map.of());
        assertThat(topology.networks().get("web"))
                .isEqualTo(new Bridge(
                        "web",
                        new Segment(
                                Duration.ofMinutes(5), 65_536, Map.of(), List.of(pool), false, null, null, Map.of())));
        assertThat(topology.networks().get("mesh")).isEqualTo(new Overlay("mesh", Segment.DEFAULT, 4098, Vtep.DEFAULT));
        var nginx = Objects.requireNonNull(topology.services().get("nginx"));
        assertThat(Objects.requireNonNull(nginx.networks().get("web")).aliases())
                .containsExactly("inner-net");
        assertThat(nginx.ports())
                .containsExactly(PublishedPort.parse("8080:80"), PublishedPort.parse("127.0.0.1:8443:443/tcp"));
        assertThat(topology.endpoints())
                .extracting(e -> e.name() + " " + e.connection().attachment())
                .containsExactly("nginx.web veth:nginx0", "nginx.mesh null");
    }

    @Test
    void theProbesSwitchHasTwoInterfacesAndAVxlanPortWithTwoPeers() {
        var topology = Yamls.read(PROBE).topology();

        assertThat(topology.uplink()).isNull();
        var sharedNextHop = MacAddress.parse("02:00:0a:09:00:02");
        assertThat(topology.underlay())
                .isEqualTo(new HostInterface(
                        "sU",
                        HostAddress.parse("10.9.0.1/24"),
                        null,
                        MacAddress.parse("02:00:0a:09:00:01"),
                        null,
                        Map.of(
                                IpAddress.parse("10.9.0.2"), sharedNextHop,
                                IpAddress.parse("10.9.0.3"), sharedNextHop)));
        var lan = (Overlay) Objects.requireNonNull(topology.networks().get("lan"));
        assertThat(lan.segment().ageing()).isEqualTo(Duration.ofSeconds(3));
        assertThat(lan.segment().ipam()).isEmpty();
        assertThat(lan.vni()).isEqualTo(5);
        assertThat(lan.vtep())
                .isEqualTo(new Vtep(
                        4789,
                        List.of(IpAddress.parse("10.9.0.2"), IpAddress.parse("10.9.0.3")),
                        null,
                        List.of(),
                        true,
                        false,
                        null,
                        Vtep.ReservedBits.IGNORE,
                        Vtep.InnerVlan.DROP,
                        new PortRange(49_152, 65_535),
                        64,
                        0));
        assertThat(topology.endpoints("lan"))
                .extracting(e -> e.name() + " " + e.connection())
                .containsExactly(
                        "s1 " + Connection.to(new Attachment(Kind.INTERFACE, "s1")),
                        "s2 " + Connection.to(new Attachment(Kind.INTERFACE, "s2")));
        assertThat(topology.endpoints()).allMatch(e -> e.connection().port().equals(SwitchPort.DEFAULT));
        assertThat(topology.endpoints()).noneMatch(e -> e.connection().guard());
        assertThat(topology.vlanAware("lan")).isFalse();
    }
}
