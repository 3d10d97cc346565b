package io.millrace.tools.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network.Overlay;
import io.millrace.vtep.network.Network.Vtep;
import io.millrace.vtep.network.RemoteEndpoint;
import io.millrace.vtep.network.Topology;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of an overlay's tunnel, and which identifier it gets. */
final class VtepReadingTest {
    @Test
    void aGroupAndTheStationsOfOtherHostsAreInTheModel() {
        var topology = Yamls.read("""
                        x-millrace:
                          underlay: { interface: eth1, address: 10.9.0.1/24 }
                        networks:
                          mesh:
                            driver: overlay
                            x-millrace:
                              vtep:
                                group: 239.1.1.1
                                ttl: 255
                                dscp: 46
                                endpoints:
                                  - { mac: "02:00:00:00:01:03", address: 10.0.1.3, vtep: 10.9.0.2 }
                                  - { mac: 02-00-00-00-01-04, address: [ 10.0.1.4, "fd00::4" ], vtep: 10.9.0.2 }
                                  - { mac: "02:00:00:00:01:05", vtep: 10.9.0.3 }
                        """).topology();

        assertThat(overlay(topology, "mesh").vtep())
                .isEqualTo(Vtep.with()
                        .group(IpAddress.parse("239.1.1.1"))
                        .ttl(255)
                        .dscp(46)
                        .endpoints(List.of(
                                endpoint("02:00:00:00:01:03", "10.9.0.2", "10.0.1.3"),
                                endpoint("02:00:00:00:01:04", "10.9.0.2", "10.0.1.4", "fd00::4"),
                                endpoint("02:00:00:00:01:05", "10.9.0.3")))
                        .build());
    }

    @Test
    void whatIsNotSaidOfATunnelIsAsDocumented() {
        var vtep = vtep("{}");

        assertThat(vtep).isEqualTo(Vtep.DEFAULT);
        assertThat(vtep.ttl()).isEqualTo(64);
        assertThat(vtep.dscp()).isZero();
        assertThat(vtep.checksum()).as("none over IPv4, full over IPv6").isNull();
    }

    @ParameterizedTest
    @CsvSource({"zero,ZERO", "full,FULL"})
    void aChecksumThatIsSaidIsThatOverEitherFamily(String word, Vtep.Checksum checksum) {
        assertThat(vtep("{ checksum: " + word + " }").checksum()).isEqualTo(checksum);
    }

    @Test
    void aCodePointIsANumberOrTheInnerPackets() {
        assertThat(vtep("{ dscp: 63 }").dscp()).isEqualTo(63);
        assertThat(vtep("{ dscp: inherit }").dscp()).isNull();
    }

    @Test
    void aTunnelMayHaveAGroupAndPeers() {
        var vtep = vtep("{ group: 'ff05::5', peers: [ '2001:db8::2' ] }");

        assertThat(vtep.others()).containsExactly(IpAddress.parse("2001:db8::2"), IpAddress.parse("ff05::5"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ peers: [ 10.9.0.2 ] }",
                "{ group: 239.1.1.1 }",
                "{ endpoints: [ { mac: '02:00:00:00:01:03', vtep: 10.9.0.2 } ] }"
            })
    void otherHostsWithoutAnUnderlayAreWorthANoteAndNoMistake(String vtep) {
        assertThat(Yamls.read("networks: { mesh: { driver: overlay, x-millrace: { vtep: " + vtep + " } } }")
                        .notes())
                .containsExactly("network 'mesh' names other hosts, but there is no 'underlay': "
                        + "overlays connect the ports of this host only");
    }

    @Test
    void anOverlayThatNamesNobodyNeedsNoUnderlay() {
        assertThat(Yamls.read("networks: { mesh: { driver: overlay, x-millrace: { vtep: { open: true } } } }")
                        .notes())
                .isEmpty();
    }

    @Test
    void anUnderlayWithoutAnAddressIsTakenWhileNoOverlayNeedsIt() {
        var topology = Yamls.read("x-millrace: { underlay: { interface: eth1 } }\nnetworks: { lan: {} }")
                .topology();

        assertThat(topology.underlay()).isEqualTo(new HostInterface("eth1", null, null, null, null, Map.of()));
        assertThat(topology.underlayEndpoint()).isNull();
    }

    @Test
    void theUnderlayIsAPortOfThatName() {
        var topology = Yamls.read("x-millrace: { underlay: { interface: eth1, address: 10.9.0.1/24 } }")
                .topology();

        assertThat(Objects.requireNonNull(topology.underlay()).address()).isEqualTo(HostAddress.parse("10.9.0.1/24"));
        var port = Objects.requireNonNull(topology.underlayEndpoint());
        assertThat(port.name()).isEqualTo("underlay");
        assertThat(port.connection().attachment()).hasToString("interface:eth1");
    }

    @Test
    void overlaysThatNameNoIdentifierGetTheNextFreeOneFrom4096InTheOrderOfTheFile() {
        var topology = Yamls.read("""
                        networks:
                          a: { driver: overlay }
                          b: { driver: overlay, x-millrace: { vni: 4097 } }
                          c: { driver: overlay }
                          d: { driver: bridge }
                          e: { driver: overlay, driver_opts: { com.docker.network.driver.overlay.vxlanid_list: "4099" } }
                          f: { driver: overlay }
                          g: { driver: overlay, x-millrace: { vni: 7 } }
                        """).topology();

        assertThat(List.of("a", "b", "c", "e", "f", "g"))
                .extracting(topology::vni)
                .containsExactly(4096, 4097, 4098, 4099, 4100, 7);
    }

    @Test
    void moreHostsOrPortsThanASwitchCanNumberAreRefused() {
        var peers = IntStream.rangeClosed(1, 16_385)
                .mapToObj(i -> IpAddress.v4(0x0A0A_0000 + i).toString())
                .collect(Collectors.joining(", "));
        assertThat(Yamls.refusal(
                        "networks: { mesh: { driver: overlay, x-millrace: { vtep: { peers: [ " + peers + " ] } } } }"))
                .isEqualTo("topology.yaml:1:60: the number of other hosts 16385 is not within 0 to 16384");
        assertThat(Yamls.refusal("""
                        networks: { mesh: { driver: overlay } }
                        services:
                          a: { networks: [ mesh ], scale: 4096 }
                          b: { networks: [ mesh ], scale: 4096 }
                          c: { networks: [ mesh ] }
                        """)).isEqualTo("topology.yaml:5:3: overlay 'mesh' has more than 8192 ports here");
    }

    private static Vtep vtep(String yaml) {
        var file = Yamls.read("networks: { mesh: { driver: overlay, x-millrace: { vtep: " + yaml + " } } }");
        return overlay(file.topology(), "mesh").vtep();
    }

    private static RemoteEndpoint endpoint(String mac, String vtep, String... addresses) {
        return new RemoteEndpoint(
                MacAddress.parse(mac),
                List.of(addresses).stream().map(IpAddress::parse).toList(),
                IpAddress.parse(vtep));
    }

    private static Overlay overlay(Topology topology, String name) {
        return (Overlay) Objects.requireNonNull(topology.networks().get(name));
    }
}
