package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.frame;
import static io.millrace.tools.probe.Bytes.numbered;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.tools.probe.Outer.Sum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * What a tunnel endpoint takes from the underlay, RFC 7348, seen from outside: crafted packets on a real cable, and what
 * comes out of the others. All that stays outside is counted by name, once, and teaches nothing.
 */
class VxlanTest extends VxlanProbe {
    String kind() {
        return "interface";
    }

    @Override
    RunningVtep start(Path directory) throws IOException {
        return new RunningVtep(directory, plainTopology(kind()), false, 1500, "s1", "s2");
    }

    static String plainTopology(String kind) {
        return """
               x-millrace:
                 underlay:
                   interface: sU
                   address: 10.9.0.1/24
                   mac: "02:00:0a:09:00:01"
                   neighbors: { 10.9.0.2: "02:00:0a:09:00:02", 10.9.0.3: "02:00:0a:09:00:02" }
               networks:
                 lan: { driver: overlay, x-millrace: { ageing: 3s, vni: 5, vtep: { peers: [ 10.9.0.2, 10.9.0.3 ] } } }
               services:
                 s1: { networks: [ lan ], x-millrace: { attach: { %1$s: s1 } } }
                 s2: { networks: [ lan ], x-millrace: { attach: { %1$s: s2 } } }
               """.formatted(kind);
    }

    @Test
    void framesOfEveryLengthComeOutAsTheyWentInWithoutPaddingAndInOrder() throws IOException {
        var inners = new ArrayList<byte[]>();
        var packets = new ArrayList<byte[]>();
        var there = stranger();
        for (int length = 14; length <= 1464; length++) {
            inners.add(frame(length, BROADCAST, there, "88b5"));
            packets.add(packet(inners.getLast(), AS_IT_IS));
        }
        delivered(inners, packets, "s1", "s2");
    }

    @Test
    void whatIsBehindThePacketsEndIsNoPartOfTheFrame() throws IOException {
        var inners = new ArrayList<byte[]>();
        var packets = new ArrayList<byte[]>();
        for (int padding : new int[] {1, 2, 4, 6, 20, 46, 300}) {
            inners.add(frame(14 + padding % 7, BROADCAST, stranger(), "88b5"));
            packets.add(packet(inners.getLast(), o -> {
                o.padding = new byte[padding];
                Arrays.fill(o.padding, (byte) 0xA5);
            }));
        }
        // A datagram that ends before its packet does is whole, too (RFC 768): its length counts.
        var whole = frame(100, BROADCAST, stranger(), "88b5");
        inners.add(Arrays.copyOf(whole, 90));
        packets.add(packet(whole, o -> o.udpLengthLie = -10));
        delivered(inners, packets, "s1", "s2");
    }

    @Test
    void withoutTheFlagThatThereIsAnIdentifierNothingIsTaken() throws IOException {
        for (int flags = 0; flags < 256; flags++) {
            int said = flags & ~8;
            if (said == flags) {
                refused("vxlan VXLAN_NO_VNI", o -> o.flags = said);
            }
        }
    }

    @Test
    void reservedBitsAreNotLookedAt() throws IOException {
        for (int bit = 0; bit < 64; bit++) {
            int at = bit;
            boolean identifier = bit >= 32 && bit < 56;
            if (!identifier && bit != 4) {
                delivered(o -> {
                    o.flags |= at < 8 ? 0x80 >>> at : 0;
                    o.reserved |= at >= 8 && at < 32 ? 0x80_0000 >>> at - 8 : 0;
                    o.reservedLast |= at >= 56 ? 0x80 >>> at - 56 : 0;
                });
            }
        }
        delivered(o -> {
            o.flags = 0xFF;
            o.reserved = 0xFF_FFFF;
            o.reservedLast = 0xFF;
        });
    }

    @Test
    void anotherIdentifierIsNobodys() throws IOException {
        for (int bit = 0; bit < 24; bit++) {
            int vni = 5 ^ 1 << bit;
            refused("vxlan VXLAN_UNKNOWN_VNI", o -> o.vni = vni);
        }
        for (int vni : new int[] {0, 0x00_0500, 0x05_0000, 0xFF_FFFF}) {
            refused("vxlan VXLAN_UNKNOWN_VNI", o -> o.vni = vni);
        }
    }

    @Test
    void packetsForAnotherUdpPortAreNotTouched() throws IOException {
        for (int port : new int[] {0, 53, 4788, 4790, 8472, 4789 + 256, 46354, 65535}) {
            notTaken(o -> o.port = port);
            notTaken(o -> {
                o.port = port;
                o.sourcePort = 4789;
            });
        }
    }

    /** What is for others comes out at no port of the network and teaches nothing; who drops it is not said. */
    private void notTaken(Consumer<Outer> edit) throws IOException {
        var mac = stranger();
        var arrived = vtep.send(UNDERLAY, packet(numbered(BROADCAST, mac, 1), edit));
        assertThat(arrived.at("s1")).isEmpty();
        assertThat(arrived.at("s2")).isEmpty();
        assertThat(vtep.knows(mac)).isFalse();
    }

    @Test
    void otherProtocolsThatLookAlikeAreNotTaken() throws IOException {
        for (int protocol : new int[] {0, 1, 4, 6, 47, 132, 136, 255}) {
            notTaken(o -> o.protocol = protocol);
        }
        notTaken(o -> o.type = 0x8100);
        notTaken(o -> o.type = 0x0806);
        var v6 = Outer.packet(true, anyFrame(), o -> {});
        var arrived = vtep.send(UNDERLAY, v6);
        assertThat(arrived.at("s1")).isEmpty();
    }

    @Test
    void theSourcePortTimeToLiveServiceAndOptionsOfWhatComesDoNotMatter() throws IOException {
        for (int port : new int[] {0, 1, 4789, 49151, 65535}) {
            delivered(o -> o.sourcePort = port);
        }
        delivered(o -> o.timeToLive = 1);
        delivered(o -> o.service = 0xB8);
        delivered(o -> o.fragment = 0); // DF is the sender's choice
        delivered(o -> o.options = "01010101");
        delivered(o -> o.options = "94040000" + "01".repeat(36));
        delivered(o -> o.sourceMac = "02000a090077"); // any router may bring it
    }

    @Test
    void aUdpChecksumMayBeMissingButNotWrong() throws IOException {
        delivered(o -> o.sum = Sum.NONE);
        delivered(o -> o.sum = Sum.RIGHT);
        delivered(o -> {
            o.sum = Sum.RIGHT;
            o.padding = new byte[] {1, 2, 3}; // is not summed up
        });
        for (int bit = 0; bit < 16; bit++) {
            int flip = 1 << bit;
            refused("vxlan UDP_CHECKSUM", o -> {
                o.sum = Sum.RIGHT;
                o.udpChecksumFlips = flip;
            });
        }
        var odd = frame(61, BROADCAST, stranger(), "88b5");
        delivered(List.of(odd), List.of(packet(odd, o -> o.sum = Sum.RIGHT)), "s1", "s2");
        refused("vxlan UDP_CHECKSUM", packet(odd, o -> o.sum = Sum.WRONG));
    }

    @Test
    void aUdpChecksumThatComesToZeroIsSentAsAllOnes() throws IOException {
        var inner = frame(60, BROADCAST, stranger(), "88b50000");
        for (int n = 0; n < 65_536; n++) {
            ByteBuffer.wrap(inner).putShort(16, (short) n);
            var packet = packet(inner, o -> o.sum = Sum.RIGHT);
            if (ByteBuffer.wrap(packet).getShort(40) == -1) {
                delivered(List.of(inner), List.of(packet), "s1", "s2");
                return;
            }
        }
        throw new AssertionError("no payload sums up to zero");
    }

    @Test
    void framesWithATagInsideStayOutside() throws IOException {
        for (var tag :
                List.of("810000050800", "88a800050800", "9100000588b5", "8100600088b5", "88a80005810000060800")) {
            refused("vxlan INNER_VLAN", packet(frame(80, BROADCAST, stranger(), tag), AS_IT_IS));
        }
    }

    @Test
    void framesShorterThanAnEthernetHeaderStayOutside() throws IOException {
        for (int length = 0; length < 14; length++) {
            refused("vxlan INNER_TRUNCATED", packet(new byte[length], AS_IT_IS));
            refused("vxlan INNER_TRUNCATED", packet(new byte[length], o -> o.padding = new byte[60]));
        }
        for (int length = 8; length < 16; length++) {
            int lie = length - 76;
            refused("vxlan VXLAN_TRUNCATED", o -> o.udpLengthLie = lie);
        }
    }

    @Test
    void aUdpLengthThatDoesNotFitThePacketIsRefused() throws IOException {
        for (int lie : new int[] {1, 2, 8, 1000, 65_535 - 76}) {
            refused("vxlan UDP_SENSELESS", o -> o.udpLengthLie = lie);
            refused("vxlan UDP_SENSELESS", o -> {
                o.udpLengthLie = lie;
                o.padding = new byte[1000]; // there are bytes, but not the packet's
            });
        }
        for (int length = 0; length < 8; length++) {
            int lie = length - 76;
            refused("vxlan UDP_SENSELESS", o -> o.udpLengthLie = lie);
        }
    }

    @Test
    void aDamagedIpHeaderIsRefused() throws IOException {
        for (int bit = 0; bit < 16; bit++) {
            int flip = 1 << bit;
            refused("vxlan IP_CHECKSUM", o -> o.ipChecksumFlips = flip);
        }
        refused("vxlan IP_SENSELESS", o -> o.totalLengthLie = 1);
        refused("vxlan IP_SENSELESS", o -> o.totalLengthLie = 1000);
        refused("vxlan IP_SENSELESS", o -> o.totalLengthLie = -90); // less than its own header
        refused("vxlan IP_SENSELESS", o -> o.versionFlips = 0x2000); // version 6
        refused("vxlan IP_SENSELESS", o -> o.versionFlips = 0x0100); // a header of 16 bytes
        refused("vxlan UDP_SENSELESS", o -> o.totalLengthLie = -1);
    }

    @Test
    void fragmentsAreNeverTakenWhicheverTheyAre() throws IOException {
        refused("vxlan IP_FRAGMENT", o -> o.fragment = 0x2000); // a first one that holds all headers
        refused("vxlan IP_FRAGMENT", o -> o.fragment = 0x6000);
        refused("vxlan IP_FRAGMENT", o -> o.fragment = 0x2001);
        refused("vxlan IP_FRAGMENT", o -> o.fragment = 0x0001);
        refused("vxlan IP_FRAGMENT", o -> o.fragment = 0x1FFF);
    }

    @Test
    void whatIsAddressedToSomebodyElseIsRefused() throws IOException {
        for (var mac : List.of("02000a090002", "02000a090003", "02000a090101", "000000000000")) {
            refused("vxlan NOT_OURS", o -> o.destinationMac = mac);
        }
        for (var address : List.of("10.9.0.2", "10.9.0.3", "10.9.0.255", "255.255.255.255", "239.1.1.1", "127.0.0.1")) {
            refused("vxlan NOT_OURS", o -> o.destination = address);
        }
        // RFC 1122, 3.3.6: what a whole link got cannot be for one host.
        refused("vxlan NOT_OURS", o -> o.destinationMac = BROADCAST);
        refused("vxlan NOT_OURS", o -> o.destinationMac = "01005e090001");
    }

    @Test
    void onlyPeersGetIn() throws IOException {
        delivered(o -> o.source = "10.9.0.2");
        delivered(o -> o.source = "10.9.0.3");
        for (var address :
                List.of("10.9.0.4", "10.9.0.0", "10.9.0.255", "10.9.1.2", "0.0.0.0", "255.255.255.255", "224.0.0.1")) {
            refused("vxlan VXLAN_FOREIGN_VTEP", o -> o.source = address);
        }
        refused("vxlan VXLAN_OWN_ADDRESS", o -> o.source = "10.9.0.1");
    }

    @Test
    void reservedAddressesAndGroupSourcesComeOutOfATunnelNoMoreThanOfAPort() throws IOException {
        for (int last = 0; last <= 0x0F; last++) {
            var reserved = "0180c20000%02x".formatted(last);
            refused("bridge.lan RESERVED_ADDRESS", packet(numbered(reserved, stranger(), 1), AS_IT_IS));
        }
        for (int last = 0x10; last <= 0x2F; last++) {
            var inner = numbered("0180c20000%02x".formatted(last), stranger(), 1);
            delivered(List.of(inner), List.of(packet(inner, AS_IT_IS)), "s1", "s2");
        }
        refused("bridge.lan SOURCE_IS_GROUP", packet(numbered(BROADCAST, "010203040506", 1), AS_IT_IS));
        refused("bridge.lan SOURCE_IS_GROUP", packet(numbered(stranger(), BROADCAST, 1), AS_IT_IS));
        var zero = numbered(BROADCAST, "000000000000", 1);
        delivered(List.of(zero), List.of(packet(zero, AS_IT_IS)), "s1", "s2");
        assertThat(vtep.knows("000000000000")).isFalse();
    }

    /** RFC 6040, Figure 4: rows are what is inside, columns what the outer header says; -1 is a drop. */
    private static final int[][] DECAPSULATED = {{0, 0, 0, -1}, {1, 1, 1, 3}, {2, 1, 2, 3}, {3, 3, 3, 3}};

    @Test
    void congestionMarksAreCarriedOverAsRfc6040Says() throws IOException {
        for (boolean v6 : new boolean[] {false, true}) {
            for (int in = 0; in < 4; in++) {
                for (int out = 0; out < 4; out++) {
                    int outside = 0x50 | out;
                    var mac = stranger();
                    var packet = packet(Inner.udp(v6, BROADCAST, mac, 0xB8 | in, 1, 2, 40), o -> o.service = outside);
                    int then = DECAPSULATED[in][out];
                    if (then < 0) {
                        refused("vxlan INNER_CONGESTION", packet);
                        assertThat(vtep.knows(mac)).isFalse();
                    } else {
                        var wanted = Inner.udp(v6, BROADCAST, mac, 0xB8 | then, 1, 2, 40);
                        delivered(List.of(wanted), List.of(packet), "s1", "s2");
                    }
                }
            }
        }
        delivered(o -> o.service = 3); // what is no IP bears no marks
    }

    @Test
    void nothingIsSentUnasked() {
        assertThat(vtep.strays()).isEmpty();
        assertThat(vtep.silence(3_000)).isEmpty();
    }

    @Test
    void whoAsksForTheUnderlaysAddressIsAnswered() throws IOException {
        // RFC 826: Ethernet, IPv4, 6 and 4 bytes, the operation, sender, target.
        var asks =
                BROADCAST + Outer.HOP_MAC + "0806" + "0001080006040001" + Outer.HOP_MAC + "0a090002" + "000000000000";
        var answer = Outer.HOP_MAC + Outer.SELF_MAC + "0806" + "0001080006040002" + Outer.SELF_MAC + "0a090001"
                + Outer.HOP_MAC + "0a090002";
        var arrived = vtep.send(UNDERLAY, frame(60, asks, "", "0a090001"));
        assertThat(arrived.at(UNDERLAY)).singleElement().asString().startsWith(answer);
        assertThat(arrived.at("s1")).isEmpty();
        for (var other : List.of("0a090002", "0a090003", "0a0900ff", "00000000")) {
            comesOut(vtep.send(UNDERLAY, frame(60, asks, "", other)), List.of());
        }
    }

    @Test
    void aFrameForNobodyHereGoesBackIntoNoTunnel() throws IOException {
        var there = stranger();
        learnAt(2, there);
        refused("bridge.lan SAME_PORT", packet(numbered(there, stranger(), 1), AS_IT_IS));
        var other = stranger();
        learnAt(3, other);
        refused("bridge.lan SPLIT_HORIZON", packet(numbered(other, stranger(), 1), AS_IT_IS));
        var unknown = numbered(stranger(), stranger(), 2);
        delivered(List.of(unknown), List.of(packet(unknown, AS_IT_IS)), "s1", "s2");
        var multicast = numbered("01005e000001", stranger(), 3);
        delivered(List.of(multicast), List.of(packet(multicast, o -> o.source = "10.9.0.3")), "s1", "s2");
    }

    @Test
    void aBurstOfPacketsArrivesWholeAndInOrder() throws IOException {
        var inners = new ArrayList<byte[]>();
        var packets = new ArrayList<byte[]>();
        var there = stranger();
        for (int i = 0; i < 5_000; i++) {
            inners.add(numbered(BROADCAST, there, i));
            packets.add(packet(inners.getLast(), AS_IT_IS));
        }
        delivered(inners, packets, "s1", "s2");
    }

    @Test
    void countersTellEachReasonApart() throws IOException {
        var before = vtep.drops();
        vtep.send(
                UNDERLAY,
                packet(anyFrame(), o -> o.vni = 6),
                packet(anyFrame(), o -> o.flags = 0),
                packet(anyFrame(), o -> o.source = "10.9.0.9"),
                packet(anyFrame(), o -> o.vni = 6));
        assertThat(vtep.dropsSince(before))
                .isEqualTo(Map.of(
                        "vxlan VXLAN_UNKNOWN_VNI", 2L, "vxlan VXLAN_NO_VNI", 1L, "vxlan VXLAN_FOREIGN_VTEP", 1L));
    }
}
