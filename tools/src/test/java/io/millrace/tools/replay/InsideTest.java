package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Switches that see through VXLAN: of the networks inside, and of a topology with an underlay. */
class InsideTest {
    private static final String TOPOLOGY = """
            x-millrace:
              underlay: { interface: u0, address: 10.9.0.2/24 }
            networks:
              lan: { driver: overlay, x-millrace: { vni: 10, vtep: { peers: [ 10.9.0.1, 10.9.0.7 ] } } }
            services:
              s1: { networks: [ lan ], x-millrace: { attach: { interface: s1 } } }
              s2: { networks: [ lan ], x-millrace: { attach: { interface: s2 } } }
            """;

    @TempDir
    Path directory;

    private static String recorded(String name) {
        return TunnelsTest.recorded(name).toString();
    }

    private Map<String, Object> replay(String... words) {
        var all = new ArrayList<>(List.of("replay", "-o", "json"));
        all.addAll(List.of(words));
        var result = Shell.millrace(all.toArray(String[]::new));
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.json()).containsEntry("conserved", true);
        return result.json();
    }

    private String topology() throws IOException {
        return Files.writeString(directory.resolve("topology.yaml"), TOPOLOGY).toString();
    }

    /** Entries of a list in JSON without what the network and the node are called. */
    private static List<Map<String, Object>> nameless(Object list) {
        var all = new ArrayList<Map<String, Object>>();
        for (var entry : (List<?>) list) {
            var fields = new HashMap<String, Object>();
            ((Map<?, ?>) entry).forEach((name, value) -> fields.put(String.valueOf(name), value));
            fields.remove("network");
            fields.remove("node");
            all.add(fields);
        }
        return all;
    }

    /** What was written, by file, frame by frame in hexadecimal. */
    private static Map<String, String> written(Path folder) throws Exception {
        var all = new HashMap<String, String>();
        try (var files = Files.newDirectoryStream(folder)) {
            for (var file : files) {
                all.put(String.valueOf(file.getFileName()), Shell.run("tshark", "-r", file.toString(), "-x"));
            }
        }
        return all;
    }

    @Test
    void lookedThroughVxlanANetworkIsWhatACaptureMadeInsideItShows() throws Exception {
        for (String vni : List.of("10", "2000020")) {
            var through = directory.resolve("through" + vni);
            var within = directory.resolve("within" + vni);
            var outer = replay("--vni", vni, "--out", through.toString(), recorded("underlay.pcap"));
            var inner = replay("--out", within.toString(), recorded("inside-" + vni + ".pcap"));

            for (var part : List.of("ports", "fdb", "drops")) {
                assertThat(nameless(outer.get(part))).as(part).isEqualTo(nameless(inner.get(part)));
            }
            if (vni.equals("10")) {
                assertThat(written(through)).isEqualTo(written(within));
            }
        }
    }

    @Test
    void allNetworksAreReplayedApartEachWithItsOwnPorts() {
        var all = replay("--vni", "all", recorded("underlay.pcap"));

        assertThat(nameless(all.get("ports")).stream().map(port -> port.get("name")))
                .containsExactly(
                        "vni10.02:10:00:00:00:01",
                        "vni10.02:10:00:00:00:02",
                        "vni2000020.02:20:00:00:00:01",
                        "vni2000020.02:20:00:00:00:02");
        assertThat(all.get("fdb").toString())
                .contains("{mac=02:20:00:00:00:02, port=vni2000020.02:20:00:00:00:02, network=vni2000020}");
    }

    @Test
    void manyNetworksWithManyStationsLoseNothing() throws IOException {
        var captures = new ArrayList<String>();
        var lan = Pcap.ethernet();
        for (int i = 0; i < 300; i++) {
            lan.frame(i, Pcap.station(i % 100), i % 3 == 0 ? Pcap.BROADCAST : Pcap.station((i + 1) % 100), 1900, 1900);
        }
        String inner = lan.to(directory.resolve("lan.pcap"));
        for (int vni = 1; vni <= 5; vni++) {
            var out = directory.resolve("u" + vni + ".pcap").toString();
            replay("--encap", out, "--vni", "" + vni, "--local", "10.9.0.1", "--remote", "10.9.0.2", inner);
            captures.add(out);
        }
        var words = new ArrayList<>(List.of("--vni", "all"));
        words.addAll(captures);
        var all = replay(words.toArray(String[]::new));
        var alone = replay(inner);

        long sent = sum(alone, "tx_frames");
        assertThat(sum(all, "rx_frames")).isEqualTo(5 * 300);
        assertThat(sum(all, "tx_frames")).isEqualTo(5 * sent);
    }

    private static long sum(Map<String, Object> report, String field) {
        return nameless(report.get("ports")).stream()
                .mapToLong(port -> ((Number) port.get(field)).longValue())
                .sum();
    }

    @Test
    void aTopologysUnderlayTakesWhatIsForItAndItsPortsGetWhatIsInside() throws Exception {
        var out = directory.resolve("ports");
        var report = replay("-f", topology(), "--in", "underlay", "--out", out.toString(), recorded("underlay.pcap"));

        // The capture was made at 10.9.0.2: every second packet is its own, for 10.9.0.1.
        var inside = Records.bytes(Records.of(TunnelsTest.recorded("inside-10.pcap"))).stream()
                .filter(frame -> frame.startsWith("021000000001", 12))
                .toList();
        assertThat(hex(out.resolve("s1.pcapng"))).isEqualTo(inside);
        assertThat(hex(out.resolve("s2.pcapng"))).isEqualTo(inside);
        assertThat(report.get("fdb").toString()).contains("mac=02:10:00:00:00:01, port=10.9.0.1, network=lan");
    }

    private static List<String> hex(Path capture) throws Exception {
        var pcap = capture.resolveSibling(capture.getFileName() + ".pcap");
        Shell.run("editcap", "-F", "nsecpcap", capture.toString(), pcap.toString());
        return Records.bytes(Records.of(pcap));
    }

    @Test
    void withoutAPortNamedOnlyVxlanForTheHostEntersByItsUnderlay() throws IOException {
        var ports = nameless(replay("-f", topology(), recorded("underlay.pcap")).get("ports"));

        assertThat(ports)
                .filteredOn(port -> "underlay".equals(port.get("name")))
                .singleElement()
                .satisfies(port -> assertThat(port).containsEntry("rx_frames", 6));
    }

    @Test
    void whatEntersAPortLeavesByTheUnderlayAsTheHostWouldSendItAndAlwaysTheSame() throws Exception {
        for (var run : List.of("one", "two")) {
            replay(
                    "-f",
                    topology(),
                    "--in",
                    "s1",
                    "--out",
                    directory.resolve(run).toString(),
                    recorded("inside-10.pcap"));
        }
        var file = directory.resolve("one/underlay.pcapng");
        assertThat(file).hasSameBinaryContentAs(directory.resolve("two/underlay.pcapng"));
        var lines = Shell.run(List.of(
                "tshark",
                "-r",
                file.toString(),
                "-T",
                "fields",
                "-E",
                "occurrence=f",
                "-e",
                "eth.src",
                "-e",
                "eth.dst",
                "-e",
                "ip.src",
                "-e",
                "ip.dst",
                "-e",
                "vxlan.vni"));
        assertThat(lines.lines().distinct())
                .containsExactly(
                        "02:00:0a:09:00:02\t02:00:0a:09:00:01\t10.9.0.2\t10.9.0.1\t10",
                        "02:00:0a:09:00:02\t02:00:0a:09:00:07\t10.9.0.2\t10.9.0.7\t10");
    }

    @Test
    void aTraceShowsTheHeadersAndTheNodesOfBothSidesOfATunnel() throws IOException {
        var in = Shell.millrace("trace", recorded("underlay.pcap"), "--vni", "10", "--frame", "1");
        assertThat(in.out().lines().map(line -> line.strip().replaceAll(" {2,}", "  ")))
                .contains(
                        "VXLAN  VNI 10",
                        "vxlan  VNI 10, from 10.9.0.1: to network vni10",
                        "stations.vni10  enters by port 02:10:00:00:00:01")
                .filteredOn(line -> line.startsWith("Ethernet"))
                .hasSize(2);
        var out = Shell.millrace("trace", recorded("inside-10.pcap"), "-f", topology(), "--in", "s1", "--frame", "1");
        assertThat(out.out())
                .containsPattern("tunnel.lan +VNI 10, to 10.9.0.7 by UDP port \\d{5}")
                .contains("left by port underlay");
        var stranger = Shell.millrace(
                "trace", recorded("underlay.pcap"), "-f", topology(), "--in", "underlay", "--frame", "13");
        assertThat(stranger.out()).contains("ip.underlay");
    }

    @Test
    void wordsThatMakeNoSenseTogetherAreUsageErrors() throws IOException {
        String capture = recorded("underlay.pcap");
        fails("--vni must be from 0 to 16777215, or all: 'x'", "--vni", "x", capture);
        fails("--vni must be from 0 to 16777215, or all: '16777216'", "--vni", "16777216", capture);
        fails("--vxlan-port must be from 1 to 65535, not 0", "--vni", "1", "--vxlan-port", "0", capture);
        fails("--decap and --encap exclude each other: give one", "--decap", "a", "--encap", "b", capture);
        fails(
                "--decap and --encap switch nothing: leave out -f, --in and --out",
                "--decap",
                "a",
                "--out",
                "b",
                capture);
        fails("--encap needs the network to encapsulate into: --vni N", "--encap", "a", capture);
        fails("--encap needs --local, an address on the underlay", "--encap", "a", "--vni", "1", capture);
        fails(
                "--remote: 'y' is not an IP address",
                "--encap",
                "a",
                "--vni",
                "1",
                "--local",
                "10.0.0.1",
                "--remote",
                "y",
                capture);
        fails(
                "--local and --remote must both be IPv4 or both be IPv6 addresses",
                "--encap",
                "a",
                "--vni",
                "1",
                "--local",
                "10.0.0.1",
                "--remote",
                "fd00::1",
                capture);
        fails(
                "--vni looks into tunnels without a topology; with -f the topology says which are ours",
                "--vni",
                "1",
                "-f",
                topology(),
                capture);
        var onto = Shell.millrace("replay", "--decap", capture, capture);
        assertThat(onto.err())
                .isEqualTo("millrace: " + capture + ": is the capture that is read, and would be overwritten\n");
        assertThat(onto.exit()).isEqualTo(1);
        var nowhere = Shell.millrace("replay", "--decap", "/nowhere/x.pcap", capture);
        assertThat(nowhere.err()).startsWith("millrace: /nowhere/x.pcap: ").hasLineCount(1);
        assertThat(nowhere.exit()).isEqualTo(1);
    }

    private static void fails(String sentence, String... words) {
        var all = new ArrayList<>(List.of("replay"));
        all.addAll(List.of(words));
        var result = Shell.millrace(all.toArray(String[]::new));
        assertThat(result.err()).isEqualTo("millrace: " + sentence + "\n");
        assertThat(result.exit()).isEqualTo(2);
    }
}
