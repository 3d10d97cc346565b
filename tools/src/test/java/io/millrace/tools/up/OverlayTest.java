package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Lab.Host;
import io.millrace.tools.topology.TopologyFile;
import io.millrace.vtep.control.Change;
import io.millrace.vtep.control.ControlPlane;
import io.millrace.vtep.control.Members;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.RemoteEndpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An overlay between {@code millrace up} and the kernel's own vxlan device, which is the other host. */
class OverlayTest {
    private static final String OUR_MAC = "02:00:0a:09:00:01";
    private static final String THERE = "02:00:00:00:01:02";

    @TempDir
    private Path folder;

    private Lab lab;
    private String name;
    private Host here;
    private Host other;

    @BeforeEach
    void open() {
        lab = Lab.open();
        name = lab.name("ov");
        here = lab.host("a", "10.1.0.1/24");
        other = lab.host("u", "10.9.0.2/24");
        ip(other, "neigh", "replace", "10.9.0.1", "lladdr", OUR_MAC, "dev", "eth0", "nud", "permanent");
        ip(
                other,
                "link",
                "add",
                "vx0",
                "address",
                THERE,
                "type",
                "vxlan",
                "id",
                "5",
                "dstport",
                "4789",
                "local",
                "10.9.0.2",
                "remote",
                "10.9.0.1",
                "dev",
                "eth0");
        ip(other, "address", "add", "10.1.0.2/24", "dev", "vx0");
        ip(other, "link", "set", "vx0", "up");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private static void ip(Host host, String... words) {
        var command = new String[words.length + 1];
        command[0] = "ip";
        System.arraycopy(words, 0, command, 1, words.length);
        host.run(command).ok();
    }

    private static String mac(Host host) {
        var link = host.run("cat", "/sys/class/net/eth0/address").ok();
        return link.strip();
    }

    private Path topology(String vtep) throws IOException {
        return Files.writeString(folder.resolve("t.yaml"), """
                        name: %s
                        x-millrace:
                          underlay:
                            interface: %s
                            address: 10.9.0.1/24
                            mac: "%s"
                            neighbors: { 10.9.0.2: "%s", 10.9.0.3: "%s" }
                        networks:
                          lan: { driver: overlay, x-millrace: { vni: 5, vtep: %s } }
                        services:
                          s1: { networks: [ lan ], x-millrace: { attach: { packet: %s } } }
                        """.formatted(
                        name, other.device(), OUR_MAC, mac(other), mac(other), vtep, here.device()));
    }

    /** Asks until there is an answer, for long if need be. */
    private static void answers(Host from, String to) {
        from.run("ping", "-c", "1", "-w", "20", to).ok();
    }

    private static void staysSilent(Host from, String to, String why) {
        var ping = from.run("ping", "-c", "1", "-W", "1", to);
        assertThat(ping.exit()).as(why + "\n" + ping.out()).isEqualTo(1);
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Object json) {
        return (List<Map<String, Object>>) json;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object json) {
        return (Map<String, Object>) json;
    }

    private Map<String, Object> shown(String what) {
        return Millrace.run("show", what, "--name", name, "-o", "json").json();
    }

    /** TCP from a host that leaves the cutting to its network card: what the other host then receives is seen by tcpdump. */
    @Test
    void longSegmentsReachTheOtherHostAsPacketsWithWholeChecksums() throws Exception {
        assumeTrue(Lab.run("tshark", "--version").exit() == 0, "not run: needs tshark");
        here.run("ip", "link", "set", "eth0", "mtu", "1450").ok();
        var capture = folder.resolve("underlay.pcap");
        var file = topology("{ peers: [ 10.9.0.2 ] }");
        try (var _ = Millrace.up("up", "-f", file.toString())) {
            answers(here, "10.1.0.2");
            assertThat(features()).contains("tx-udp-segmentation: off").contains("tx-checksum-ip-generic: off");
            var tcpdump =
                    other.start("tcpdump", "-i", "eth0", "-Z", "root", "-c", "800", "-w", capture.toString(), "udp");
            var server = other.start("iperf3", "-s", "-1", "-p", "5301");
            for (int i = 0;
                    other.run("ss", "-Htln", "sport", "=", ":5301").out().isBlank();
                    i++) {
                assertThat(i).as("iperf3 listens").isLessThan(200);
                Thread.sleep(50);
            }
            here.run("iperf3", "-c", "10.1.0.2", "-p", "5301", "-n", "16M").ok();
            assertThat(server.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(tcpdump.waitFor(20, TimeUnit.SECONDS))
                    .as("800 packets came")
                    .isTrue();
        }
        assertThat(features()).contains("tx-udp-segmentation: on").contains("tx-checksum-ip-generic: on");
        assertThat(packets(capture, "ip.src == 10.9.0.1")).isPositive();
        assertThat(packets(capture, "ip.src == 10.9.0.1 && frame.len > 1514"))
                .as("longer than the MTU")
                .isZero();
        assertThat(packets(capture, "ip.src == 10.9.0.1 && (udp.checksum.status == 0 || tcp.checksum.status == 0)"))
                .as("with a wrong checksum")
                .isZero();
    }

    private String features() {
        return Lab.run("ethtool", "-k", other.device()).ok();
    }

    private static long packets(Path capture, String filter) {
        var tshark = Lab.run(
                "tshark",
                "-r",
                capture.toString(),
                "-o",
                "udp.check_checksum:TRUE",
                "-o",
                "tcp.check_checksum:TRUE",
                "-Y",
                filter);
        return tshark.out().lines().count();
    }

    @Test
    void showVtepTellsOfTheOverlayTheOtherHostAndWhoIsOnIt() throws Exception {
        var file = topology("{ peers: [ 10.9.0.2 ], endpoints: [ { mac: '02:00:00:00:01:03', vtep: 10.9.0.3 } ] }");
        try (var millrace = Millrace.up("up", "-f", file.toString())) {
            here.run("ping", "-c", "3", "-i", "0.2", "-W", "5", "10.1.0.2").ok();
            var answer = shown("vtep");

            assertThat(map(answer.get("underlay")))
                    .containsEntry("interface", other.device())
                    .containsEntry("address", "10.9.0.1/24")
                    .containsEntry("mac", OUR_MAC)
                    .containsEntry("mtu", 1500)
                    .containsEntry("clashes", 0);
            var lan = list(answer.get("overlays")).getFirst();
            assertThat(lan)
                    .containsEntry("network", "lan")
                    .containsEntry("vni", 5)
                    .containsEntry("port", 4789)
                    .containsEntry("mtu", 1450)
                    .containsEntry("learning", true)
                    .containsEntry("open", false)
                    .containsEntry("checksum", "zero")
                    .containsEntry("ttl", 64)
                    .containsEntry("dscp", 0);
            var peers = list(lan.get("peers"));
            assertThat(peers).extracting(peer -> peer.get("address")).containsExactly("10.9.0.2", "10.9.0.3");
            assertThat(peers.getFirst())
                    .containsEntry("named", true)
                    .containsEntry("flooded", true)
                    .containsEntry("group", false)
                    .containsEntry("stations", 1);
            assertThat(map(peers.getFirst().get("next_hop")))
                    .containsEntry("address", "10.9.0.2")
                    .containsEntry("state", "fixed")
                    .containsEntry("mac", mac(other));
            var device = other.run("cat", "/sys/class/net/vx0/statistics/tx_packets")
                    .ok()
                    .strip();
            assertThat(peers.getFirst()).containsEntry("rx_frames", Integer.parseInt(device));
            assertThat(list(lan.get("stations")))
                    .extracting(station -> station.get("mac") + " " + station.get("vtep") + " " + station.get("static"))
                    .containsExactly(THERE + " 10.9.0.2 false", "02:00:00:00:01:03 10.9.0.3 true");

            var table = Millrace.run("show", "vtep", "--name", name).out();
            assertThat(table)
                    .contains("underlay " + other.device() + ": 10.9.0.1/24, " + OUR_MAC + ", MTU 1500")
                    .containsPattern("lan +5 +4789 +1450 +yes +no +zero +64 +0 +2 +2")
                    .containsPattern("10\\.9\\.0\\.2 +lan +" + mac(other) + " +name +yes +1 ")
                    .containsPattern("02:00:00:00:01:03 +lan +10\\.9\\.0\\.3 +static");

            var fdb = list(shown("fdb").get("fdb"));
            assertThat(fdb)
                    .filteredOn(station -> station.get("mac").equals(THERE))
                    .singleElement()
                    .hasFieldOrPropertyWithValue("port", "10.9.0.2")
                    .hasFieldOrPropertyWithValue("remote", true);
            assertThat(fdb)
                    .filteredOn(station -> station.get("port").equals("s1"))
                    .singleElement()
                    .hasFieldOrPropertyWithValue("remote", false);
            assertThat(list(shown("ports").get("ports")))
                    .filteredOn(port -> port.get("name").equals("underlay"))
                    .singleElement()
                    .hasFieldOrPropertyWithValue("network", null)
                    .hasFieldOrPropertyWithValue("attachment", "interface:" + other.device());
            assertThat(Millrace.run("show", "ports", "--name", name).out())
                    .containsPattern("underlay +\\(underlay\\) +up");
            assertThat(list(shown("graph").get("links")))
                    .contains(
                            Map.of("from", "underlay", "to", "vxlan"),
                            Map.of("from", "vxlan", "to", "bridge.lan"),
                            Map.of("from", "bridge.lan", "to", "tunnel.lan"),
                            Map.of("from", "tunnel.lan", "to", "port.underlay"),
                            Map.of("from", "ip.underlay", "to", "port.underlay"));
            assertThat(millrace.terminate()).isZero();
        }
    }

    @Test
    void whatIsDroppedAtTheTunnelIsToldWithItsReason() throws Exception {
        try (var millrace =
                Millrace.up("up", "-f", topology("{ peers: [ 10.9.0.3 ] }").toString())) {
            staysSilent(other, "10.1.0.1", "no peer");

            assertThat(list(shown("vtep").get("drops")))
                    .extracting(drop -> drop.get("node") + " " + drop.get("reason"))
                    .contains("vxlan VXLAN_FOREIGN_VTEP");
            assertThat(Millrace.run("show", "vtep", "--name", name).out()).containsPattern("vxlan +\\d+ +\\S");
            assertThat(millrace.terminate()).isZero();
        }
    }

    @Test
    void whoIsAskedForInVainAndWhoIsAnsweredForIsTold() throws Exception {
        var yaml = Files.readString(topology("{ peers: [ 10.9.0.2 ], endpoints: "
                        + "[ { mac: '02:00:00:00:01:09', address: 10.1.0.9, vtep: 10.9.0.9 } ] }"))
                .replaceAll(" *neighbors: .*\n", "");
        try (var millrace = Millrace.up(
                "up", "-f", Files.writeString(folder.resolve("t.yaml"), yaml).toString())) {
            answers(here, "10.1.0.2");
            staysSilent(here, "10.1.0.9", "it is on a host that is not there");

            var lan = list(shown("vtep").get("overlays")).getFirst();
            for (int i = 0; i < 100 && !hops(lan).contains("10.9.0.9 silent null"); i++) {
                Thread.sleep(100);
                lan = list(shown("vtep").get("overlays")).getFirst();
            }
            assertThat(hops(lan)).containsExactly("10.9.0.2 known " + mac(other), "10.9.0.9 silent null");
            assertThat((Integer) lan.get("arp_answered")).isPositive();
            assertThat(Millrace.run("show", "vtep", "--name", name).out())
                    .containsPattern("10\\.9\\.0\\.9 +lan +silent +name +yes +1");
            assertThat(millrace.terminate()).isZero();
        }
    }

    private static List<String> hops(Map<String, Object> overlay) {
        return list(overlay.get("peers")).stream()
                .map(peer -> map(peer.get("next_hop")))
                .map(hop -> hop.get("address") + " " + hop.get("state") + " " + hop.get("mac"))
                .toList();
    }

    @Test
    void withoutAnUnderlayThereIsNothingToTell() throws Exception {
        var file = Files.writeString(folder.resolve("t.yaml"), """
                        name: %s
                        networks: { lan: { driver: overlay } }
                        services: { s1: { networks: [ lan ], x-millrace: { attach: { packet: %s } } } }
                        """.formatted(name, here.device()));
        try (var millrace = Millrace.up("up", "-f", file.toString())) {
            assertThat(shown("vtep")).containsEntry("underlay", null);
            assertThat(Millrace.run("show", "vtep", "--name", name).out()).contains("no underlay");
            assertThat(millrace.terminate()).isZero();
        }
    }

    /** Tells what a test has it tell, from a thread of its own. */
    private static final class Told implements ControlPlane {
        private Members members;
        private boolean isClosed;

        @Override
        public void follow(Members told) {
            members = told;
        }

        void tell(Change... changes) {
            CompletableFuture.runAsync(() -> members.changed(List.of(changes))).join();
        }

        @Override
        public void close() {
            isClosed = true;
        }
    }

    @Test
    void hostsAndStationsThatAControlPlaneTellsOfComeMoveAndGoWhileItRuns() throws Exception {
        var topology = TopologyFile.read(topology("{ learning: false }")).topology();
        var running = new Running(topology);
        var screen = new Screen(new PrintWriter(System.err, true), false);
        var control = new Told();
        try {
            new Opening(running, new Attachments(topology, running.pool(), false), folder.resolve("t.yaml"), screen)
                    .openAll();
            running.start();
            running.follow(control);
            staysSilent(here, "10.1.0.2", "nobody takes part yet");

            control.tell(new Change.PeerCame("lan", IpAddress.parse("10.9.0.2")));
            answers(here, "10.1.0.2");
            control.tell(new Change.PeerWent("lan", IpAddress.parse("10.9.0.2")));
            staysSilent(here, "10.1.0.2", "it went");

            var there = MacAddress.parse(THERE);
            var station = new RemoteEndpoint(there, List.of(), IpAddress.parse("10.9.0.2"));
            control.tell(new Change.EndpointCame("lan", station));
            answers(here, "10.1.0.2");
            control.tell(
                    new Change.EndpointCame("lan", new RemoteEndpoint(there, List.of(), IpAddress.parse("10.9.0.3"))));
            staysSilent(here, "10.1.0.2", "said to be on a host that is not there");
            control.tell(new Change.EndpointCame("lan", station));
            answers(here, "10.1.0.2");
        } finally {
            running.close(screen);
        }
        assertThat(control.isClosed).isTrue();
    }
}
