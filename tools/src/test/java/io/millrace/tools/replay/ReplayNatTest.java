package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same connections recorded on both sides of Docker's NAT (dockerd 20.10.24: two curls to a published port, a datagram
 * that is answered by an ICMP error, a curl and two pings out, a SYN to a port that is not published), replayed through a
 * topology that is like it.
 */
class ReplayNatTest {
    private static final String UPLINK = "8e:4b:9b:7c:d9:3b";
    private static final String GATEWAY = "6e:c3:e9:77:6f:37";
    private static final String CLIENT = "192.168.99.104";

    /** All of a packet but what the next link changes, and the checksums that the recording host left to its network card. */
    private static final List<String> FIELDS = List.of(
                    "ip.version ip.hdr_len ip.dsfield ip.len ip.id ip.flags ip.ttl ip.checksum ip.src ip.dst tcp.srcport tcp.dstport"
                            .split(" "),
                    "tcp.seq_raw tcp.ack_raw tcp.flags tcp.window_size_value tcp.options tcp.payload udp.srcport udp.dstport"
                            .split(" "),
                    "udp.length icmp.type icmp.code icmp.checksum icmp.ident icmp.seq data.data".split(" "))
            .stream()
            .flatMap(some -> Arrays.stream(some))
            .toList();

    @TempDir
    private Path folder;

    private String inside = "";
    private String outside = "";
    private String topology = "";

    @BeforeEach
    void record() throws IOException {
        inside = resource("docker-inside.pcap");
        outside = resource("docker-outside.pcap");
        topology = topology("");
    }

    private static String resource(String name) {
        return Objects.requireNonNull(ReplayNatTest.class.getResource("/io/millrace/tools/nat/" + name))
                .getPath();
    }

    private String topology(String more) throws IOException {
        return Files.writeString(folder.resolve("topology.yaml"), """
                x-millrace:
                  uplink: { interface: eth0, address: 192.168.99.103/24 }
                %s
                networks:
                  docker0: { ipam: { config: [ { subnet: 172.17.0.0/16 } ] } }
                services:
                  web:
                    networks: { docker0: { ipv4_address: 172.17.0.2, x-millrace: { attach: { memory: web } } } }
                    ports: [ "8070:80", "5353:53/udp" ]
                  other:
                    networks: { docker0: { ipv4_address: 172.17.0.3, x-millrace: { attach: { memory: other } } } }
                """.formatted(more))
                .toString();
    }

    private Map<String, Object> replay(String... captures) {
        var all = new ArrayList<>(List.of("replay", "-f", topology, "-o", "json", "--out", out().toString()));
        all.addAll(List.of(captures));
        var result = Shell.millrace(all.toArray(String[]::new));
        assertThat(result.exit()).as(result.err()).isZero();
        var json = result.json();
        assertThat(json).containsEntry("conserved", true);
        return json;
    }

    private Path out() {
        return folder.resolve("out");
    }

    /** As tshark sees the packets. */
    private static List<String> packets(String file, String filter) throws Exception {
        var command = new ArrayList<>(List.of("tshark", "-r", file, "-Y", filter, "-T", "fields"));
        FIELDS.forEach(field -> command.addAll(List.of("-e", field)));
        return Shell.run(command).lines().toList();
    }

    private List<String> left(String port, String filter) throws Exception {
        return packets(out().resolve(port + ".pcapng").toString(), filter);
    }

    private static List<String> drops(Map<String, Object> json) {
        return ((List<?>) Objects.requireNonNull(json.get("drops")))
                .stream()
                        .map(drop -> (Map<?, ?>) drop)
                        .map(drop -> drop.get("frames") + " " + drop.get("reason") + " at " + drop.get("node"))
                        .toList();
    }

    @Test
    void bothSidesOfDockersNatGiveEachOther() throws Exception {
        var json = replay(inside, outside);

        assertThat(left("uplink", "ip"))
                .hasSize(21)
                .isEqualTo(packets(outside, "ip && eth.src==" + UPLINK + " && !(tcp.srcport==8099)"));
        assertThat(left("web", "ip.src==" + CLIENT))
                .hasSize(13)
                .isEqualTo(packets(inside, "ip.dst==172.17.0.2 && eth.src==" + GATEWAY));
        assertThat(left("other", "ip.src==" + CLIENT))
                .hasSize(8)
                .isEqualTo(packets(inside, "ip.dst==172.17.0.3 && eth.src==" + GATEWAY));
        assertThat(drops(json)).contains("1 NOT_PUBLISHED at gateway.uplink", "45 OWN_FRAME at stations");
        assertThat((Map<?, ?>) json.get("nat")).satisfies(nat -> {
            assertThat(nat.get("opened")).isEqualTo(5);
            assertThat(nat.get("states")).isEqualTo(Map.of("time-wait", 3, "unreplied", 1, "replied", 1));
            assertThat(nat.get("mappings")).isEqualTo(2);
        });
    }

    @Test
    void whatBeganInsideLeavesTranslatedFromTheInsideAlone() throws Exception {
        replay(inside);

        var hidden = "(tcp.dstport==9080 || icmp.type==8)";
        assertThat(left("uplink", hidden)).hasSize(8).isEqualTo(packets(outside, hidden + " && eth.src==" + UPLINK));
    }

    @Test
    void whatBeganOutsideEntersTranslatedFromTheOutsideAlone() throws Exception {
        replay(outside);

        var published = "(tcp.dstport==80 || udp.dstport==53) && !icmp";
        assertThat(left("web", published)).hasSize(13).isEqualTo(packets(inside, published));
    }

    @Test
    void everyFrameEntersByThePortThatIsNamed() {
        var result = Shell.millrace("replay", "-f", topology, "--in", "uplink", "-o", "json", outside);

        assertThat(drops(result.json())).contains("22 NOT_OURS at ip.uplink");
        var wrong = Shell.millrace("replay", "-f", topology, "--in", "eth0", outside);
        assertThat(wrong.exit()).isEqualTo(2);
        assertThat(wrong.err())
                .isEqualTo("millrace: --in eth0: the topology has no such port; it has web, other, uplink\n");
    }

    /** A datagram without a checksum of its own, RFC 768 and RFC 791. */
    private static byte[] datagram(String from, int source, int fromPort, int destination, int toPort) {
        var bytes = ByteBuffer.allocate(46);
        bytes.put(new byte[] {2, 0x42, (byte) 0xac, 0x11, 0, 1});
        for (var pair : from.split(":", -1)) {
            bytes.put((byte) Integer.parseInt(pair, 16));
        }
        bytes.putShort((short) 0x0800);
        bytes.putInt(0x4500_0020).putInt(0).putInt(0x4011_0000).putInt(source).putInt(destination);
        bytes.putShort((short) fromPort).putShort((short) toPort).putShort((short) 12);
        int sum = 0;
        for (int at = 14; at < 34; at += 2) {
            sum += bytes.getShort(at) & 0xFFFF;
        }
        bytes.putShort(24, (short) ~((sum & 0xFFFF) + (sum >>> 16)));
        return bytes.array();
    }

    private static final int WEB = 0xAC11_0002, OTHER = 0xAC11_0003, SERVER = 0xC0A8_6368;
    private static final String A = "02:00:00:00:00:0a", B = "02:00:00:00:00:0b";

    @Test
    void theSameCaptureAlwaysGetsTheSameOutsidePorts() throws Exception {
        var capture = Pcap.ethernet();
        for (int port = 5000; port < 5020; port++) {
            capture.bytes(port, datagram(A, WEB, port, SERVER, 7), 46);
            capture.bytes(port, datagram(B, OTHER, port, SERVER, 7), 46);
        }
        var file = capture.to(folder.resolve("clash.pcap"));
        replay(file);
        var once = Files.readAllBytes(out().resolve("uplink.pcapng"));
        var ports = Shell.run(
                        "tshark", "-r", out().resolve("uplink.pcapng").toString(), "-T", "fields", "-e", "udp.srcport")
                .lines()
                .distinct()
                .toList();
        assertThat(ports).as("no two have the same").hasSize(40).contains("5000", "5019");
        replay(file);

        assertThat(Files.readAllBytes(out().resolve("uplink.pcapng"))).isEqualTo(once);
    }

    @Test
    void connectionsEndByTheClockOfTheCapture() throws IOException {
        var capture = Pcap.ethernet();
        capture.bytes(0, datagram(A, WEB, 5000, SERVER, 7), 46);
        capture.bytes(299, datagram(A, WEB, 5000, SERVER, 7), 46);
        capture.bytes(299 + 302, datagram(A, WEB, 5000, SERVER, 7), 46);
        var file = capture.to(folder.resolve("slow.pcap"));

        assertThat(((Map<?, ?>) Objects.requireNonNull(replay(file).get("nat"))).get("opened"))
                .as("RFC 4787 REQ-5: five minutes")
                .isEqualTo(2);
        topology = topology("  nat: { timeouts: linux }");
        assertThat(((Map<?, ?>) Objects.requireNonNull(replay(file).get("nat"))).get("opened"))
                .as("nf_conntrack_udp_timeout: 30 s")
                .isEqualTo(3);
    }

    @Test
    void moreConnectionsThanAreLookedAtInOnePieceAreAllCounted() throws IOException {
        var capture = Pcap.ethernet();
        for (int port = 20_000; port < 40_000; port++) {
            capture.bytes(port * 1e-4, datagram(A, WEB, port, SERVER, 7), 46);
        }
        var nat = (Map<?, ?>) Objects.requireNonNull(
                replay(capture.to(folder.resolve("many.pcap"))).get("nat"));

        assertThat(nat.get("sessions")).isEqualTo(20_000);
        assertThat(nat.get("states")).isEqualTo(Map.of("unreplied", 20_000));
        assertThat(nat.get("mappings")).isEqualTo(20_000);
    }

    private String trace(String capture, int frame) {
        var result = Shell.millrace("trace", "-f", topology, capture, "--frame", "" + frame);
        assertThat(result.exit()).as(result.err()).isZero();
        return String.join("\n", result.out().lines().map(String::strip).toList());
    }

    @Test
    void traceTellsAPacketsTuplesBeforeAndAfterAndWhy() {
        assertThat(trace(outside, 1)).contains("""
                stations        enters by port uplink
                gateway.uplink  TCP 192.168.99.104:48414 > 192.168.99.103:8070 becomes 192.168.99.104:48414 > 172.17.0.2:80
                gateway.uplink  a new session, to what is published: web at 0.0.0.0:8070/tcp, which leads to 172.17.0.2:80
                gateway.uplink  leaves by docker0 to 172.17.0.2
                """);
        assertThat(trace(outside, 3)).contains("gateway.uplink  of a session that is syn-answered\n");
        assertThat(trace(outside, 2)).contains("stations  drop: this host has sent it itself");
        assertThat(trace(outside, 43)).contains("""
                gateway.uplink  TCP 192.168.99.104:42656 > 192.168.99.103:8099
                gateway.uplink  drop: no port is published there""");
        assertThat(trace(inside, 47)).contains("""
                gateway.docker0  TCP 172.17.0.3:51982 > 192.168.99.104:9080 becomes 192.168.99.103:51982 > 192.168.99.104:9080
                gateway.docker0  a new session, hidden behind 192.168.99.103:51982
                gateway.docker0  leaves by uplink to 192.168.99.104
                """);
        assertThat(trace(inside, 59))
                .contains("ICMP 172.17.0.3 > 192.168.99.104 identifier 37115 becomes 192.168.99.103");
    }

    @Test
    void traceTellsWhatAnIcmpErrorIsAboutBeforeAndAfter() throws Exception {
        var both = folder.resolve("both.pcap").toString();
        Shell.run("mergecap", "-F", "pcap", "-w", both, inside, outside);
        var number = Shell.run(
                        "tshark",
                        "-r",
                        both,
                        "-Y",
                        "icmp.type==3 && ip.src==172.17.0.2",
                        "-T",
                        "fields",
                        "-e",
                        "frame.number")
                .strip();

        assertThat(trace(both, Integer.parseInt(number)))
                .contains("gateway.docker0  an ICMP error about UDP 192.168.99.104:56736 > 172.17.0.2:53"
                        + " becomes one about 192.168.99.104:56736 > 192.168.99.103:5353")
                .contains("gateway.docker0  an answer of a session that is unreplied")
                .contains("left by port uplink");
    }
}
