package io.millrace.tools.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.tools.words.Failure;
import io.millrace.vtep.network.Attachment;
import io.millrace.vtep.network.Attachment.Kind;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network.Bridge;
import io.millrace.vtep.network.Network.Overlay;
import io.millrace.vtep.network.Network.Vtep;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.network.Vlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each key of the contract ends in the model. */
final class ReadingTest {
    private static final String SWITCH = """
            services:
              host:   { x-millrace: { attach: { tap: t0 } } }
              desk:   { x-millrace: { attach: { veth: d0 }, vlan: { access: 10 }, guard: on } }
              core:   { x-millrace: { attach: { packet: eth1 }, vlan: { trunk: [ 20, 10 ], native: 1 } } }
              quiet:  { x-millrace: { attach: { netns: q }, guard: off, learn: false, flood: false } }
              guest1: { x-millrace: { group: guests, mac_limit: 2, learn: true, flood: false } }
              calm:   { x-millrace: { storm: 500 } }
              free:   { x-millrace: { storm: off } }
              guest2: { x-millrace: { group: guests, learn: false, flood: true } }
            """;

    @ParameterizedTest
    @ValueSource(strings = {"0", "100000001", "false", "1s", "-1"})
    void aStormCapIsANumberOfFramesOrOff(String storm) {
        assertThatThrownBy(() -> Yamls.read("services: { s: { x-millrace: { storm: " + storm + " } } }"))
                .hasMessageContaining("storm: ")
                .hasMessageContaining("is not a whole number from 1 to 100000000, or off");
    }

    @Test
    void whatIsSaidOfASwitchPortIsInTheModel() {
        var topology = Yamls.read(SWITCH).topology();

        assertThat(port(topology, "host")).isEqualTo(SwitchPort.DEFAULT);
        assertThat(port(topology, "desk")).isEqualTo(new SwitchPort(new Vlan.Access(10), true, true, true, null, null));
        assertThat(port(topology, "core"))
                .isEqualTo(new SwitchPort(new Vlan.Trunk(Set.of(10, 20), 1), null, true, true, null, null));
        assertThat(port(topology, "quiet")).isEqualTo(new SwitchPort(null, false, false, false, null, null));
        assertThat(port(topology, "calm").storm()).isEqualTo(500);
        assertThat(port(topology, "free").storm()).isEqualTo(SwitchPort.NO_STORM_CAP);
        assertThat(port(topology, "guest1")).isEqualTo(new SwitchPort(null, null, true, false, "guests", 2));
        assertThat(port(topology, "guest2")).isEqualTo(new SwitchPort(null, null, false, true, "guests", null));
        assertThat(topology.vlanAware("default")).isTrue();
    }

    @Test
    void sourcesAreGuardedBehindATapOrANamespaceUnlessTheFileSaysOtherwise() {
        var topology = Yamls.read(SWITCH).topology();

        assertThat(connection(topology, "host").guard()).isTrue();
        assertThat(connection(topology, "desk").guard()).isTrue();
        assertThat(connection(topology, "core").guard()).isFalse();
        assertThat(connection(topology, "quiet").guard()).isFalse();
    }

    @Test
    void everythingThatCanBeSaidOfAnOverlayIsInTheModel() {
        var topology = Yamls.read("""
                        networks:
                          mesh:
                            driver: overlay
                            internal: true
                            x-millrace:
                              ageing: 1m30s
                              mac_limit: 1000
                              gateway_mac: 02-00-00-00-00-FE
                              neighbors: { 10.0.0.9: "02:00:00:00:00:09" }
                              stations: { "02:00:00:00:00:01": s1 }
                              vni: 0
                              vtep:
                                port: 8472
                                peers: [ 192.0.2.1, "2001:db8::1" ]
                                learning: false
                                open: true
                                checksum: full
                                reserved_bits: refuse
                                inner_vlan: keep
                                source_ports: 50000-50099
                        services:
                          s1: { networks: [ mesh ] }
                        """).topology();

        var mesh = (Overlay) Objects.requireNonNull(topology.networks().get("mesh"));
        assertThat(mesh.vni()).isZero();
        assertThat(mesh.vtep())
                .isEqualTo(Vtep.with()
                        .port(8472)
                        .peers("192.0.2.1", "2001:db8::1")
                        .learning(false)
                        .open(true)
                        .checksum(Vtep.Checksum.FULL)
                        .reservedBits(Vtep.ReservedBits.REFUSE)
                        .innerVlan(Vtep.InnerVlan.KEEP)
                        .sourcePorts(new PortRange(50_000, 50_099))
                        .build());
        var segment = mesh.segment();
        assertThat(segment.internal()).isTrue();
        assertThat(segment.ageing()).isEqualTo(Duration.ofSeconds(90));
        assertThat(segment.macLimit()).isEqualTo(1000);
        assertThat(segment.gatewayMac()).isEqualTo(new MacAddress(0x0200_0000_00FEL));
        assertThat(segment.neighbors())
                .isEqualTo(Map.of(IpAddress.parse("10.0.0.9"), MacAddress.parse("02:00:00:00:00:09")));
        assertThat(topology.stations("mesh"))
                .isEqualTo(Map.of(
                        MacAddress.parse("02:00:00:00:00:01"),
                        topology.endpoints().getFirst()));
    }

    @Test
    void whatIsSaidOfTheHostIsInTheModel() {
        var topology = Yamls.read("""
                        name: my-lab
                        x-millrace: { workers: 2, idle: busy, uplink: { interface: eth1, mtu: 9000 } }
                        """).topology();

        assertThat(topology.name()).isEqualTo("my-lab");
        assertThat(topology.workers()).isEqualTo(2);
        assertThat(topology.idle()).isEqualTo(Topology.Idle.BUSY);
        assertThat(Objects.requireNonNull(topology.uplink()).mtu()).isEqualTo(9000);
        assertThat(Yamls.read("services: {}").topology())
                .isEqualTo(new Topology("lab", Map.of(), Map.of(), null, null, 1, Topology.Idle.POLL));
    }

    @Test
    void replicasHaveEachTheirInterface() {
        var topology = Yamls.read("services: { s1: { scale: 2, x-millrace: { attach: { tap: 's1-{replica}' } } } }")
                .topology();

        assertThat(topology.endpoints())
                .extracting(e -> e.name() + " " + e.connection().attachment())
                .containsExactly("s1.1 tap:s1-1", "s1.2 tap:s1-2");
    }

    @Test
    void theNetworkWithTheHighestPriorityIsTheMainOne() {
        var service = Yamls.read("""
                        networks: { a: {}, b: {} }
                        services:
                          s: { mac_address: "02:42:00:00:00:01", networks: { a: {}, b: { priority: 10, gw_priority: 5 } } }
                        """).topology().services().get("s");

        var networks = Objects.requireNonNull(service).networks();
        assertThat(networks.keySet()).containsExactly("b", "a");
        assertThat(Objects.requireNonNull(networks.get("b")).mac()).isEqualTo(MacAddress.parse("02:42:00:00:00:01"));
        assertThat(Objects.requireNonNull(networks.get("b")).gatewayPriority()).isEqualTo(5);
    }

    @Test
    void aServiceWithProfilesIsThereWhenOneOfThemIsChosen() {
        var yaml = "services: { s: { profiles: [ debug, lab ] }, t: {} }";

        assertThat(Yamls.read(yaml).topology().services().keySet()).containsExactly("t");
        assertThat(Yamls.read(yaml).notes())
                .containsExactly("service 's' is left out: COMPOSE_PROFILES names none of debug, lab");
        assertThat(Yamls.read(yaml, Map.of("COMPOSE_PROFILES", "x,lab"))
                        .topology()
                        .services())
                .containsKeys("s", "t");
    }

    @Test
    void whatAMergeBringsLosesAgainstWhatIsWritten() {
        var topology = Yamls.read("""
                        x-slow: &slow { ageing: 600s, mac_limit: 10 }
                        x-small: &small { mac_limit: 5 }
                        networks:
                          a: { x-millrace: { ageing: 10s, <<: *slow } }
                          b: { x-millrace: { <<: [ *small, *slow ] } }
                        """).topology();

        assertThat(List.of(bridge(topology, "a"), bridge(topology, "b")))
                .extracting(n ->
                        n.segment().ageing().toSeconds() + " " + n.segment().macLimit())
                .containsExactly("10 10", "600 5");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            quoteCharacter = '"',
            value = {
                // V=veth, E is empty, N and M are not set
                "$V, veth",
                "${V}0, veth0",
                "a$$b, a$b",
                "${N:-d}, d",
                "${E:-d}, d",
                "${V:-d}, veth",
                "${N-d}, d",
                "x${E-d}, x",
                "x${V:+d}, xd",
                "x${N+d}, x",
                "${N:-${V}1}, veth1",
                "${N:-${M:-d}}2, d2",
                "${V:?no}, veth",
            })
    void variablesMeanWhatTheyMeanInAShell(String written, String meant) {
        var file = Yamls.read(
                "services: { s: { x-millrace: { attach: { memory: '" + written + "' } } } }",
                Map.of("V", "veth", "E", ""));

        assertThat(Objects.requireNonNull(file.topology()
                                .endpoints()
                                .getFirst()
                                .connection()
                                .attachment())
                        .name())
                .isEqualTo(meant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$V",
                "${V}0",
                "${N:-d}",
                "${E:-d}",
                "${V:-d}",
                "${N-d}",
                "x${E-d}",
                "x${V:+d}",
                "x${E:+d}",
                "x${E+d}",
                "x${N+d}",
                "${N:-${V}1}",
                "${N:-${M:-d}}2",
                "${V:?no}",
                "x${E?no}"
            })
    void theShellAgrees(String written) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "/bin/sh is missing");
        var shell = new ProcessBuilder("/bin/sh", "-c", "printf %s \"" + written + "\"");
        shell.environment().keySet().removeAll(Set.of("N", "M"));
        shell.environment().putAll(Map.of("V", "veth", "E", ""));
        var said = new String(shell.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        var environment = Map.of("V", "veth", "E", "");
        var here = new Yaml.Place("topology.yaml", 1, 1);
        assertThat(new Variables(environment::get, new HashSet<>()).expand(here, written))
                .isEqualTo(said);
    }

    @Test
    void aVariableThatIsNotSetIsNamed() {
        assertThat(Yamls.read("services: { s: { x-millrace: { group: 'g$N' } } }")
                        .notes())
                .containsExactly("variable 'N' is not set and counts as empty");
    }

    @Test
    void variablesInWhatIsNotUsedAreNobodysBusiness() {
        assertThat(Yamls.read("services: { s: { command: '${broken' } }").notes())
                .containsExactly("command: not used");
    }

    @Test
    void aFileIsReadFromDiskAndItsDirectoryNamesTheProject(@TempDir Path directory) throws IOException {
        var lab = Files.createDirectory(directory.resolve("_My Lab-1"));
        var file = Files.writeString(lab.resolve("topology.yaml"), "services: { s: {} }");

        assertThat(TopologyFile.read(file).topology().name()).isEqualTo("mylab-1");
        var missing = lab.resolve("nothing.yaml");
        assertThatThrownBy(() -> TopologyFile.read(missing))
                .isInstanceOf(Failure.class)
                .hasMessage(missing + ": no such file");
        assertThatThrownBy(() -> TopologyFile.read(lab)).hasMessage(lab + ": is a directory");
    }

    private static Bridge bridge(Topology topology, String name) {
        return (Bridge) Objects.requireNonNull(topology.networks().get(name));
    }

    private static Connection connection(Topology topology, String service) {
        return topology.endpoints().stream()
                .filter(e -> e.service().equals(service))
                .findFirst()
                .orElseThrow()
                .connection();
    }

    private static SwitchPort port(Topology topology, String service) {
        return connection(topology, service).port();
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"INTERFACE", "PACKET", "XDP", "PCAP"})
    void anUnderlayIsOpenedInTheWayThatIsNamed(Kind kind) {
        var text =
                "x-millrace: { underlay: { %s: eth3, address: 10.9.0.1/24 } }\nnetworks: { lan: { driver: overlay } }\n";
        var topology = TopologyFile.read(
                        "t.yaml", "t", text.formatted(kind).getBytes(StandardCharsets.UTF_8), name -> null)
                .topology();
        var endpoint = Objects.requireNonNull(topology.underlayEndpoint());
        assertThat(endpoint.connection().attachment()).isEqualTo(new Attachment(kind, "eth3"));
    }
}
