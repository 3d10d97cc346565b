package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.frame;
import static io.millrace.tools.probe.Bytes.hex;
import static io.millrace.tools.probe.Bytes.numbered;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.tools.probe.Outer.Sum;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The tunnel over IPv6: what differs, and above all the UDP checksum, RFC 6935 and 6936. */
class VxlanOverIpv6Test extends VxlanProbe {
    private static final int ZERO = 6;
    private static final int ZERO_PORT = 4790;

    @Override
    boolean v6() {
        return true;
    }

    @Override
    RunningVtep start(Path directory) throws IOException {
        var topology = """
                x-millrace:
                  underlay:
                    interface: sU
                    address: fd00:9::1/64
                    mac: "02:00:0a:09:00:01"
                    neighbors: { "fd00:9::2": "02:00:0a:09:00:02", "fd00:9::3": "02:00:0a:09:00:02" }
                networks:
                  lan: { driver: overlay, x-millrace: { ageing: 3s, vni: 5, vtep: { peers: [ "fd00:9::2", "fd00:9::3" ] } } }
                  zero:
                    driver: overlay
                    x-millrace: { vni: 6, vtep: { peers: [ "fd00:9::2" ], checksum: zero, port: 4790 } }
                services:
                  s1: { networks: [ lan ], x-millrace: { attach: { interface: s1 } } }
                  s2: { networks: [ lan ], x-millrace: { attach: { interface: s2 } } }
                  s3: { networks: [ zero ], x-millrace: { attach: { interface: s3 } } }
                """;
        return new RunningVtep(directory, topology, true, 1500, "s1", "s2", "s3");
    }

    @Test
    void everyFieldOfTheOuterHeadersIsAsTheRfcsWantIt() {
        var frame = anyFrame();
        var arrived = vtep.send("s1", frame);
        goesToBothHosts(arrived, frame);
        for (var packet : arrived.packets()) {
            assertThat(packet.destinationMac).isEqualTo(Outer.HOP_MAC);
            assertThat(packet.sourceMac).isEqualTo(Outer.SELF_MAC);
            assertThat(packet.source).isEqualTo(address(1));
            assertThat(packet.service).isZero();
            assertThat(packet.sourcePort).isBetween(49_152, 65_535);
            assertThat(packet.port).isEqualTo(4789);
            assertThat(packet.checksum).isNotZero();
            assertThat(packet.vni).isEqualTo(5);
        }
    }

    @Test
    void framesOfEveryLengthTravelBothWays() throws IOException {
        var there = stranger();
        learnAt(2, there);
        var here = stranger();
        learn("s1", here);
        var out = new ArrayList<byte[]>();
        var in = new ArrayList<byte[]>();
        var packets = new ArrayList<byte[]>();
        for (int length = 14; length <= 1444; length += length < 100 || length > 1400 ? 1 : 13) {
            out.add(frame(length, there, here, "88b5"));
            in.add(frame(length, here, there, "88b5"));
            packets.add(packet(in.getLast(), AS_IT_IS));
        }
        var arrived = vtep.send("s1", out.toArray(byte[][]::new));
        assertThat(arrived.packets().stream().map(Outer::innerHex).toList())
                .isEqualTo(out.stream().map(Bytes::hex).toList());
        assertThat(arrived.packets())
                .allSatisfy(packet -> assertThat(packet.checksum).isNotZero());
        delivered(in, packets, "s1");
        refused("s1", Map.of("tunnel.lan EXCEEDS_TUNNEL", 1L), frame(1445, there, here, "88b5"));
    }

    @Test
    void aDatagramWithoutAChecksumIsTakenWhereThatWasAskedForAlone() throws IOException {
        delivered(o -> o.sum = Sum.RIGHT);
        refused("vxlan UDP_UNCHECKED", o -> o.sum = Sum.NONE);
        for (int bit = 0; bit < 16; bit++) {
            int flip = 1 << bit;
            refused("vxlan UDP_CHECKSUM", o -> o.udpChecksumFlips = flip);
        }
        for (var sum : List.of(Sum.NONE, Sum.RIGHT)) {
            var inner = anyFrame();
            var packet = packet(inner, o -> {
                o.sum = sum;
                o.vni = ZERO;
                o.port = ZERO_PORT;
            });
            delivered(List.of(inner), List.of(packet), "s3");
        }
        refused("vxlan UDP_CHECKSUM", o -> {
            o.sum = Sum.WRONG;
            o.vni = ZERO;
            o.port = ZERO_PORT;
        });
    }

    @Test
    void noChecksumIsSentWhereThatWasAskedFor() {
        var frame = anyFrame();
        var packet = only(vtep.send("s3", frame));
        assertThat(packet.checksum).isZero();
        assertThat(packet.port).isEqualTo(ZERO_PORT);
        assertThat(packet.innerHex()).isEqualTo(hex(frame));
    }

    @Test
    void onlyWhatBelongsComesIn() throws IOException {
        refused("vxlan VXLAN_FOREIGN_VTEP", o -> o.source = host(4));
        refused("vxlan VXLAN_FOREIGN_VTEP", o -> o.source = "fd00:9:1::2");
        refused("vxlan VXLAN_OWN_ADDRESS", o -> o.source = host(1));
        refused("vxlan VXLAN_UNKNOWN_VNI", o -> o.vni = 7);
        refused("vxlan VXLAN_UNKNOWN_VNI", o -> o.vni = ZERO);
        refused("vxlan VXLAN_NO_VNI", o -> o.flags = 0xF7);
        refused("vxlan NOT_OURS", o -> o.destination = host(2));
        refused("vxlan NOT_OURS", o -> o.destination = "ff02::1");
        refused("vxlan NOT_OURS", o -> o.destination = "fe80::1");
        refused("vxlan NOT_OURS", o -> o.destinationMac = Outer.HOP_MAC);
        refused("vxlan NOT_OURS", o -> o.destinationMac = "333300000001");
        refused("vxlan IP_SENSELESS", o -> o.totalLengthLie = 1);
        refused("vxlan IP_SENSELESS", o -> o.versionFlips = 0x2000);
        refused("vxlan UDP_SENSELESS", o -> o.udpLengthLie = 1);
        refused("vxlan IP_FRAGMENT", o -> o.protocol = 44);
        refused("vxlan INNER_VLAN", packet(frame(80, BROADCAST, stranger(), "8100000588b5"), AS_IT_IS));
        refused("vxlan INNER_TRUNCATED", packet(new byte[13], AS_IT_IS));
        delivered(o -> o.padding = new byte[9]);
        delivered(o -> o.source = host(3));
    }

    @Test
    void congestionMarksAreCarriedOver() throws IOException {
        int[][] decapsulated = {{0, 0, 0, -1}, {1, 1, 1, 3}, {2, 1, 2, 3}, {3, 3, 3, 3}}; // RFC 6040, Figure 4
        for (int in = 0; in < 4; in++) {
            var sent = Inner.udp(true, BROADCAST, stranger(), 0x40 | in, 1, 2, 20);
            for (var packet : vtep.send("s1", sent).packets()) {
                assertThat(packet.service).isEqualTo(in);
            }
            for (int out = 0; out < 4; out++) {
                int outside = out;
                var mac = stranger();
                var packet = packet(Inner.udp(false, BROADCAST, mac, 0x40 | in, 1, 2, 20), o -> o.service = outside);
                int then = decapsulated[in][out];
                if (then < 0) {
                    refused("vxlan INNER_CONGESTION", packet);
                } else {
                    var wanted = Inner.udp(false, BROADCAST, mac, 0x40 | then, 1, 2, 20);
                    delivered(List.of(wanted), List.of(packet), "s1", "s2");
                }
            }
        }
    }

    @Test
    void flowsAreSpreadOverSourcePorts() {
        var there = stranger();
        learnAt(3, there);
        var here = stranger();
        var flows = new byte[120][];
        for (int i = 0; i < flows.length; i++) {
            flows[i] = Inner.udp(true, there, here, 0, 5000 + i, 443, 20);
        }
        var ports = new HashSet<Integer>();
        vtep.send("s2", flows).packets().forEach(o -> ports.add(o.sourcePort));
        assertThat(ports).hasSizeGreaterThanOrEqualTo(100);
    }

    @Test
    void stationsAreLearnedAndDefendedAsOverIpv4() throws IOException {
        var there = stranger();
        learnAt(3, there);
        var packet = only(vtep.send("s2", numbered(there, stranger(), 1)));
        assertThat(packet.destination).isEqualTo(address(3));
        refused("bridge.lan SPLIT_HORIZON", packet(numbered(there, stranger(), 2), AS_IT_IS));
        var here = stranger();
        learn("s2", here);
        refused("bridge.lan STATION_IS_LOCAL", packet(numbered(BROADCAST, here, 3), AS_IT_IS));
    }

    @Test
    void whoAsksForTheUnderlaysAddressIsAnswered() {
        // RFC 4861, 4.3 and 4.4: the target, and the Ethernet address of who asks or answers as an option.
        var host = "fd000009000000000000000000000002";
        var self = "fd000009000000000000000000000001";
        var question = "87000000" + "00000000" + self + "0101" + Outer.HOP_MAC;
        var asks = icmp("3333ff000001", Outer.HOP_MAC, host, "ff0200000000000000000001ff000001", question);
        var answer = "88000000" + "60000000" + self + "0201" + Outer.SELF_MAC; // solicited, override
        var arrived = vtep.send(UNDERLAY, asks);
        assertThat(arrived.at(UNDERLAY))
                .isEqualTo(List.of(hex(icmp(Outer.HOP_MAC, Outer.SELF_MAC, self, host, answer))));
        assertThat(arrived.at("s1")).isEmpty();
        var other = "87000000" + "00000000" + host + "0101" + Outer.HOP_MAC;
        var asksOther = icmp("3333ff000002", Outer.HOP_MAC, host, "ff0200000000000000000001ff000002", other);
        comesOut(vtep.send(UNDERLAY, asksOther), List.of());
    }

    private static byte[] icmp(String to, String from, String source, String destination, String message) {
        var hex = HexFormat.of();
        int length = message.length() / 2;
        long sum = Outer.words(hex.parseHex(source + destination + message)) + 58 + length;
        var checksum = "%04x".formatted(~Outer.folded(sum) & 0xFFFF);
        var header = "60000000" + "%04x".formatted(length) + "3aff" + source + destination;
        return hex.parseHex(to + from + "86dd" + header + message.substring(0, 4) + checksum + message.substring(8));
    }

    @Test
    void nothingIsSentUnasked() {
        assertThat(vtep.strays()).isEmpty();
        assertThat(vtep.silence(1_000)).isEmpty();
    }
}
