package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.frame;
import static io.millrace.tools.probe.Bytes.hex;
import static io.millrace.tools.probe.Bytes.numbered;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a tunnel endpoint sends to other hosts, RFC 7348, seen from outside. Every packet is judged by {@link Outer#read}. */
class VxlanSentTest extends VxlanProbe {
    private static final int FLOWS = 120;

    String kind() {
        return "interface";
    }

    @Override
    RunningVtep start(Path directory) throws IOException {
        return new RunningVtep(directory, VxlanTest.plainTopology(kind()), false, 1500, "s1", "s2");
    }

    @Test
    void everyFieldOfTheOuterHeadersIsAsTheRfcsWantIt() {
        var frame = anyFrame();
        var arrived = vtep.send("s1", frame);
        assertThat(arrived.at("s2")).isEqualTo(List.of(hex(frame)));
        assertThat(arrived.at("s1")).isEmpty();
        goesToBothHosts(arrived, frame);
        for (var packet : arrived.packets()) {
            assertThat(packet.destinationMac).isEqualTo(Outer.HOP_MAC);
            assertThat(packet.sourceMac).isEqualTo(Outer.SELF_MAC);
            assertThat(packet.source).isEqualTo("10.9.0.1");
            assertThat(packet.service).isZero();
            assertThat(packet.sourcePort).isBetween(49_152, 65_535);
            assertThat(packet.port).isEqualTo(4789);
            assertThat(packet.checksum).isZero();
            assertThat(packet.vni).isEqualTo(5);
        }
    }

    @Test
    void framesOfEveryLengthTravelAsTheyAre() throws IOException {
        var there = stranger();
        learnAt(2, there);
        var here = stranger();
        var frames = new ArrayList<byte[]>();
        for (int length = 14; length <= 1464; length++) {
            frames.add(frame(length, there, here, "88b5"));
        }
        var before = vtep.drops();
        var arrived = vtep.send("s1", frames.toArray(byte[][]::new));
        assertThat(arrived.packets().stream().map(Outer::innerHex).toList())
                .isEqualTo(frames.stream().map(Bytes::hex).toList());
        assertThat(arrived.packets())
                .allSatisfy(packet -> assertThat(packet.destination).isEqualTo("10.9.0.2"));
        assertThat(arrived.at("s2")).isEmpty();
        assertThat(vtep.dropsSince(before)).isEmpty();
    }

    @Test
    void whatIsLongerThanTheTunnelIsDroppedThereAndNeverSplit() throws IOException {
        var there = stranger();
        learnAt(2, there);
        for (int length : new int[] {1465, 1466, 1500, 1514, 2000, 9014}) {
            refused("s1", Map.of("tunnel.lan EXCEEDS_TUNNEL", 1L), frame(length, there, stranger(), "88b5"));
        }
        var longest = frame(1464, there, stranger(), "88b5");
        assertThat(only(vtep.send("s1", longest)).innerHex()).isEqualTo(hex(longest));
    }

    @Test
    void noPacketLeavesForAnIpPacketThatIsTooLong() {
        var there = stranger();
        learnAt(3, there);
        for (boolean v6 : new boolean[] {false, true}) {
            int header = 14 + (v6 ? 40 : 20) + 8;
            var longest = Inner.udp(v6, there, stranger(), 0, 1, 2, 1464 - header);
            assertThat(only(vtep.send("s1", longest)).innerHex()).isEqualTo(hex(longest));
            var longer = Inner.udp(v6, there, stranger(), 0, 1, 2, 1465 - header);
            var arrived = vtep.send("s1", longer);
            assertThat(arrived.at(UNDERLAY)).isEmpty();
            assertThat(arrived.at("s2")).isEmpty();
        }
    }

    @Test
    void betweenLocalPortsFullSizeFramesPass() throws IOException {
        var there = stranger();
        learn("s2", there);
        for (int length : new int[] {1464, 1465, 1514, 9014}) {
            var frame = frame(length, there, stranger(), "88b5");
            comesOut(vtep.send("s1", frame), List.of(frame), "s2");
        }
        var flooded = frame(1514, BROADCAST, stranger(), "88b5");
        var before = vtep.drops();
        comesOut(vtep.send("s1", flooded), List.of(flooded), "s2");
        assertThat(vtep.dropsSince(before)).isEqualTo(Map.of("tunnel.lan EXCEEDS_TUNNEL", 2L));
    }

    @Test
    void theSourcePortTellsFlowsApartAndNothingElse() {
        var there = stranger();
        learnAt(2, there);
        for (boolean v6 : new boolean[] {false, true}) {
            for (int protocol : new int[] {6, 17, 132}) {
                entropy(v6, protocol, there, true);
                entropy(v6, protocol, there, false);
            }
        }
    }

    private void entropy(boolean v6, int protocol, String there, boolean bySource) {
        var here = stranger();
        var flows = new byte[2 * FLOWS][];
        for (int i = 0; i < FLOWS; i++) {
            int from = bySource ? 40_000 + i : 40_000;
            int to = bySource ? 443 : 1000 + i;
            flows[i] = Inner.ip(v6, there, here, 0, protocol, from, to, 30);
            flows[FLOWS + i] = Inner.ip(v6, there, here, 0, protocol, from, to, 500);
        }
        var ports =
                vtep.send("s1", flows).packets().stream().map(o -> o.sourcePort).toList();
        assertThat(ports).hasSize(2 * FLOWS).allSatisfy(port -> assertThat(port).isBetween(49_152, 65_535));
        assertThat(ports.subList(FLOWS, 2 * FLOWS)).isEqualTo(ports.subList(0, FLOWS));
        assertThat(new HashSet<>(ports)).hasSizeGreaterThanOrEqualTo(100);
    }

    @Test
    void flowsThatAreNoIpAreToldApartByTheirAddresses() {
        var frames = new byte[FLOWS][];
        var there = stranger();
        learnAt(2, there);
        for (int i = 0; i < FLOWS; i++) {
            frames[i] = numbered(there, stranger(), 7);
        }
        var ports = new HashSet<Integer>();
        vtep.send("s1", frames).packets().forEach(o -> ports.add(o.sourcePort));
        assertThat(ports).hasSizeGreaterThanOrEqualTo(100);
    }

    @Test
    void allFragmentsOfAPacketTravelAsOneFlow() {
        var there = stranger();
        learnAt(2, there);
        var first = Inner.udp(false, there, stranger(), 0, 7, 8, 64);
        first[20] = 0x20; // more fragments; the checksum of the inner header is not a tunnel's business
        var last = first.clone();
        last[20] = 0;
        last[21] = 9;
        Arrays.fill(last, 34, last.length, (byte) 0x5A);
        var packets = vtep.send("s1", first, last).packets();
        assertThat(packets).hasSize(2);
        assertThat(packets.get(1).sourcePort).isEqualTo(packets.get(0).sourcePort);
    }

    @Test
    void tagsEndAtTheTunnelAndPassBetweenLocalPorts() {
        for (var tag : List.of("81000005", "8100e005", "88a80005", "88a8000581000006", "91000005", "81000000")) {
            var bare = anyFrame();
            var tagged = Inner.tagged(bare, tag);
            var arrived = vtep.send("s1", tagged);
            assertThat(arrived.at("s2")).isEqualTo(List.of(hex(tagged)));
            goesToBothHosts(arrived, bare);
        }
        var there = stranger();
        learnAt(3, there);
        var bare = frame(1464, there, stranger(), "88b5");
        var packet = only(vtep.send("s2", Inner.tagged(bare, "81000005")));
        assertThat(packet.innerHex()).isEqualTo(hex(bare)); // the longest one: what counts is without the tag
    }

    @Test
    void theCongestionFieldIsCopiedAndTheRestOfTheServiceByteIsNot() {
        var there = stranger();
        learnAt(2, there);
        for (boolean v6 : new boolean[] {false, true}) {
            for (int service = 0; service < 256; service += 5) {
                var frame = Inner.udp(v6, there, stranger(), service, 1, 2, 20);
                var packet = only(vtep.send("s1", frame));
                assertThat(packet.service).as("for %x", service).isEqualTo(service & 3);
                assertThat(packet.innerHex()).isEqualTo(hex(frame));
            }
        }
    }

    @Test
    void whatIsFloodedGoesToEachHostOnceAlthoughTheyShareANextHop() {
        for (var group : List.of(BROADCAST, "01005e000001", "333300000001", "0180c2000010", stranger())) {
            var frame = numbered(group, stranger(), 1);
            var arrived = vtep.send("s2", frame);
            assertThat(arrived.at("s1")).isEqualTo(List.of(hex(frame)));
            goesToBothHosts(arrived, frame);
        }
    }

    @Test
    void whatABridgeKeepsToItselfEntersNoTunnel() throws IOException {
        for (int last = 0; last <= 0x0F; last++) {
            var reserved = "0180c20000%02x".formatted(last);
            refused("s1", Map.of("bridge.lan RESERVED_ADDRESS", 1L), numbered(reserved, stranger(), 1));
        }
        refused("s1", Map.of("bridge.lan SOURCE_IS_GROUP", 1L), numbered(BROADCAST, "030000000001", 1));
    }

    @Test
    void aBurstLeavesWholeAndInOrder() {
        var there = stranger();
        learnAt(2, there);
        var here = stranger();
        var frames = new ArrayList<byte[]>();
        for (int i = 0; i < 5_000; i++) {
            frames.add(numbered(there, here, i));
        }
        var arrived = vtep.send("s1", frames.toArray(byte[][]::new));
        assertThat(arrived.packets().stream().map(Outer::innerHex).toList())
                .isEqualTo(frames.stream().map(Bytes::hex).toList());
    }
}
