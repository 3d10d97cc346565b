package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user is told about one frame's way. */
class TraceTest {
    private static final String A = Pcap.station(1);
    private static final String B = Pcap.station(2);
    private static final String C = Pcap.station(3);

    @TempDir
    Path directory;

    private String capture = "";

    @BeforeEach
    void record() throws IOException {
        capture = Pcap.ethernet()
                .frame(1, A, Pcap.BROADCAST)
                .frame(2, B, A)
                .frame(3, C, Pcap.BROADCAST)
                .frame(4, A, B)
                .frame(5, A, "01:80:c2:00:00:00")
                .frame(6, A, A)
                .to(directory.resolve("lan.pcap"));
    }

    private String trace(int frame) {
        var result = Shell.millrace("trace", capture, "--frame", Integer.toString(frame));
        assertThat(result.exit()).as(result.err()).isZero();
        return result.out();
    }

    @Test
    void aFrameToAKnownStationIsToldStepByStep() {
        assertThat(trace(4).lines().map(String::strip))
                .containsExactly(
                        "frame 4  1970-01-01 00:00:04.000000000  60 bytes",
                        "Ethernet  " + A + " > " + B + "  unknown (0x88b5)",
                        "payload  46 bytes",
                        "",
                        "stations  enters by port " + A,
                        "switch    the source is where it was, behind port " + A,
                        "switch    the destination is behind port " + B,
                        "→         left by port " + B,
                        "");
    }

    @Test
    void aBroadcastLeavesByEveryOtherPort() {
        assertThat(trace(3))
                .contains("the source is new: learned behind port " + C)
                .contains("broadcast: to all other ports")
                .contains("left by port " + A)
                .contains("left by port " + B)
                .doesNotContain("left by port " + C);
    }

    @Test
    void aDropIsToldOnceWithItsReason() {
        String reserved = trace(5);

        assertThat(reserved).contains("drop: the destination is reserved for the link itself");
        assertThat(reserved.split("drop: ", -1)).hasSize(2);
        assertThat(reserved).doesNotContain("left by");
        assertThat(trace(6)).contains("drop: the destination is behind the port the frame came from");
        assertThat(trace(1)).contains("drop: there is no other port to flood to");
    }

    @Test
    void aFrameBeyondTheEndIsOneSentence() {
        var result = Shell.millrace("trace", capture, "--frame", "7");

        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).isEqualTo("millrace: " + capture + ": has 6 frames, there is no frame 7\n");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void aFilterFindsTheSameFramesAsTshark() throws Exception {
        var real = Shell.captures().resolve("tcpreplay--test.pcap").toString();
        assertThat(numbers(real, "172.16.11.12 74.125.19.17"))
                .isEqualTo(byTshark(real, "ip.addr==172.16.11.12 && ip.addr==74.125.19.17"));
        assertThat(numbers(real, "host 00:1f:f3:3c:e1:13")).isEqualTo(byTshark(real, "eth.addr==00:1f:f3:3c:e1:13"));
        var six = Shell.captures().resolve("tcpdump--icmpv6.pcap").toString();
        assertThat(numbers(six, "ff02::1"))
                .isEqualTo(byTshark(six, "ipv6.addr==ff02::1"))
                .isNotEmpty();
        var arp = Shell.captures().resolve("zeek--arp-who-has.pcap").toString();
        var sender = Shell.run("tshark", "-r", arp, "-T", "fields", "-e", "arp.src.proto_ipv4", "-c", "1")
                .strip();
        assertThat(numbers(arp, sender))
                .isEqualTo(byTshark(arp, "arp.src.proto_ipv4==" + sender + " || arp.dst.proto_ipv4==" + sender))
                .isNotEmpty();
    }

    private static String numbers(String file, String filter) {
        var result = Shell.millrace("trace", file, "--filter", filter, "--limit", "1000");
        return result.out()
                .lines()
                .filter(line -> line.startsWith("frame "))
                .map(line -> line.split(" +", -1)[1] + "\n")
                .reduce("", String::concat);
    }

    private static String byTshark(String file, String filter) throws Exception {
        return Shell.run("tshark", "-r", file, "-Y", filter, "-T", "fields", "-e", "frame.number");
    }

    @Test
    void withoutALimitTheFirstTenFramesAreTold() throws IOException {
        var many = Pcap.ethernet();
        for (int i = 0; i < 30; i++) {
            many.frame(i, i % 2 == 0 ? A : B, i % 2 == 0 ? B : A);
        }
        var file = many.to(directory.resolve("many.pcap"));

        assertThat(numbersOf(Shell.millrace("trace", file))).hasSize(10);
        assertThat(numbersOf(Shell.millrace("trace", file, "--filter", A, "--limit", "3")))
                .hasSize(3);
    }

    private static List<String> numbersOf(Shell.Result result) {
        return result.out().lines().filter(line -> line.startsWith("frame ")).toList();
    }

    @Test
    void aFrameThatIsNotEthernetIsToldNotToBeSwitched() throws IOException {
        var raw = Pcap.ofLinkType(101).bytes(1, new byte[] {0x45, 0, 0, 20}, 20).to(directory.resolve("raw.pcap"));

        assertThat(Shell.millrace("trace", raw, "--frame", "1").out())
                .contains("not switched: only Ethernet frames are, this is raw IP");
    }

    @Test
    void inATopologyTheWayGoesThroughItsSwitches() throws IOException {
        var topology = directory.resolve("topology.yaml");
        Files.writeString(topology, """
                networks: { lan: { driver: bridge } }
                services:
                  a: { networks: [lan], mac_address: "%s", x-millrace: { attach: { memory: a }, vlan: { access: 10 } } }
                  b: { networks: [lan], mac_address: "%s", x-millrace: { attach: { memory: b }, vlan: { access: 20 } } }
                  c: { networks: [lan], mac_address: "%s", x-millrace: { attach: { memory: c }, vlan: { access: 10 } } }
                """.formatted(A, B, C));
        var out = Shell.millrace("trace", capture, "-f", topology.toString(), "--frame", "3")
                .out();

        assertThat(out)
                .contains("enters by port c")
                .contains("belongs to VLAN 10")
                .contains("left by port a")
                .doesNotContain("left by port b");
    }

    @Test
    void aFilterThatIsNoAddressIsAUsageError() {
        var result = Shell.millrace("trace", capture, "--filter", "10.0.0");

        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err()).contains("'10.0.0' is no MAC, IPv4 or IPv6 address");
        assertThat(Shell.millrace("trace", capture, "--filter", "").exit()).isEqualTo(2);
        assertThat(Shell.millrace("trace", capture, "--frame", "0").exit()).isEqualTo(2);
        assertThat(Shell.millrace("trace", capture, "--limit", "0").exit()).isEqualTo(2);
    }
}
