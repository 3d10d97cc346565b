package io.millrace.dataplane.nat;

import static io.millrace.codec.TcpHeader.ACK;
import static io.millrace.codec.TcpHeader.FIN;
import static io.millrace.codec.TcpHeader.RST;
import static io.millrace.codec.TcpHeader.SYN;
import static io.millrace.dataplane.nat.LifeLab.INSIDE;
import static io.millrace.dataplane.nat.LifeLab.OUTSIDE;
import static io.millrace.dataplane.nat.LifeLab.SECOND;
import static io.millrace.dataplane.nat.LifeLab.TICK;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions through real gateways, by a clock that the test moves: how long they live, and what ends them. */
class LifeTest {
    private LifeLab lab = lab(Timeouts.RFC);

    private static LifeLab lab(Timeouts timeouts) {
        return new LifeLab(timeouts, false, 1024, 123_456_789);
    }

    private static Timeouts profile(String name) {
        return name.equals("RFC") ? Timeouts.RFC : Timeouts.LINUX;
    }

    private void handshake() {
        assertThat(lab.tcp(INSIDE, SYN, 1_000, 0)).isTrue();
        assertThat(lab.tcp(OUTSIDE, SYN | ACK, 5_000, 1_001)).isTrue();
        assertThat(lab.tcp(INSIDE, ACK, 1_001, 5_001)).isTrue();
    }

    /** Brings a fresh connection into a state. */
    private void bring(String state) {
        assertThat(lab.tcp(INSIDE, SYN, 1_000, 0)).isTrue();
        if (state.equals("SYN_SENT")) {
            return;
        }
        assertThat(lab.tcp(OUTSIDE, SYN | ACK, 5_000, 1_001)).isTrue();
        if (state.equals("SYN_ANSWERED")) {
            return;
        }
        assertThat(lab.tcp(INSIDE, ACK, 1_001, 5_001)).isTrue();
        switch (state) {
            case "FIN_WAIT" -> lab.tcp(INSIDE, FIN | ACK, 1_001, 5_001);
            case "CLOSE_WAIT" -> {
                lab.tcp(INSIDE, FIN | ACK, 1_001, 5_001);
                lab.tcp(OUTSIDE, ACK, 5_001, 1_002);
            }
            case "LAST_ACK" -> {
                lab.tcp(INSIDE, FIN | ACK, 1_001, 5_001);
                lab.tcp(OUTSIDE, FIN | ACK, 5_001, 1_002);
            }
            case "TIME_WAIT" -> {
                lab.tcp(INSIDE, FIN | ACK, 1_001, 5_001);
                lab.tcp(OUTSIDE, FIN | ACK, 5_001, 1_002);
                lab.tcp(INSIDE, ACK, 1_002, 5_002);
            }
            case "RESET" -> lab.tcp(OUTSIDE, RST, 5_001, 0);
            default -> {}
        }
    }

    // ---- how long

    @ParameterizedTest
    @CsvSource({"RFC, false, 300", "RFC, true, 300", "LINUX, false, 30", "LINUX, true, 120"})
    void n5UdpLivesAsLongAsItsProfileSays(String profile, boolean answered, int seconds) {
        for (boolean early : new boolean[] {true, false}) {
            lab = lab(profile(profile));
            assertThat(lab.udp(INSIDE)).isTrue();
            assertThat(!answered || lab.udp(OUTSIDE)).isTrue();
            lab.later(seconds * SECOND + (early ? 0 : 2 * TICK));
            assertThat(lab.udp(OUTSIDE)).isEqualTo(early);
            lab.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "RFC, SYN_SENT, 240", "RFC, SYN_ANSWERED, 240", "RFC, ESTABLISHED, 7440", "RFC, FIN_WAIT, 7440",
        "RFC, CLOSE_WAIT, 7440", "RFC, LAST_ACK, 240", "RFC, TIME_WAIT, 240", "RFC, RESET, 240",
        "LINUX, SYN_SENT, 120", "LINUX, SYN_ANSWERED, 60", "LINUX, ESTABLISHED, 432000", "LINUX, FIN_WAIT, 120",
        "LINUX, CLOSE_WAIT, 60", "LINUX, LAST_ACK, 30", "LINUX, TIME_WAIT, 120", "LINUX, RESET, 10"
    })
    void n6TcpLivesAsLongAsItsStateSays(String profile, String state, int seconds) {
        for (boolean early : new boolean[] {true, false}) {
            lab = lab(profile(profile));
            bring(state);
            lab.later(seconds * SECOND + (early ? 0 : 2 * TICK));
            assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_001)).isEqualTo(early);
            lab.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"RFC, 60", "LINUX, 30"})
    void n7AnEchoLivesAsLongAsItsProfileSays(String profile, int seconds) {
        for (boolean early : new boolean[] {true, false}) {
            lab = lab(profile(profile));
            assertThat(lab.echo(INSIDE)).isTrue();
            lab.later(seconds * SECOND + (early ? 0 : 2 * TICK));
            assertThat(lab.echo(OUTSIDE)).isEqualTo(early);
            lab.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, true, true", "true, false, true", "false, true, true", "false, false, false"})
    void rfc4787Req6WhoRefreshes(boolean inbound, boolean fromInside, boolean lives) {
        lab = lab(Timeouts.RFC.withInboundRefresh(inbound));
        assertThat(lab.udp(INSIDE)).isTrue();
        assertThat(lab.udp(OUTSIDE)).isTrue();
        for (int i = 0; i < 3; i++) {
            lab.later(200 * SECOND);
            lab.udp(fromInside ? INSIDE : OUTSIDE);
        }
        lab.later(200 * SECOND);
        assertThat(lab.udp(OUTSIDE)).isEqualTo(lives);
        lab.close();
    }

    @Test
    void aPacketThatIsDroppedRefreshesNothing() {
        lab.udp(INSIDE);
        handshake();
        lab.later(200 * SECOND);
        int tcpPort = lab.outsidePort;
        assertThat(lab.udp(OUTSIDE, 54)).as("filtered").isFalse();
        lab.later(200 * SECOND);
        assertThat(lab.udp(OUTSIDE)).isFalse();
        lab.later(7_000 * SECOND);
        lab.outsidePort = tcpPort;
        assertThat(lab.tcp(OUTSIDE, RST, 77_777, 0)).as("out of the window").isFalse();
        assertThat(lab.tcp(INSIDE, 1, ACK, 1_001, 5_001, 80)).as("its last hop").isFalse();
        lab.later(50 * SECOND);
        assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_001)).isFalse();
        lab.close();
    }

    @Test
    void e21TheProcessIsStoppedForTenSeconds() {
        handshake();
        int tcp = lab.outsidePort;
        lab.udp(INSIDE);
        lab.later(290 * SECOND).stopped(10 * SECOND);
        assertThat(lab.udp(OUTSIDE)).as("not early").isTrue();
        lab.later(290 * SECOND).stopped(10 * SECOND + 2 * TICK);
        assertThat(lab.udp(OUTSIDE)).as("not for ever").isFalse();
        lab.outsidePort = tcp;
        assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_001)).isTrue();
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 400 * SECOND, -400 * SECOND, -1, (1L << 53) - 100 * SECOND})
    void e21WhateverTheClockShowsAtTheStart(long start) {
        lab = new LifeLab(Timeouts.RFC, false, 1024, start);
        assertThat(lab.udp(INSIDE)).isTrue();
        lab.later(300 * SECOND);
        assertThat(lab.udp(OUTSIDE)).isTrue();
        lab.later(301 * SECOND);
        assertThat(lab.udp(OUTSIDE)).isFalse();
        assertThat(lab.nat.sessions().size())
                .as("ended without being looked for")
                .isZero();
        lab.close();
    }

    // ---- TCP

    @Test
    void n20HandshakeAndHalfClose() {
        bring("CLOSE_WAIT");
        for (int i = 0; i < 3; i++) {
            lab.later(7_000 * SECOND);
            assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_002)).isTrue();
            assertThat(lab.tcp(INSIDE, ACK, 1_002, 5_001)).isTrue();
        }
        assertThat(lab.tcp(OUTSIDE, FIN | ACK, 5_001, 1_002)).isTrue();
        assertThat(lab.tcp(INSIDE, ACK, 1_002, 5_002)).isTrue();
        lab.later(241 * SECOND);
        assertThat(lab.nat.sessions().size()).isZero();
        lab.close();
    }

    @Test
    void n20SimultaneousOpen() {
        assertThat(lab.tcp(INSIDE, SYN, 1_000, 0)).isTrue();
        assertThat(lab.tcp(OUTSIDE, SYN, 5_000, 0)).isTrue();
        assertThat(lab.tcp(INSIDE, SYN | ACK, 1_000, 5_001)).isTrue();
        assertThat(lab.tcp(OUTSIDE, SYN | ACK, 5_000, 1_001)).isTrue();
        lab.later(7_440 * SECOND);
        assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_001)).isTrue();
        lab.close();
    }

    @Test
    void n21ResetsPassIfTheyFitAndTheConnectionIsKeptForFourMinutes() {
        handshake();
        int port = lab.outsidePort;
        assertThat(lab.tcp(OUTSIDE, RST, 99_000, 0)).isFalse();
        assertThat(lab.tcp(INSIDE, RST | ACK, 99_000, 5_001)).isFalse();
        assertThat(lab.drops(Drop.RESET_OUT_OF_WINDOW)).isEqualTo(2);
        lab.later(300 * SECOND);
        assertThat(lab.tcp(OUTSIDE, RST, 5_001, 0)).as("without ACK").isTrue();
        lab.later(239 * SECOND);
        assertThat(lab.tcp(INSIDE, ACK, 1_001, 5_001)).isTrue();
        assertThat(lab.outsidePort).isEqualTo(port);
        lab.later(7_440 * SECOND);
        assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_001)).as("it lives").isTrue();
        lab.close();
    }

    @Test
    void n22NobodyAnswersAnUnsolicitedSyn() {
        lab.outsidePort = 5_000;
        assertThat(lab.tcp(OUTSIDE, SYN, 5_000, 0)).isFalse();
        handshake();
        lab.outsidePort = 5_000;
        assertThat(lab.tcp(OUTSIDE, 64, SYN, 5_000, 0, 81)).as("somebody else").isFalse();
        lab.later(7 * SECOND);
        assertThat(lab.hears(OUTSIDE)).isFalse();
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aConnectionIsTakenUpInTheMiddleOnlyIfLoose(boolean loose) {
        lab = new LifeLab(Timeouts.RFC, loose, 1024, 0);
        assertThat(lab.tcp(INSIDE, RST, 1_001, 0)).isFalse();
        assertThat(lab.tcp(INSIDE, SYN | ACK, 1_001, 1)).isFalse();
        assertThat(lab.tcp(INSIDE, ACK, 1_001, 5_001)).isEqualTo(loose);
        assertThat(lab.drops(Drop.NO_CONNECTION)).isEqualTo(loose ? 2 : 3);
        if (loose) {
            assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_001)).isTrue();
            lab.later(7_440 * SECOND);
            assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_001)).isTrue();
        }
        lab.close();
    }

    @Test
    void aPortIsUsedAgainAfterItsConnectionIsOver() {
        bring("TIME_WAIT");
        int port = lab.outsidePort;
        assertThat(lab.tcp(INSIDE, SYN, 900_000, 0)).isTrue();
        assertThat(lab.outsidePort).isEqualTo(port);
        assertThat(lab.tcp(OUTSIDE, SYN | ACK, 7_000, 900_001)).isTrue();
        assertThat(lab.tcp(INSIDE, ACK, 900_001, 7_001)).isTrue();
        lab.later(7_440 * SECOND);
        assertThat(lab.tcp(OUTSIDE, ACK, 7_001, 900_001)).isTrue();
        lab.close();
    }

    @Test
    void aServiceChoosesAnewForAConnectionByAPortUsedBefore() {
        assertThat(lab.published(OUTSIDE, 6_000, SYN, 1_000, 0)).isTrue();
        assertThat(lab.published(INSIDE, 6_000, RST | ACK, 0, 1_001)).isTrue();
        lab.nat.services().forEach(service -> service.remove(1));
        assertThat(lab.published(OUTSIDE, 6_000, SYN, 2_000, 0)).isFalse();
        assertThat(lab.drops(Drop.NO_BACKEND)).isEqualTo(1);
        lab.close();
    }

    @Test
    void aFloodOfSynsThatAreAllAnsweredBreaksNoOpenConnectionAndKeepsNobodyOut() {
        lab = new LifeLab(Timeouts.RFC, false, 1_024, 0);
        assertThat(lab.published(OUTSIDE, 6_000, SYN, 1_000, 0)).isTrue();
        assertThat(lab.published(INSIDE, 6_000, SYN | ACK, 5_000, 1_001)).isTrue();
        assertThat(lab.published(OUTSIDE, 6_000, ACK, 1_001, 5_001)).isTrue();
        for (int client = 10_000; client < 13_000; client++) {
            assertThat(lab.published(OUTSIDE, client, SYN, 1_000, 0)).isTrue();
            assertThat(lab.published(INSIDE, client, SYN | ACK, 5_000, 1_001)).isTrue();
        }
        assertThat(lab.published(OUTSIDE, 6_000, ACK, 1_001, 5_001)).isTrue();
        assertThat(lab.published(INSIDE, 6_000, ACK, 5_001, 1_001)).isTrue();
        lab.close();
    }
}
