package io.millrace.dataplane.nat;

import static io.millrace.dataplane.nat.RouterLab.HOST;
import static io.millrace.dataplane.nat.RouterLab.NEIGHBOR;
import static io.millrace.dataplane.nat.RouterLab.echo;
import static io.millrace.dataplane.nat.RouterLab.error;
import static io.millrace.dataplane.nat.RouterLab.errorV6;
import static io.millrace.dataplane.nat.RouterLab.tcp;
import static io.millrace.dataplane.nat.RouterLab.udp;
import static io.millrace.dataplane.trials.Packets.digits;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.TcpHeader;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.l3.IcmpErrors;
import io.millrace.dataplane.trials.Bytes;
import io.millrace.dataplane.trials.Lab;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the RFCs ask of a translator concerning ICMP, each by its number. {@link GatewayKernelTest} compares with Linux. */
class IcmpRequirementsTest {
    private static final String A = "10.1.0.2", B = "10.1.0.3", PEER = "198.51.100.7", ROUTER = "192.0.2.9";
    private static final String OUTSIDE = "192.0.2.1", GATEWAY = "10.1.0.1";
    private static final String EXCEEDED = "0b 00 00 00 00 00 00 00";
    private static final String UNREACHABLE = "03 01 00 00 00 00 00 00";
    private static final int ICMP = 20, QUOTE = 28;
    private static final HexFormat HEX = HexFormat.of();

    private RouterLab router = new RouterLab();

    @AfterEach
    void close() {
        router.close();
    }

    private byte[] inside(byte[] packet) {
        return router.fromInside(HOST, packet);
    }

    private byte[] neighbor(byte[] packet) {
        return router.fromInside(NEIGHBOR, packet);
    }

    private byte[] outside(byte[] packet) {
        return router.fromOutside(packet);
    }

    private static int u16(byte[] packet, int at) {
        return (packet[at] & 0xFF) << 8 | packet[at + 1] & 0xFF;
    }

    private static String source(byte[] packet) {
        return HEX.formatHex(packet, 12, 16);
    }

    private static String destination(byte[] packet) {
        return HEX.formatHex(packet, 16, 20);
    }

    private static byte[] quote(byte[] error) {
        return Arrays.copyOfRange(error, QUOTE, error.length);
    }

    private static int identifier(byte[] echo) {
        return u16(echo, ICMP + 4);
    }

    // ------------------------------------------------------------------ queries

    @Test
    void rfc5508Req1EchoesPassAndTheirAnswersComeBackToWhoAsked() {
        byte[] one = inside(echo(A, PEER, true, 0x4321));
        byte[] other = neighbor(echo(B, PEER, true, 0x4321));
        assertThat(identifier(one)).isEqualTo(0x4321);
        assertThat(identifier(other)).as("kept apart").isNotEqualTo(0x4321);
        byte[] toOther = outside(echo(PEER, OUTSIDE, false, identifier(other)));
        assertThat(destination(toOther)).isEqualTo(digits(B));
        assertThat(identifier(toOther)).isEqualTo(0x4321);
        byte[] toOne = outside(echo(PEER, OUTSIDE, false, identifier(one)));
        assertThat(destination(toOne)).isEqualTo(digits(A));
        assertThat(identifier(toOne)).isEqualTo(0x4321);
    }

    @Test
    void rfc5508Req1aAnIdentifierStaysTheSameTowardsEveryHost() {
        inside(echo(A, PEER, true, 7));
        byte[] first = neighbor(echo(B, PEER, true, 7));
        byte[] second = neighbor(echo(B, "203.0.113.1", true, 7));
        assertThat(identifier(second)).isEqualTo(identifier(first)).isNotEqualTo(7);
    }

    @Test
    void rfc5508Req2AnEchoIsRememberedForAMinute() {
        inside(echo(A, PEER, true, 7));
        router.later(60 * Lab.SECOND);
        assertThat(outside(echo(PEER, OUTSIDE, false, 7))).isNotEmpty();
    }

    @Test
    void anAnswerThatNobodyAskedForComesToNobody() {
        assertThat(outside(echo(PEER, OUTSIDE, false, 7))).isEmpty();
        assertThat(outside(echo(PEER, A, false, 7))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7})
    void whoPingsTheRouterIsAnsweredByTheRouter(int identifier) {
        inside(echo(A, PEER, true, identifier));
        byte[] answer = outside(echo(PEER, OUTSIDE, true, identifier));
        assertThat(source(answer)).isEqualTo(digits(OUTSIDE));
        assertThat(destination(answer)).isEqualTo(digits(PEER));
        assertThat(source(inside(echo(A, GATEWAY, true, identifier)))).isEqualTo(digits(GATEWAY));
    }

    // ------------------------------------------------------------------ errors from outside

    @Test
    void rfc5508Req3AnErrorThatIsDamagedIsDropped() {
        byte[] out = inside(udp(A, 5000, PEER, 53));
        byte[] error = error(ROUTER, OUTSIDE, EXCEEDED, out);
        error[ICMP + 2] ^= 1;
        assertThat(outside(error)).isEmpty();
        assertThat(router.drops(Drop.ICMP_CHECKSUM)).isOne();
    }

    @Test
    void rfc5508Req3aAnErrorWhoseQuotedHeaderIsDamagedIsDropped() {
        byte[] out = inside(udp(A, 5000, PEER, 53));
        out[8]--;
        assertThat(outside(error(ROUTER, OUTSIDE, EXCEEDED, out))).isEmpty();
        assertThat(router.drops(Drop.QUOTE_CHECKSUM)).isOne();
    }

    @Test
    void rfc5508Req3bOptionsInTheQuotedHeaderAreSkipped() {
        byte[] plain = udp(A, 5000, PEER, 53);
        byte[] given =
                Bytes.hex("46", HEX.formatHex(plain, 1, 20), "01 01 01 00", HEX.formatHex(plain, 20, plain.length));
        given[3] += 4;
        fix(given, 24);
        byte[] came = outside(error(ROUTER, OUTSIDE, EXCEEDED, inside(given)));
        given[8]--; // the hop to us
        fix(given, 24);
        assertThat(HEX.formatHex(quote(came))).isEqualTo(HEX.formatHex(given));
    }

    private static void fix(byte[] header, int length) {
        header[10] = 0;
        header[11] = 0;
        int sum = 0;
        for (int i = 0; i < length; i += 2) {
            sum += u16(header, i);
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        header[10] = (byte) (~sum >> 8);
        header[11] = (byte) ~sum;
    }

    @Test
    void rfc5508Req4AnErrorFromOutsideReachesWhoSentThePacketWithWhatHeSent() {
        byte[] given = udp(A, 5000, PEER, 53);
        byte[] came = outside(error(ROUTER, OUTSIDE, "03 04 00 00 00 00 05 00", inside(given)));
        assertThat(source(came)).as("the router's, as it was").isEqualTo(digits(ROUTER));
        assertThat(destination(came)).isEqualTo(digits(A));
        assertThat(HEX.formatHex(came, ICMP, ICMP + 2)).as("type and code").isEqualTo("0304");
        assertThat(u16(came, ICMP + 6)).as("MTU").isEqualTo(0x500);
        given[8]--;
        fix(given, 20);
        assertThat(HEX.formatHex(quote(came))).isEqualTo(HEX.formatHex(given));
    }

    @Test
    void rfc5508Req4WithoutAMappingAnErrorIsDropped() {
        assertThat(outside(error(ROUTER, OUTSIDE, EXCEEDED, udp(OUTSIDE, 5000, PEER, 53))))
                .isEmpty();
        assertThat(outside(error(ROUTER, A, EXCEEDED, udp(A, 5000, PEER, 53)))).isEmpty();
        assertThat(router.drops(Drop.NO_CONNECTION))
                .as("to no address of the router's")
                .isOne();
        assertThat(outside(errorV6("2001:db8::9", "fd00:1::2", "03 00 00 00 00 00 00 00", new byte[48])))
                .isEmpty();
    }

    @Test
    void anErrorFromTheWrongSideIsDropped() {
        byte[] out = inside(udp(A, 5000, PEER, 53));
        assertThat(neighbor(error(B, OUTSIDE, EXCEEDED, out))).isEmpty();
        assertThat(outside(error(B, OUTSIDE, EXCEEDED, out))).as("spoofed").isEmpty();
        assertThat(router.drops(Drop.IP_SOURCE)).isEqualTo(2);
    }

    // ------------------------------------------------------------------ errors from inside

    @Test
    void rfc5508Req5AnErrorFromInsideShowsTheOutsideAddressAndWhatTheClientSent() {
        byte[] given = udp(PEER, 7000, OUTSIDE, 8080);
        byte[] came = inside(error(A, PEER, "03 03 00 00 00 00 00 00", outside(given)));
        assertThat(source(came)).isEqualTo(digits(OUTSIDE));
        assertThat(destination(came)).isEqualTo(digits(PEER));
        given[8]--;
        fix(given, 20);
        assertThat(HEX.formatHex(quote(came))).isEqualTo(HEX.formatHex(given));
    }

    @Test
    void rfc5508Req5ARouterInsideStaysHiddenToo() {
        byte[] came = neighbor(error(B, PEER, EXCEEDED, outside(udp(PEER, 7000, OUTSIDE, 8080))));
        assertThat(source(came)).isEqualTo(digits(OUTSIDE));
    }

    @Test
    void rfc5508Req5WithoutAMappingNothingLeaves() {
        assertThat(inside(error(A, PEER, UNREACHABLE, udp(PEER, 7000, A, 80)))).isEmpty();
        assertThat(router.drops(Drop.NO_CONNECTION)).isOne();
    }

    @Test
    void rfc5508Req7AnErrorTurnsRoundInTheRouterWithThePacketItIsAbout() {
        byte[] given = udp(B, 6000, OUTSIDE, 8080);
        byte[] there = neighbor(given);
        assertThat(source(there)).isEqualTo(digits(OUTSIDE));
        byte[] came = inside(error(A, OUTSIDE, UNREACHABLE, there));
        assertThat(source(came)).isEqualTo(digits(OUTSIDE));
        assertThat(destination(came)).isEqualTo(digits(B));
        given[8]--;
        fix(given, 20);
        assertThat(HEX.formatHex(quote(came))).isEqualTo(HEX.formatHex(given));
    }

    // ------------------------------------------------------------------ what errors do not do

    /** Were one error enough to keep it, the connection would never end: one comes every half minute. */
    @Test
    void rfc5508Req6AnErrorDoesNotKeepAConnection() {
        byte[] out = inside(udp(A, 5000, PEER, 53));
        byte[] error = error(ROUTER, OUTSIDE, EXCEEDED, out);
        assertThat(outside(error)).isNotEmpty();
        int minutes = 0;
        while (outside(error).length > 0) {
            router.later(30 * Lab.SECOND);
            assertThat(++minutes).isLessThan(60);
        }
    }

    @Test
    void rfc4787Req12NoIcmpMessageEndsAMapping() {
        byte[] out = inside(udp(A, 5000, PEER, 53));
        for (var header : new String[] {UNREACHABLE, EXCEEDED, "03 03 00 00 00 00 00 00", "0c 00 00 00 00 00 00 00"}) {
            assertThat(outside(error(ROUTER, OUTSIDE, header, out))).isNotEmpty();
        }
        assertThat(outside(udp(PEER, 53, OUTSIDE, 5000))).isNotEmpty();
        assertThat(u16(inside(udp(A, 5000, "203.0.113.1", 53)), ICMP)).isEqualTo(5000);
    }

    @Test
    void rfc5382Req9AnErrorAboutATcpSegmentIsTranslated() {
        byte[] out = inside(tcp(A, 5003, PEER, 80, TcpHeader.SYN));
        byte[] came = outside(error(ROUTER, OUTSIDE, UNREACHABLE, Arrays.copyOf(out, 28)));
        assertThat(destination(came)).isEqualTo(digits(A));
        assertThat(source(quote(came))).isEqualTo(digits(A));
        assertThat(u16(came, QUOTE + 20)).isEqualTo(5003);
    }

    @Test
    void rfc5382Req10NoIcmpMessageEndsATcpConnection() {
        byte[] out = inside(tcp(A, 5003, PEER, 80, TcpHeader.SYN));
        outside(error(ROUTER, OUTSIDE, "03 03 00 00 00 00 00 00", out));
        assertThat(outside(tcp(PEER, 80, OUTSIDE, 5003, TcpHeader.SYN | TcpHeader.ACK)))
                .isNotEmpty();
    }

    // ------------------------------------------------------------------ our own errors

    @Test
    void n15TimeExceededComesFromTheGatewayWithThePacketAsItWasSent() {
        byte[] given = udp(A, 5000, PEER, 53);
        given[8] = 1;
        fix(given, 20);
        byte[] came = inside(given);
        assertThat(source(came)).isEqualTo(digits(GATEWAY));
        assertThat(HEX.formatHex(came, ICMP, ICMP + 2)).isEqualTo("0b00");
        assertThat(HEX.formatHex(quote(came))).isEqualTo(HEX.formatHex(given));
        assertThat(router.nat.sessions().size()).isZero();

        given = udp(PEER, 7000, OUTSIDE, 8080);
        given[8] = 1;
        fix(given, 20);
        came = outside(given);
        assertThat(source(came)).isEqualTo(digits(OUTSIDE));
        assertThat(HEX.formatHex(quote(came))).isEqualTo(HEX.formatHex(given));
    }

    @Test
    void n15NothingIsToldAboutAnError() {
        byte[] out = inside(udp(A, 5000, PEER, 53));
        byte[] error = error(ROUTER, OUTSIDE, EXCEEDED, out);
        error[8] = 1;
        fix(error, 20);
        assertThat(outside(error)).isEmpty();
        assertThat(router.drops(Drop.TIME_EXCEEDED)).isOne();
    }

    @Test
    void n16WhatIsTooBigAndMayNotBeCutIsToldWithTheNextHopsMtu() {
        byte[] small = udp(A, 5000, PEER, 53);
        byte[] given = Arrays.copyOf(small, RouterLab.OUTSIDE_MTU + 1);
        given[2] = (byte) (given.length >> 8);
        given[3] = (byte) given.length;
        given[6] = 0x40;
        given[24] = (byte) (given.length - 20 >> 8);
        given[25] = (byte) (given.length - 20);
        fix(given, 20);
        byte[] came = inside(given);
        assertThat(source(came)).isEqualTo(digits(GATEWAY));
        assertThat(HEX.formatHex(came, ICMP, ICMP + 2)).isEqualTo("0304");
        assertThat(u16(came, ICMP + 6)).isEqualTo(RouterLab.OUTSIDE_MTU);
        assertThat(HEX.formatHex(quote(came))).isEqualTo(HEX.formatHex(given, 0, 548));
    }

    @Test
    void n22NobodyAnswersAnUnsolicitedSyn() {
        assertThat(outside(tcp(PEER, 7001, OUTSIDE, 22, TcpHeader.SYN))).isEmpty();
        assertThat(outside(tcp(PEER, 7001, A, 22, TcpHeader.SYN))).isEmpty();
        assertThat(outside(udp(PEER, 7001, OUTSIDE, 22))).isEmpty();
        assertThat(router.drops(Drop.NOT_PUBLISHED)).isEqualTo(3);
    }

    @Test
    void butWhoIsInsideIsToldThatNobodyListensAtTheRouter() {
        byte[] given = udp(A, 5000, GATEWAY, 33434);
        byte[] came = inside(given);
        assertThat(source(came)).isEqualTo(digits(GATEWAY));
        assertThat(HEX.formatHex(came, ICMP, ICMP + 2)).isEqualTo("0303");
        assertThat(HEX.formatHex(quote(came))).isEqualTo(HEX.formatHex(given));
    }

    @Test
    void rfc5508Req8WhoCannotBeRememberedIsToldAndWhoIsStaysSo() {
        router.close();
        router = new RouterLab(2);
        for (int port = 5000; port < 5002; port++) {
            inside(udp(A, port, PEER, 53));
            assertThat(outside(udp(PEER, 53, OUTSIDE, port))).isNotEmpty();
        }
        byte[] given = udp(B, 5002, PEER, 53);
        byte[] came = neighbor(given);
        assertThat(source(came)).isEqualTo(digits(GATEWAY));
        assertThat(HEX.formatHex(came, ICMP, ICMP + 2)).isEqualTo("030d");
        assertThat(HEX.formatHex(quote(came))).isEqualTo(HEX.formatHex(given));
        assertThat(router.drops(Drop.NAT_FULL) + router.drops(Drop.NAT_PORTS)).isOne();
        int told = 0;
        for (int i = 0; i < 2000; i++) {
            router.later(Lab.SECOND / 1000);
            told += neighbor(udp(B, 6000 + i, PEER, 53)).length > 0 ? 1 : 0;
        }
        assertThat(told).as("in two seconds").isEqualTo(2 * IcmpErrors.EXHAUSTED_RATE);
        assertThat(outside(udp(PEER, 53, OUTSIDE, 5000))).isNotEmpty();
        assertThat(inside(udp(A, 5001, PEER, 53))).isNotEmpty();
    }
}
