package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What comes out of tunnels and goes into them. The captures under {@code vxlan/} were recorded by tcpdump beside two
 * vxlan devices of Linux 6.18, VNI 10 over IPv4 and VNI 2000020 over IPv6, on the interface below and on the devices
 * themselves: {@code inside-10.pcap} is what the kernel made of {@code underlay.pcap}.
 */
class TunnelsTest {
    private static final List<String> TSHARK = List.of(
            "tshark",
            "-n",
            "-d",
            "udp.port==8472,vxlan",
            "-o",
            "udp.check_checksum:TRUE",
            "-o",
            "ip.check_checksum:TRUE");

    /** Of the outer headers all but the status of checksums, which is that of the inner ones, too. */
    private static final String WHAT_TSHARK_SAYS =
            "-T fields -E occurrence=f -e vxlan.vni -e ip.src -e ipv6.src -e eth.dst"
                    + " -e udp.checksum -e _ws.expert.message -Y vxlan&&udp.srcport>=49152";

    /** What tshark remarks on a checksum of any layer that is wrong. */
    private static final String BAD = "Bad checksum";

    @TempDir
    Path directory;

    static Path recorded(String name) {
        return Path.of(Objects.requireNonNull(TunnelsTest.class.getResource("/vxlan/" + name))
                .getPath());
    }

    private Shell.Result replay(String... words) {
        var all = new ArrayList<>(List.of("replay", "-o", "json"));
        all.addAll(List.of(words));
        var result = Shell.millrace(all.toArray(String[]::new));
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.json()).containsEntry("conserved", true);
        return result;
    }

    private List<Records> inside(Path capture, String... more) throws IOException {
        var out = directory.resolve("inside.pcap");
        var words = new ArrayList<>(List.of("--decap", out.toString(), capture.toString()));
        words.addAll(List.of(more));
        replay(words.toArray(String[]::new));
        return Records.of(out);
    }

    private static String tshark(Path capture, String... more) throws IOException, InterruptedException {
        var words = new ArrayList<>(TSHARK);
        words.addAll(List.of("-r", capture.toString()));
        words.addAll(List.of(more));
        return Shell.run(words);
    }

    @Test
    void whatComesOutIsByteForByteWhatTheKernelsOwnDevicesReceived() throws IOException {
        for (String vni : List.of("10", "2000020")) {
            var ours = inside(recorded("underlay.pcap"), "--vni", vni);
            assertThat(Records.bytes(ours)).isEqualTo(Records.bytes(Records.of(recorded("inside-" + vni + ".pcap"))));
        }
    }

    @Test
    void everyFrameKeepsTheTimeOfItsPacketAndBothNetworksComeInTheOrderOfTheCapture() throws IOException {
        var outer = Records.of(recorded("underlay.pcap"));

        assertThat(inside(recorded("underlay.pcap")).stream().map(Records::nanos))
                .isEqualTo(outer.stream().map(Records::nanos).toList());
    }

    @Test
    void ofACutCaptureAsMuchComesOutAsWasKeptAndItsLengthsAreThoseInside() throws IOException {
        var cut = inside(recorded("underlay-cut.pcap"));
        var whole = inside(recorded("underlay.pcap"));

        assertThat(cut).hasSameSizeAs(whole);
        for (int i = 0; i < cut.size(); i++) {
            assertThat(cut.get(i).original()).isEqualTo(whole.get(i).bytes().length() / 2);
            assertThat(cut.get(i).bytes().length() / 2).isIn(90 - 50, 90 - 70);
            assertThat(whole.get(i).bytes()).startsWith(cut.get(i).bytes());
        }
    }

    @Test
    void theCommentOfAFrameSaysWhichPacketItWasInAndWhoSentItToWhom() throws Exception {
        var out = directory.resolve("inside.pcapng");
        replay("--decap", out.toString(), recorded("underlay.pcap").toString());

        assertThat(tshark(out, "-T", "fields", "-e", "frame.comment").lines())
                .hasSize(24)
                .contains("frame 1: VNI 10, 10.9.0.1 > 10.9.0.2", "frame 13: VNI 2000020, fd09::1 > fd09::2");
    }

    @Test
    void everyVxlanCaptureComesOutAsTsharkShowsIt() throws Exception {
        var captures = new ArrayList<Path>();
        for (var capture : Golden.captures(Shell.captures())) {
            if (Golden.text(capture).matches("(?s).*(\"p\":\"vxlan\"|\"dp\":8472).*")) {
                captures.add(capture);
            }
        }
        var swarm = Shell.captures().resolve("../docker-transcripts/golden/vxlan-swarm.pcap");
        if (Files.exists(swarm)) {
            captures.add(swarm);
        }
        assertThat(captures).hasSizeGreaterThan(5);
        for (var capture : captures) {
            assertThat(Records.bytes(inside(capture, "--vxlan-port", "8472")))
                    .as(capture.toString())
                    .isEqualTo(insideByTshark(capture));
        }
    }

    /** The bytes of each frame from where tshark sees the Ethernet header behind the first VXLAN header. */
    private List<String> insideByTshark(Path capture) throws Exception {
        var plain = directory.resolve("plain.pcap");
        Shell.run("editcap", "-F", "nsecpcap", capture.toString(), plain.toString());
        var frames = Records.bytes(Records.of(plain));
        var inside = new ArrayList<String>();
        var xml = XMLInputFactory.newDefaultFactory()
                .createXMLStreamReader(new StringReader(tshark(capture, "-T", "pdml")));
        int frame = -1;
        boolean behindVxlan = false;
        boolean found = false;
        while (xml.hasNext()) {
            if (xml.next() != XMLStreamReader.START_ELEMENT) {
                continue;
            }
            String name = xml.getAttributeValue(null, "name");
            if (xml.getLocalName().equals("packet")) {
                frame++;
                behindVxlan = false;
                found = false;
            } else if (xml.getLocalName().equals("proto") && "vxlan".equals(name)) {
                behindVxlan = true;
            } else if (xml.getLocalName().equals("proto") && "eth".equals(name) && behindVxlan && !found) {
                found = true;
                inside.add(frames.get(frame).substring(2 * position(xml)));
            }
        }
        return inside;
    }

    private static int position(XMLStreamReader at) {
        return Integer.parseInt(at.getAttributeValue(null, "pos"));
    }

    @Test
    void whatGoesInIsAPacketThatTsharkFindsNoFaultWith() throws Exception {
        var tunnels = List.of("10.9.0.1 10.9.0.2 full", "fd09::1 ff05::100 full", "192.0.2.1 239.1.2.3 zero");
        for (var tunnel : tunnels) {
            var ends = tunnel.split(" ");
            var out = encap(recorded("inside-10.pcap"), ends[0], ends[1], "--checksum", ends[2]);

            var fields = tshark(out, WHAT_TSHARK_SAYS.split(" "));
            assertThat(fields.lines())
                    .hasSize(12)
                    .allMatch(line -> line.startsWith("7\t"))
                    .noneMatch(line -> line.contains("Malformed"))
                    .noneMatch(line -> line.contains(BAD));
            assertThat(fields).contains("\t" + ends[0] + "\t").contains(mac(ends[1]));
            assertThat(fields.contains("\t0x0000")).isEqualTo(ends[2].equals("zero"));
        }
    }

    private static String mac(String remote) {
        return switch (remote) {
            case "10.9.0.2" -> "02:00:0a:09:00:02";
            case "239.1.2.3" -> "01:00:5e:01:02:03";
            default -> "33:33:00:00:01:00";
        };
    }

    private Path encap(Path capture, String local, String remote, String... more) {
        var out = directory.resolve("underlay.pcap");
        var words = new ArrayList<>(List.of(
                "--encap", out.toString(), "--vni", "7", "--local", local, "--remote", remote, capture.toString()));
        words.addAll(List.of(more));
        replay(words.toArray(String[]::new));
        return out;
    }

    @Test
    void whatWentInComesOutUnchangedWhateverItWas() throws IOException {
        var captures = new ArrayList<>(List.of(recorded("inside-10.pcap"), recorded("underlay-cut.pcap")));
        captures.addAll(List.of(recorded("underlay.pcap"), recorded("inside-2000020.pcap")));
        for (var capture : captures) {
            for (String local : List.of("10.9.0.1", "fd09::1")) {
                String remote = local.equals("fd09::1") ? "fd09::2" : "10.9.0.2";
                var out = encap(capture, local, remote, "--inner-vlan", "keep", "--vxlan-port", "8472");

                assertThat(inside(out, "--vxlan-port", "8472")).isEqualTo(Records.of(capture));
            }
        }
    }

    @Test
    void tagsAreTakenOffUnlessTheyAreToBeKept() throws IOException {
        var tagged = Pcap.ethernet();
        var bytes = new byte[64];
        bytes[12] = (byte) 0x81; // 802.1Q, VLAN 5, then IPv4
        bytes[15] = 5;
        bytes[16] = 8;
        var capture = Path.of(tagged.bytes(1, bytes, 64).to(directory.resolve("tagged.pcap")));

        var bare = inside(encap(capture, "10.9.0.1", "10.9.0.2"));
        assertThat(bare.getFirst().bytes()).isEqualTo("00".repeat(12) + "08" + "00".repeat(47));
        assertThat(inside(encap(capture, "10.9.0.1", "10.9.0.2", "--inner-vlan", "keep")))
                .isEqualTo(Records.of(capture));
    }

    @Test
    void whatIsNoVxlanIsCountedNotWritten() throws IOException {
        var capture = Pcap.ethernet()
                .frame(1, Pcap.station(1), Pcap.BROADCAST)
                .frame(2, Pcap.station(2), Pcap.station(1), 10, 60)
                .to(directory.resolve("lan.pcap"));
        var out = directory.resolve("out.pcap");
        var result = replay(
                "--decap", out.toString(), capture, recorded("underlay.pcap").toString());

        assertThat(Records.of(out)).hasSize(24);
        assertThat(result.json().get("vxlan"))
                .isEqualTo(Map.of(
                        "vni",
                        "all",
                        "packets",
                        24,
                        "not_vxlan",
                        2,
                        "networks",
                        List.of(Map.of("vni", 10, "packets", 12), Map.of("vni", 2000020, "packets", 12))));
        assertThat((List<?>) result.json().get("drops")).isEmpty();
    }

    @Test
    void aNetworkThatIsNotThereIsToldWithThoseThatAre() {
        assertThat(replay("--vni", "7", recorded("underlay.pcap").toString()).err())
                .isEqualTo("millrace: there is no VXLAN packet of network 7 in it; there are packets of 10, 2000020\n");
    }
}
