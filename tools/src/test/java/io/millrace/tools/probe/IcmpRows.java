package io.millrace.tools.probe;

import static io.millrace.tools.probe.NatSegments.ADDRESS;
import static io.millrace.tools.probe.NatSegments.GATEWAY;
import static io.millrace.tools.probe.NatSegments.OUTSIDE_MTU;
import static io.millrace.tools.probe.NatSegments.PUBLISHED;
import static io.millrace.tools.probe.NatSegments.SERVICE;
import static io.millrace.tools.probe.Packet.ICMP;
import static io.millrace.tools.probe.Packet.SYN;
import static io.millrace.tools.probe.Packet.echo;
import static io.millrace.tools.probe.Packet.icmp;
import static io.millrace.tools.probe.Packet.tcp;
import static io.millrace.tools.probe.Packet.udp;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of errors and echoes: RFC 5508, and of packets that cannot go on: RFC 1812 and 1191. */
interface IcmpRows extends NatRows {
    int PORT_UNREACHABLE = 0x0303;
    int TOO_BIG = 0x0304;
    int EXPIRED = 0x0B00;

    /** A packet that left, as who sent it and as the outside knew it. */
    record Left(Packet sent, Packet seen) {
        byte[] quote() {
            return quote(28);
        }

        byte[] quote(int bytes) {
            return Arrays.copyOf(seen.bytes(), Math.min(bytes, seen.bytes().length));
        }
    }

    private Left left(Packet packet) {
        return new Left(packet, net().fromInside(packet).onlyOutside());
    }

    private Left anyLeft() {
        return left(udp(net().insider(), net().port(), net().outsider(), 4000));
    }

    /** What the sender is told: from whom, what, and about its own packet. */
    private void tellsTheSender(Packet seen, String from, int kind, Packet about) {
        assertThat(seen.protocol).isEqualTo(ICMP);
        assertThat(seen.source + " > " + seen.destination).isEqualTo(from + " > " + about.source);
        assertThat(seen.kind()).as("type and code").isEqualTo(kind);
        var quoted = seen.quoted();
        assertThat(quoted.way()).isEqualTo(about.way());
        int length = Math.min(quoted.payload.length, about.payload.length);
        assertThat(length).as("bytes quoted").isGreaterThanOrEqualTo(8);
        assertThat(Arrays.copyOf(quoted.payload, length))
                .as("what is quoted")
                .isEqualTo(Arrays.copyOf(about.payload, length));
        assertThat(quoted.id).isEqualTo(about.id);
    }

    @Test
    default void n17AnErrorAboutAMappedPacketReachesItsSenderAndQuotesItAsItWas() {
        var left = anyLeft();
        var error = icmp(left.sent.destination, ADDRESS, 3, 3, 0, left.quote());
        var seen = net().fromOutside(error).onlyInside();
        tellsTheSender(seen, left.sent.destination, PORT_UNREACHABLE, left.sent);
        // also one that quotes the whole packet, whose checksum then can be right, and is
        var whole = net().fromOutside(icmp(left.sent.destination, ADDRESS, 3, 3, 0, left.quote(2000)))
                .onlyInside();
        tellsTheSender(whole, left.sent.destination, PORT_UNREACHABLE, left.sent);
        assertThat(whole.quoted().isRight()).as("checksum quoted").isTrue();
    }

    @Test
    default void n18AnErrorIsForwardedWhateverRouterSentIt() {
        var left = anyLeft();
        var router = net().outsider();
        var seen =
                net().fromOutside(icmp(router, ADDRESS, 11, 0, 0, left.quote())).onlyInside();
        tellsTheSender(seen, router, EXPIRED, left.sent);
    }

    @Test
    default void n19TheMtuThatAnErrorTellsIsKept() {
        var left = left(udp(net().insider(), net().port(), net().outsider(), 4000, new byte[1200])
                .dontFragment());
        var router = net().outsider();
        var seen = net().fromOutside(icmp(router, ADDRESS, 3, 4, 1111, left.quote(548)))
                .onlyInside();
        tellsTheSender(seen, router, TOO_BIG, left.sent);
        assertThat(seen.number(4)).isEqualTo(1111);
    }

    @Test
    default void n20AnErrorAboutNothingThatWasSentGetsNowhere() throws IOException {
        var never = udp(ADDRESS, net().port(), net().outsider(), 4000).ttl(63);
        net().refusedFromOutside("ip.uplink NOT_SERVED", icmp(never.destination, ADDRESS, 3, 3, 0, never.bytes()));
        var left = anyLeft();
        var other = udp(ADDRESS, left.seen.from(), net().outsider(), 4000).ttl(63);
        net().refusedFromOutside("ip.uplink NOT_SERVED", icmp(other.destination, ADDRESS, 3, 3, 0, other.bytes()));
    }

    @Test
    default void n21NoErrorEndsAMapping() {
        var left = anyLeft();
        var peer = left.sent.destination;
        for (int code : new int[] {0, 1, 2, 3, 9, 10, 13}) {
            net().fromOutside(icmp(peer, ADDRESS, 3, code, 0, left.quote())).onlyInside();
        }
        var back = net().fromOutside(udp(peer, 4000, ADDRESS, left.seen.from())).onlyInside();
        assertThat(back.destination).isEqualTo(left.sent.source);
        assertThat(net().mapped(left.sent.source, left.sent.from(), net().outsider(), 4000))
                .isEqualTo(left.seen.from());
        var syn = left(tcp(net().insider(), net().port(), peer, 80, SYN, 100, 0));
        net().fromOutside(icmp(peer, ADDRESS, 3, 3, 0, syn.quote(40))).onlyInside();
        net().fromOutside(tcp(peer, 80, ADDRESS, syn.seen.from(), SYN | Packet.ACK, 500, 101))
                .onlyInside();
    }

    @Test
    default void n22TheQuotedPacketIsFoundPastIpOptions() {
        var left =
                left(udp(net().insider(), net().port(), net().outsider(), 4000).options("01010101" + "94040000"));
        assertThat(left.seen.options).isEqualTo("0101010194040000");
        var seen = net().fromOutside(icmp(left.sent.destination, ADDRESS, 3, 3, 0, left.quote(36)))
                .onlyInside();
        tellsTheSender(seen, left.sent.destination, PORT_UNREACHABLE, left.sent);
        assertThat(seen.quoted().options).isEqualTo("0101010194040000");
        var outer =
                icmp(left.sent.destination, ADDRESS, 3, 3, 0, left.quote(36)).options("01010101");
        tellsTheSender(net().fromOutside(outer).onlyInside(), left.sent.destination, PORT_UNREACHABLE, left.sent);
    }

    @Test
    default void n23AnErrorWhoseQuotedIpHeaderHasAWrongChecksumGetsNowhere() throws IOException {
        var left = anyLeft();
        var quote = left.quote();
        quote[10] ^= 0x55;
        net().refusedFromOutside("gateway.uplink QUOTE_CHECKSUM", icmp(left.sent.destination, ADDRESS, 3, 3, 0, quote));
    }

    @Test
    default void n24AnErrorWithAWrongChecksumGetsNowhere() throws IOException {
        var left = anyLeft();
        var error = icmp(left.sent.destination, ADDRESS, 3, 3, 0, left.quote());
        net().refusedFromOutside("gateway.uplink ICMP_CHECKSUM", error.checksum(error.word(2) ^ 0x0101));
    }

    @Test
    default void n25AnErrorAboutATcpSegmentThatQuotesEightBytesReachesItsSender() {
        var left = left(tcp(net().insider(), net().port(), net().outsider(), 80, SYN, 77, 0));
        var seen = net().fromOutside(icmp(left.sent.destination, ADDRESS, 3, 1, 0, left.quote()))
                .onlyInside();
        tellsTheSender(seen, left.sent.destination, 0x0301, left.sent);
        assertThat(seen.quoted().number(4)).as("sequence number").isEqualTo(77);
    }

    @Test
    default void n26AnErrorWhoseQuoteEndsInsideItsIpHeaderGetsNowhere() throws IOException {
        var left = anyLeft();
        for (int length : new int[] {0, 1, 8, 19, 20, 24, 27}) {
            var error = icmp(left.sent.destination, ADDRESS, 3, 3, 0, left.quote(length));
            net().refusedFromOutside("gateway.uplink QUOTE_SENSELESS", error);
        }
    }

    @Test
    default void n27AnErrorFromInsideComesFromTheOutsideAddressAndQuotesWhatThePeerSent() {
        var asked = udp(net().outsider(), net().port(), ADDRESS, PUBLISHED);
        var arrived = net().fromOutside(asked).onlyInside();
        var error = icmp(SERVICE, asked.source, 3, 3, 0, Arrays.copyOf(arrived.bytes(), 28));
        tellsTheSender(net().fromInside(error).onlyOutside(), ADDRESS, PORT_UNREACHABLE, asked);
        // and about an answer to something that was sent out
        var left = anyLeft();
        var answer = udp(left.sent.destination, 4000, ADDRESS, left.seen.from());
        var back = net().fromOutside(answer).onlyInside();
        var again = icmp(left.sent.source, answer.source, 3, 3, 0, Arrays.copyOf(back.bytes(), 28));
        tellsTheSender(net().fromInside(again).onlyOutside(), ADDRESS, PORT_UNREACHABLE, answer);
    }

    @Test
    default void x27AnErrorBetweenTwoInsideHostsThatMeetOutsideReachesItsSender() {
        var asked = udp(net().insider(), net().port(), ADDRESS, PUBLISHED);
        var arrived = net().fromInside(asked).onlyInside();
        var error = icmp(SERVICE, arrived.source, 3, 3, 0, Arrays.copyOf(arrived.bytes(), 28));
        tellsTheSender(net().fromInside(error).onlyInside(), ADDRESS, PORT_UNREACHABLE, asked);
    }

    @Test
    default void n28AnEchoAndItsAnswerAreTranslated() {
        var host = net().insider();
        var peer = net().outsider();
        int identifier = net().port();
        for (int number = 1; number < 4; number++) {
            var sent = echo(host, peer, identifier, number);
            var seen = net().fromInside(sent).onlyOutside();
            assertThat(seen.source + " > " + seen.destination).isEqualTo(ADDRESS + " > " + peer);
            assertThat(seen.data()).isEqualTo(sent.data());
            var answer = icmp(peer, ADDRESS, 0, 0, (int) seen.number(4), Packet.text("pong " + number));
            var back = net().fromOutside(answer).onlyInside();
            assertThat(back.source + " > " + back.destination).isEqualTo(peer + " > " + host);
            assertThat(back.number(4)).isEqualTo(identifier << 16 | number);
            assertThat(back.data()).isEqualTo(answer.data());
        }
    }

    @Test
    default void n29TwoHostsWithOneIdentifierAreToldApart() {
        int identifier = net().port();
        var peer = net().outsider();
        var hosts = new String[] {net().insider(), net().insider()};
        var mapped = new int[2];
        for (int i = 0; i < 2; i++) {
            mapped[i] = net().fromInside(echo(hosts[i], peer, identifier, 1))
                    .onlyOutside()
                    .identifier();
        }
        assertThat(mapped[1]).isNotEqualTo(mapped[0]);
        for (int i = 1; i >= 0; i--) {
            var back = net().fromOutside(icmp(peer, ADDRESS, 0, 0, mapped[i] << 16 | 1, new byte[8]))
                    .onlyInside();
            assertThat(back.destination).isEqualTo(hosts[i]);
            assertThat(back.identifier()).isEqualTo(identifier);
        }
    }

    @Test
    default void n30AnEchoAnswerThatNobodyAskedForGetsNowhereAndErrorsAboutEchoesReachTheirSender() throws IOException {
        net().refusedFromOutside(
                        "ip.uplink NOT_SERVED",
                        icmp(net().outsider(), ADDRESS, 0, 0, net().port() << 16 | 1, new byte[8]));
        int identifier = net().port();
        var peer = net().outsider();
        net().fromInside(echo(net().insider(), peer, identifier, 1)).onlyOutside(); // so that the next one is changed
        var left = left(echo(net().insider(), peer, identifier, 1));
        var router = net().outsider();
        var seen = net().fromOutside(icmp(router, ADDRESS, 11, 0, 0, left.quote(2000)))
                .onlyInside();
        assertThat(seen.destination).isEqualTo(left.sent.source);
        assertThat(seen.quoted().identifier()).isEqualTo(identifier);
        assertThat(seen.quoted().isRight()).isTrue();
    }

    @Test
    default void n31WhatWouldLeaveWithoutTimeToLiveIsReportedByTheGatewayToItsSender() throws IOException {
        var sent = udp(net().insider(), net().port(), net().outsider(), 4000).ttl(1);
        var before = net().drops();
        var seen = net().fromInside(sent).onlyInside();
        tellsTheSender(seen, GATEWAY, EXPIRED, sent);
        assertThat(seen.quoted().ttl).isEqualTo(1);
        net().counted(before, Map.of("gateway.lan TIME_EXCEEDED", 1L));
    }

    @Test
    default void n33TheSameFromOutsideQuotesThePacketAsThePeerSentIt() throws IOException {
        var sent = udp(net().outsider(), net().port(), ADDRESS, PUBLISHED).ttl(1);
        var before = net().drops();
        var seen = net().fromOutside(sent).onlyOutside();
        tellsTheSender(seen, ADDRESS, EXPIRED, sent);
        assertThat(seen.quoted().ttl).isEqualTo(1);
        net().counted(before, Map.of("gateway.uplink TIME_EXCEEDED", 1L));
        var host = net().insider();
        var peer = net().outsider();
        int mapped = net().mapped(host, net().port(), peer, 4000);
        var answer = udp(peer, 4000, ADDRESS, mapped).ttl(1);
        tellsTheSender(net().fromOutside(answer).onlyOutside(), ADDRESS, EXPIRED, answer);
    }

    @Test
    default void n32WhatIsTooBigAndMayNotBeCutIsReportedWithTheMtu() throws IOException {
        var sent = udp(net().insider(), net().port(), net().outsider(), 4000, new byte[OUTSIDE_MTU - 28 + 1])
                .dontFragment();
        var before = net().drops();
        var seen = net().fromInside(sent).onlyInside();
        tellsTheSender(seen, GATEWAY, TOO_BIG, sent);
        assertThat(seen.number(4)).isEqualTo(OUTSIDE_MTU);
        net().counted(before, Map.of("gateway.lan EXCEEDS_MTU", 1L));
        var fits = udp(sent.source, sent.from(), sent.destination, 4000, new byte[OUTSIDE_MTU - 28])
                .dontFragment();
        assertThat(net().fromInside(fits).onlyOutside().data()).isEqualTo(fits.data());
    }
}
