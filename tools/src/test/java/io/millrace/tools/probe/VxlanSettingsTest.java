package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.frame;
import static io.millrace.tools.probe.Bytes.hex;
import static io.millrace.tools.probe.Bytes.numbered;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.tools.probe.Outer.Sum;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What can be set otherwise: a network for each setting, all on one underlay, and none learns of another. */
class VxlanSettingsTest extends VxlanProbe {
    private static final int KEPT = 6;
    private static final int STRICT = 7;
    private static final int OPEN = 8;
    private static final int SUMMED = 0;
    private static final int OTHER_PORT = 10;
    private static final int DEAF = 11;
    private static final int MARKED = 12;
    private static final int GROUPED = 14;
    private static final int LAST = 0xFF_FFFF;

    @Override
    RunningVtep start(Path directory) throws IOException {
        var topology = """
                x-millrace:
                  underlay:
                    interface: sU
                    address: 10.9.0.1/24
                    mac: "02:00:0a:09:00:01"
                    neighbors:
                      10.9.0.2: "02:00:0a:09:00:02"
                      10.9.0.3: "02:00:0a:09:00:02"
                      10.9.0.7: "02:00:0a:09:00:07"
                networks:
                  lan: { driver: overlay, x-millrace: { vni: 5, vtep: { peers: [ 10.9.0.2, 10.9.0.3 ] } } }
                  kept: { driver: overlay, x-millrace: { vni: 6, vtep: { peers: [ 10.9.0.2 ], inner_vlan: keep } } }
                  strict: { driver: overlay, x-millrace: { vni: 7, vtep: { peers: [ 10.9.0.2 ], reserved_bits: refuse } } }
                  open: { driver: overlay, x-millrace: { vni: 8, vtep: { peers: [ 10.9.0.2 ], open: true } } }
                  summed: { driver: overlay, x-millrace: { vni: 0, vtep: { peers: [ 10.9.0.2 ], checksum: full } } }
                  other:
                    driver: overlay
                    x-millrace: { vni: 10, vtep: { peers: [ 10.9.0.2 ], port: 8472, source_ports: 2000-2003 } }
                  deaf: { driver: overlay, x-millrace: { vni: 11, vtep: { peers: [ 10.9.0.2, 10.9.0.3 ], learning: false } } }
                  last: { driver: overlay, x-millrace: { vni: 16777215, vtep: { peers: [ 10.9.0.3 ] } } }
                  marked: { driver: overlay, x-millrace: { vni: 12, vtep: { peers: [ 10.9.0.2 ], ttl: 255, dscp: 46 } } }
                  inherits: { driver: overlay, x-millrace: { vni: 13, vtep: { peers: [ 10.9.0.2 ], dscp: inherit } } }
                  grouped: { driver: overlay, x-millrace: { vni: 14, vtep: { peers: [ 10.9.0.2 ], group: 239.1.1.1 } } }
                services:
                  s1: { networks: [ lan ], x-millrace: { attach: { interface: s1 } } }
                  s2: { networks: [ lan ], x-millrace: { attach: { interface: s2 } } }
                  s3: { networks: [ kept ], x-millrace: { attach: { interface: s3 } } }
                  s4: { networks: [ strict ], x-millrace: { attach: { interface: s4 } } }
                  s5: { networks: [ open ], x-millrace: { attach: { interface: s5 } } }
                  s6: { networks: [ summed ], x-millrace: { attach: { interface: s6 } } }
                  s7: { networks: [ other ], x-millrace: { attach: { interface: s7 } } }
                  s8: { networks: [ deaf ], x-millrace: { attach: { interface: s8 } } }
                  s9: { networks: [ last ], x-millrace: { attach: { interface: s9 } } }
                  s10: { networks: [ marked ], x-millrace: { attach: { interface: s10 } } }
                  s11: { networks: [ inherits ], x-millrace: { attach: { interface: s11 } } }
                  s12: { networks: [ grouped ], x-millrace: { attach: { interface: s12 } } }
                """;
        var devices = IntStream.rangeClosed(1, 12).mapToObj(i -> "s" + i).toArray(String[]::new);
        return new RunningVtep(directory, topology, false, 1500, devices);
    }

    private void deliveredTo(String port, byte[] inner, Consumer<Outer> edit) throws IOException {
        delivered(List.of(inner), List.of(packet(inner, edit)), port);
    }

    @Test
    void tagsMayPassBothWays() throws IOException {
        for (var tag : List.of("81000005", "8100e005", "88a80005", "88a8000581000006", "81000000")) {
            var tagged = Inner.tagged(anyFrame(), tag);
            deliveredTo("s3", tagged, o -> o.vni = KEPT);
            var back = Inner.tagged(anyFrame(), tag);
            var packet = only(vtep.send("s3", back));
            assertThat(packet.innerHex()).isEqualTo(hex(back));
            assertThat(packet.vni).isEqualTo(KEPT);
        }
        var bare = anyFrame();
        deliveredTo("s3", bare, o -> o.vni = KEPT);
        var longest = frame(1464, BROADCAST, stranger(), "8100000588b5");
        assertThat(only(vtep.send("s3", longest)).innerHex()).isEqualTo(hex(longest));
        refused("s3", Map.of("tunnel.kept EXCEEDS_TUNNEL", 1L), frame(1465, BROADCAST, stranger(), "8100000588b5"));
    }

    @Test
    void congestionIsSeenBehindATagThatIsKept() throws IOException {
        for (boolean v6 : new boolean[] {false, true}) {
            var mac = stranger();
            var inner = Inner.tagged(Inner.udp(v6, BROADCAST, mac, 2, 1, 2, 20), "81000005");
            var marked = Inner.tagged(Inner.udp(v6, BROADCAST, mac, 3, 1, 2, 20), "81000005");
            var packet = packet(inner, o -> {
                o.vni = KEPT;
                o.service = 3;
            });
            delivered(List.of(marked), List.of(packet), "s3");
            var back = Inner.tagged(Inner.udp(v6, BROADCAST, stranger(), 3, 1, 2, 20), "81000005");
            assertThat(only(vtep.send("s3", back)).service).isEqualTo(3);
        }
    }

    @Test
    void reservedBitsMayBeRefusedEachOfThem() throws IOException {
        deliveredTo("s4", anyFrame(), o -> o.vni = STRICT);
        for (int bit = 0; bit < 64; bit++) {
            int at = bit;
            boolean identifier = bit >= 32 && bit < 56;
            if (!identifier && bit != 4) {
                refused("vxlan VXLAN_RESERVED_BITS", o -> {
                    o.vni = STRICT;
                    o.flags |= at < 8 ? 0x80 >>> at : 0;
                    o.reserved |= at >= 8 && at < 32 ? 0x80_0000 >>> at - 8 : 0;
                    o.reservedLast |= at >= 56 ? 0x80 >>> at - 56 : 0;
                });
            }
        }
    }

    @Test
    void anOpenNetworkTakesStrangersAnswersThemAndFloodsToPeersAlone() throws IOException {
        var there = stranger();
        deliveredTo("s5", numbered(BROADCAST, there, 1), o -> {
            o.vni = OPEN;
            o.source = "10.9.0.7";
        });
        var answer = numbered(there, stranger(), 2);
        var packet = only(vtep.send("s5", answer));
        assertThat(packet.destination).isEqualTo("10.9.0.7");
        assertThat(packet.destinationMac).isEqualTo("02000a090007");
        assertThat(packet.innerHex()).isEqualTo(hex(answer));
        assertThat(only(vtep.send("s5", anyFrame())).destination).isEqualTo("10.9.0.2");
        for (var address : List.of("0.0.0.0", "0.0.0.1", "127.0.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255")) {
            refused("vxlan VXLAN_FOREIGN_VTEP", o -> {
                o.vni = OPEN;
                o.source = address;
            });
        }
        refused("vxlan VXLAN_OWN_ADDRESS", o -> {
            o.vni = OPEN;
            o.source = "10.9.0.1";
        });
        refused("vxlan VXLAN_FOREIGN_VTEP", o -> o.source = "10.9.0.7"); // lan is as closed as before
    }

    @Test
    void aStrangerIsNotBelievedAboutStationsOfThisHostEither() throws IOException {
        var local = stranger();
        vtep.send("s5", numbered(BROADCAST, local, 1));
        refused("bridge.open STATION_IS_LOCAL", packet(numbered(BROADCAST, local, 1), o -> {
            o.vni = OPEN;
            o.source = "10.9.0.7";
        }));
    }

    @Test
    void theUdpChecksumMayBeSentAndIsThenRight() throws IOException {
        for (int length = 14; length < 100; length++) {
            var frame = frame(length, BROADCAST, stranger(), "88b5");
            var packet = only(vtep.send("s6", frame));
            assertThat(packet.checksum).isNotZero();
            assertThat(packet.innerHex()).isEqualTo(hex(frame));
            assertThat(packet.vni).isEqualTo(SUMMED);
        }
        deliveredTo("s6", anyFrame(), o -> o.vni = SUMMED);
        deliveredTo("s6", anyFrame(), o -> {
            o.vni = SUMMED;
            o.sum = Sum.RIGHT;
        });
        refused("vxlan UDP_CHECKSUM", o -> {
            o.vni = SUMMED;
            o.sum = Sum.WRONG;
        });
    }

    @Test
    void aNetworkMayHaveAnotherUdpPortAndThenHasNoOther() throws IOException {
        deliveredTo("s7", anyFrame(), o -> {
            o.vni = OTHER_PORT;
            o.port = 8472;
        });
        refused("vxlan VXLAN_UNKNOWN_VNI", o -> o.vni = OTHER_PORT);
        refused("vxlan VXLAN_UNKNOWN_VNI", o -> o.port = 8472);
        var ports = new HashSet<Integer>();
        for (int i = 0; i < 40; i++) {
            var packet = only(vtep.send("s7", anyFrame()));
            assertThat(packet.port).isEqualTo(8472);
            assertThat(packet.vni).isEqualTo(OTHER_PORT);
            ports.add(packet.sourcePort);
        }
        assertThat(ports).containsExactlyInAnyOrder(2000, 2001, 2002, 2003);
    }

    @Test
    void timeToLiveAndServiceAreSentAsSet() {
        for (boolean v6 : new boolean[] {false, true}) {
            for (int service : new int[] {0, 1, 2, 3, 0x28, 0xB9, 0xFF}) {
                var frame = Inner.udp(v6, BROADCAST, stranger(), service, 1, 2, 20);
                var marked = only(vtep.send("s10", frame));
                assertThat(marked.timeToLive).isEqualTo(255);
                assertThat(marked.service).isEqualTo(46 << 2 | service & 3);
                var inherits = only(vtep.send("s11", frame));
                assertThat(inherits.timeToLive).isEqualTo(64);
                assertThat(inherits.service).isEqualTo(service);
            }
        }
        var noIp = only(vtep.send("s10", anyFrame()));
        assertThat(List.of(noIp.vni, noIp.service)).isEqualTo(List.of(MARKED, 46 << 2));
    }

    @Test
    void aMulticastGroupStandsForAllOtherHosts() throws IOException {
        var frame = anyFrame();
        var flooded = only(vtep.send("s12", frame));
        assertThat(flooded.destination).isEqualTo("239.1.1.1");
        assertThat(flooded.destinationMac).isEqualTo("01005e010101"); // RFC 1112, 6.4
        assertThat(flooded.innerHex()).isEqualTo(hex(frame));
        var there = stranger();
        deliveredTo("s12", numbered(BROADCAST, there, 1), o -> {
            o.vni = GROUPED;
            o.destination = "239.1.1.1";
            o.destinationMac = "01005e010101";
        });
        assertThat(only(vtep.send("s12", numbered(there, stranger(), 2))).destination)
                .isEqualTo("10.9.0.2");
        refused("vxlan VXLAN_FOREIGN_VTEP", o -> {
            o.vni = GROUPED;
            o.source = "239.1.1.1";
        });
        refused("vxlan NOT_OURS", o -> {
            o.vni = GROUPED;
            o.destination = "239.1.1.2";
            o.destinationMac = "01005e010102";
        });
        refused("vxlan NOT_OURS", o -> {
            o.vni = GROUPED;
            o.destinationMac = "01005e010101";
        });
    }

    @Test
    void withoutLearningNobodyIsKnownToBeAnywhere() throws IOException {
        var there = stranger();
        deliveredTo("s8", numbered(BROADCAST, there, 1), o -> o.vni = DEAF);
        assertThat(vtep.knows(there)).isFalse();
        var frame = numbered(there, stranger(), 2);
        goesToBothHosts(vtep.send("s8", frame), frame);
        var local = stranger();
        vtep.send("s8", numbered(BROADCAST, local, 1));
        var spoofed = numbered(BROADCAST, local, 2);
        vtep.send(UNDERLAY, packet(spoofed, o -> o.vni = DEAF));
        deliveredTo("s8", numbered(local, stranger(), 3), o -> o.vni = DEAF); // is still believed to be here
        comesOut(vtep.send("s8", numbered(local, stranger(), 4)), List.of());
    }

    @Test
    void theSameStationsInTwoNetworksAreFourAndNotTwo() throws IOException {
        var here = stranger();
        var there = stranger();
        vtep.send("s1", numbered(BROADCAST, here, 1));
        vtep.send("s9", numbered(BROADCAST, here, 2));
        deliveredTo("s9", numbered(here, there, 3), o -> {
            o.vni = LAST;
            o.source = "10.9.0.3";
        });
        deliveredTo("s1", numbered(here, there, 4), AS_IT_IS);
        var one = only(vtep.send("s1", numbered(there, here, 5)));
        assertThat(List.of(one.destination, one.vni)).isEqualTo(List.of("10.9.0.2", 5));
        var other = only(vtep.send("s9", numbered(there, here, 6)));
        assertThat(List.of(other.destination, other.vni)).isEqualTo(List.of("10.9.0.3", LAST));
        // At home in one network, it may be elsewhere in another.
        deliveredTo("s3", numbered(BROADCAST, here, 7), o -> o.vni = KEPT);
        var third = only(vtep.send("s3", numbered(here, stranger(), 8)));
        assertThat(third.vni).isEqualTo(KEPT);
    }

    @Test
    void aPeerOfOneNetworkIsAStrangerToAnother() throws IOException {
        refused("vxlan VXLAN_FOREIGN_VTEP", o -> o.vni = LAST);
        refused("vxlan VXLAN_FOREIGN_VTEP", o -> {
            o.vni = KEPT;
            o.source = "10.9.0.3";
        });
        deliveredTo("s9", anyFrame(), o -> {
            o.vni = LAST;
            o.source = "10.9.0.3";
        });
        for (int vni : new int[] {1, 2, 4, 9, 15, 0x00_0600, 0x06_0000, 0x80_0000, LAST - 1}) {
            refused("vxlan VXLAN_UNKNOWN_VNI", o -> o.vni = vni);
        }
    }
}
