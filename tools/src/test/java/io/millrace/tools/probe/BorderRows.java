package io.millrace.tools.probe;

import static io.millrace.tools.probe.NatSegments.ADDRESS;
import static io.millrace.tools.probe.NatSegments.GATEWAY;
import static io.millrace.tools.probe.NatSegments.PUBLISHED;
import static io.millrace.tools.probe.NatSegments.SERVICE;
import static io.millrace.tools.probe.Packet.ACK;
import static io.millrace.tools.probe.Packet.PSH;
import static io.millrace.tools.probe.Packet.SYN;
import static io.millrace.tools.probe.Packet.echo;
import static io.millrace.tools.probe.Packet.tcp;
import static io.millrace.tools.probe.Packet.text;
import static io.millrace.tools.probe.Packet.udp;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What may not pass, what passes as it is, and checksums: RFC 1812, 768 and 1624. */
interface BorderRows extends NatRows {
    @Test
    default void n40ADatagramWithoutAChecksumHasNoneAfterwards() {
        var sent = udp(net().insider(), net().port(), net().outsider(), 4000).checksum(0);
        assertThat(net().fromInside(sent).onlyOutside().word(6)).isZero();
        var in = udp(net().outsider(), net().port(), ADDRESS, PUBLISHED).checksum(0);
        assertThat(net().fromOutside(in).onlyInside().word(6)).isZero();
    }

    @Test
    default void n41ForAllValuesOfAWordTheChecksumIsRight() {
        var host = net().insider();
        var peer = net().outsider();
        int port = net().port();
        net().mapped(net().insider(), port, peer, 4000); // so that the port is changed, too
        var sent = new ArrayList<Packet>(0x10000);
        for (int value = 0; value < 0x10000; value++) {
            sent.add(udp(host, port, peer, 4000, new byte[] {(byte) (value >> 8), (byte) value}));
        }
        var seen = net().fromInside(sent).outside();
        assertThat(seen).hasSize(0x10000);
        for (int value = 0; value < 0x10000; value++) {
            var packet = seen.get(value);
            assertThat(packet.word(8)).isEqualTo(value);
            assertThat(packet.word(6)).as("checksum of %s", packet).isNotZero();
            assertThat(packet.isRight()).as("checksum of %s", packet).isTrue();
        }
    }

    @Test
    default void n52ADatagramThatLiesAboutItsLengthGetsNowhere() throws IOException {
        for (int lie : new int[] {-1000, -9, -20, 1, 100, 60_000}) {
            var out = udp(net().insider(), net().port(), net().outsider(), 4000);
            net().refusedFromInside("gateway.lan UDP_SENSELESS", lying(out, lie));
            var in = udp(net().outsider(), net().port(), ADDRESS, PUBLISHED);
            net().refusedFromOutside("gateway.uplink UDP_SENSELESS", lying(in, lie));
        }
    }

    /** A length under 8 or beyond the packet's end. */
    private static Packet lying(Packet packet, int lie) {
        int length = lie < 0 ? Math.floorMod(lie, 8) : packet.payload.length + lie;
        packet.payload[4] = (byte) (length >> 8);
        packet.payload[5] = (byte) length;
        return packet.checksum(0);
    }

    @Test
    default void n53OfProtocolsWithoutPortsNothingLeavesWithAnInsideAddress() throws IOException {
        for (int protocol : new int[] {2, 4, 47, 50, 51, 89, 132, 136, 255}) {
            var sent = new Packet(net().insider(), net().outsider(), protocol, new byte[40]);
            var seen = net().fromInside(sent);
            assertThat(seen.outside())
                    .allSatisfy(packet -> assertThat(packet.source).isEqualTo(ADDRESS));
            var in = new Packet(net().outsider(), ADDRESS, protocol, new byte[40]);
            assertThat(net().fromOutside(in).inside()).isEmpty();
        }
    }

    @Test
    default void n54AWrongChecksumIsNotMadeRight() {
        for (int flip : new int[] {1, 0x100, 0xFFFE}) {
            var out = udp(net().insider(), net().port(), net().outsider(), 4000);
            out.checksum(out.word(6) ^ flip);
            assertThat(net().fromInside(out).outside()).noneMatch(packet -> packet.isRight());
            var in = udp(net().outsider(), net().port(), ADDRESS, PUBLISHED);
            in.checksum(in.word(6) ^ flip);
            assertThat(net().fromOutside(in).inside()).noneMatch(packet -> packet.isRight());
            var syn = tcp(net().outsider(), net().port(), ADDRESS, PUBLISHED, SYN, 1, 0);
            syn.checksum(syn.word(16) ^ flip);
            assertThat(net().fromOutside(syn).inside()).noneMatch(packet -> packet.isRight());
        }
    }

    @Test
    default void n55WhatIsBehindAPacketIsNoPartOfIt() {
        var sent = udp(net().insider(), net().port(), net().outsider(), 4000, text("x"));
        sent.padding = 17;
        assertThat(net().fromInside(sent).onlyOutside().payload).hasSize(9);
        var broken = udp(net().insider(), net().port(), net().outsider(), 4000);
        broken.headerFlips = 0x0100;
        net().fromInside(broken).nothing();
    }

    @Test
    default void n56ASegmentFromTheMiddleOfAConnectionNobodyKnowsIsDroppedOrTranslated() {
        var out = tcp(net().insider(), net().port(), net().outsider(), 80, PSH | ACK, 5000, 6000, text("go on"));
        var seen = net().fromInside(out);
        assertThat(seen.inside()).isEmpty();
        assertThat(seen.outside())
                .allSatisfy(packet -> assertThat(packet.source).isEqualTo(ADDRESS))
                .allSatisfy(packet -> assertThat(packet.isRight()).isTrue());
    }

    @Test
    default void n57BothAddressesOfTheGatewayAnswerAnEcho() {
        var inside = net().fromInside(echo(net().insider(), GATEWAY, net().port(), 1))
                .onlyInside();
        assertThat(inside.kind()).isZero();
        assertThat(inside.source).isEqualTo(GATEWAY);
        var outside = net().fromOutside(echo(net().outsider(), ADDRESS, net().port(), 1))
                .onlyOutside();
        assertThat(outside.kind()).isZero();
        assertThat(outside.source).isEqualTo(ADDRESS);
    }

    @Test
    default void n58NobodyOutsideReachesAnInsideAddressByItself() {
        var peer = net().outsider();
        int port = net().port();
        var host = net().insider();
        net().mapped(host, port, peer, 4000);
        assertThat(net().fromOutside(
                                udp(peer, 4000, host, port),
                                udp(peer, 4000, SERVICE, 80),
                                tcp(peer, port, SERVICE, 80, SYN, 1, 0),
                                echo(peer, host, 7, 1),
                                echo(peer, GATEWAY, 7, 1),
                                udp(peer, 4000, "10.1.255.255", 80),
                                udp(peer, 4000, GATEWAY, PUBLISHED))
                        .inside())
                .isEmpty();
    }

    @Test
    default void n59WhatSaysItIsFromInsideButComesFromOutsideGetsNowhere() throws IOException {
        int port = net().port();
        var before = net().drops();
        var sources = new String[] {"10.1.0.9", SERVICE, GATEWAY, ADDRESS, "127.0.0.1", "0.0.0.0", "224.0.0.5"};
        for (var source : sources) {
            net().fromOutside(udp(source, port, ADDRESS, PUBLISHED)).nothing();
        }
        net().counted(before, Map.of("gateway.uplink IP_SOURCE", (long) sources.length));
    }
}
