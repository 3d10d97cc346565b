package io.millrace.dataplane.nat;

import static io.millrace.codec.TcpHeader.ACK;
import static io.millrace.codec.TcpHeader.FIN;
import static io.millrace.codec.TcpHeader.PSH;
import static io.millrace.codec.TcpHeader.RST;
import static io.millrace.codec.TcpHeader.SYN;
import static io.millrace.dataplane.nat.TcpTalk.INSIDE;
import static io.millrace.dataplane.nat.TcpTalk.OUTSIDE;
import static io.millrace.dataplane.nat.TcpTracking.CLOSE_WAIT;
import static io.millrace.dataplane.nat.TcpTracking.ESTABLISHED;
import static io.millrace.dataplane.nat.TcpTracking.FIN_WAIT;
import static io.millrace.dataplane.nat.TcpTracking.LAST_ACK;
import static io.millrace.dataplane.nat.TcpTracking.OUT_OF_WINDOW;
import static io.millrace.dataplane.nat.TcpTracking.RESET;
import static io.millrace.dataplane.nat.TcpTracking.SYN_ANSWERED;
import static io.millrace.dataplane.nat.TcpTracking.SYN_SENT;
import static io.millrace.dataplane.nat.TcpTracking.TIME_WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.TcpHeader;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What RFC 5382 and RFC 7857 ask of somebody who follows TCP, one test each, and what real ends do to one another. */
class TcpTrackingTest {
    private final TcpTalk talk = new TcpTalk();

    // ---- RFC 5382 REQ-2 and RFC 7857 section 2, Figure 1

    @ParameterizedTest
    @ValueSource(ints = {INSIDE, OUTSIDE})
    void rfc5382Req2ThreeWayHandshake(int opener) {
        assertThat(talk.syn(opener)).isEqualTo(SYN_SENT);
        assertThat(talk.send(1 - opener, SYN | ACK, 0)).isEqualTo(SYN_ANSWERED);
        assertThat(talk.ack(opener)).isEqualTo(ESTABLISHED);
    }

    @Test
    void rfc5382Req2aSimultaneousOpen() {
        talk.syn(INSIDE);
        assertThat(talk.syn(OUTSIDE)).isEqualTo(SYN_ANSWERED);
        assertThat(talk.sendAt(INSIDE, SYN | ACK, 1_000, talk.next[OUTSIDE], 0)).isEqualTo(SYN_ANSWERED);
        assertThat(talk.sendAt(OUTSIDE, SYN | ACK, 500_000, talk.next[INSIDE], 0))
                .isEqualTo(ESTABLISHED);
        assertThat(talk.data(OUTSIDE, 100)).isEqualTo(ESTABLISHED);
        assertThat(talk.ack(INSIDE)).isEqualTo(ESTABLISHED);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] - 1, 0, 0)).isEqualTo(OUT_OF_WINDOW);
    }

    @ParameterizedTest
    @ValueSource(ints = {INSIDE, OUTSIDE})
    void rfc7857Section2HalfClose(int first) {
        talk.handshake(INSIDE);
        assertThat(talk.fin(first)).isEqualTo(FIN_WAIT);
        assertThat(talk.ack(1 - first)).isEqualTo(CLOSE_WAIT);
        for (int i = 0; i < 20; i++) {
            assertThat(talk.data(1 - first, 1_000)).isEqualTo(CLOSE_WAIT);
            assertThat(talk.ack(first)).isEqualTo(CLOSE_WAIT);
        }
        assertThat(talk.fin(1 - first)).isEqualTo(LAST_ACK);
        assertThat(talk.ack(first)).isEqualTo(TIME_WAIT);
        assertThat(talk.ack(first)).isEqualTo(TIME_WAIT);
    }

    @Test
    void bothCloseAtOnce() {
        talk.handshake(INSIDE);
        int inside = talk.expected[INSIDE];
        talk.fin(INSIDE);
        assertThat(talk.sendAt(OUTSIDE, FIN | ACK, talk.next[OUTSIDE], talk.expected[OUTSIDE] - 1, 0))
                .isEqualTo(LAST_ACK);
        assertThat(talk.sendAt(INSIDE, ACK, talk.next[INSIDE], inside + 1, 0)).isEqualTo(LAST_ACK);
        assertThat(talk.sendAt(OUTSIDE, ACK, talk.next[OUTSIDE] + 1, talk.next[INSIDE], 0))
                .isEqualTo(TIME_WAIT);
    }

    // ---- RFC 7857 section 2.2

    @ParameterizedTest
    @ValueSource(ints = {INSIDE, OUTSIDE})
    void rfc7857Section22ResetInTheWindowNeedsNoAck(int from) {
        talk.handshake(INSIDE);
        talk.data(INSIDE, 300);
        talk.data(OUTSIDE, 700);
        assertThat(talk.reset(from)).isEqualTo(RESET);
    }

    @Test
    void rfc7857Section22SegmentsAfterAResetStillPassAndBringTheConnectionBack() {
        talk.handshake(INSIDE);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + 10, 0, 0))
                .as("in the window, yet not what the receiver heeds: it answers with a challenge")
                .isEqualTo(RESET);
        assertThat(talk.sendAt(INSIDE, ACK, 77, talk.expected[INSIDE], 5))
                .as("what does not fit brings nothing back")
                .isEqualTo(RESET);
        assertThat(talk.ack(INSIDE)).isEqualTo(ESTABLISHED);
        assertThat(talk.data(OUTSIDE, 10)).isEqualTo(ESTABLISHED);
    }

    @Test
    void rfc7857Section22AConnectionThatWasHalfClosedComesBackHalfClosed() {
        talk.handshake(INSIDE);
        talk.fin(INSIDE);
        talk.ack(OUTSIDE);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + 10, 0, 0)).isEqualTo(RESET);
        assertThat(talk.data(OUTSIDE, 10)).isEqualTo(CLOSE_WAIT);
    }

    @ParameterizedTest
    @ValueSource(ints = {-100_000, -1, 8_001, 100_000, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void rfc7857Section22ResetOutOfTheWindowEndsNothing(int off) {
        talk.handshake(INSIDE);
        for (int from = 0; from < 2; from++) {
            assertThat(talk.sendAt(from, RST, talk.next[from] + off, 0, 0)).isEqualTo(OUT_OF_WINDOW);
            assertThat(talk.sendAt(from, RST | ACK, talk.next[from] + off, talk.expected[from], 0))
                    .isEqualTo(OUT_OF_WINDOW);
        }
        assertThat(talk.state()).isEqualTo(ESTABLISHED);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7_999, 8_000})
    void theWindowOfAResetIsItsReceivers(int off) {
        talk.handshake(INSIDE);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + off, 0, 0)).isEqualTo(RESET);
    }

    @Test
    void aResetAfterBothFinsEndsItAndNothingOpensItAgainButASyn() {
        talk.handshake(INSIDE);
        talk.fin(INSIDE);
        talk.fin(OUTSIDE);
        talk.ack(INSIDE);
        assertThat(talk.reset(OUTSIDE)).isEqualTo(RESET);
        assertThat(talk.ack(INSIDE)).isEqualTo(TIME_WAIT);
    }

    @Test
    void aRefusedConnectionIsResetOnlyByTheAnswerToItsSyn() {
        talk.syn(INSIDE);
        assertThat(talk.sendAt(OUTSIDE, RST, 0, 1_001, 0)).as("without ACK").isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.sendAt(OUTSIDE, RST | ACK, 0, 1_000, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.sendAt(OUTSIDE, RST | ACK, 0, 1_002, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.state()).isEqualTo(SYN_SENT);
        assertThat(talk.sendAt(OUTSIDE, RST | ACK, 0, 1_001, 0)).isEqualTo(RESET);
        assertThat(talk.sendAt(INSIDE, ACK, 1_001, 1, 20)).as("was never open").isEqualTo(RESET);
        assertThat(talk.sendAt(OUTSIDE, ACK, 1, 1_021, 0)).isEqualTo(RESET);
        assertThat(talk.sendAt(INSIDE, ACK, 1_021, 1, 0)).isEqualTo(RESET);
        assertThat(talk.sendAt(INSIDE, SYN, 1_000, 0, 0)).as("tries again").isEqualTo(SYN_SENT);
    }

    @Test
    void whoGivesUpWhileConnectingMaySaySo() {
        talk.syn(INSIDE);
        assertThat(talk.sendAt(INSIDE, RST, 2_000, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.reset(INSIDE)).isEqualTo(RESET);
    }

    // ---- lost, repeated and odd segments

    @Test
    void synsAreRepeated() {
        talk.scale[INSIDE] = 7;
        talk.scale[OUTSIDE] = 0;
        talk.syn(INSIDE);
        talk.scale[INSIDE] = -1;
        assertThat(talk.sendAt(INSIDE, SYN, 1_000, 0, 0)).as("without options").isEqualTo(SYN_SENT);
        talk.send(OUTSIDE, SYN | ACK, 0);
        assertThat(talk.sendAt(INSIDE, SYN, 1_000, 0, 0))
                .as("the answer was lost")
                .isEqualTo(SYN_ANSWERED);
        assertThat(talk.sendAt(OUTSIDE, SYN | ACK, 500_000, 1_001, 0)).isEqualTo(SYN_ANSWERED);
        assertThat(talk.ack(INSIDE)).isEqualTo(ESTABLISHED);
        assertThat(talk.sendAt(OUTSIDE, SYN | ACK, 500_000, 1_001, 0))
                .as("the last acknowledgment was lost")
                .isEqualTo(ESTABLISHED);
        assertThat(talk.sendAt(OUTSIDE, RST, 500_001 + (8_000 << 7), 0, 0))
                .as("scaled by the first SYN's option")
                .isEqualTo(RESET);
    }

    @Test
    void aKeepAliveAndItsAnswerChangeNothing() {
        talk.handshake(INSIDE);
        talk.data(INSIDE, 100);
        talk.ack(OUTSIDE);
        for (int garbage = 0; garbage < 2; garbage++) {
            assertThat(talk.sendAt(INSIDE, ACK, talk.next[INSIDE] - 1, talk.expected[INSIDE], garbage))
                    .isEqualTo(ESTABLISHED);
            assertThat(talk.ack(OUTSIDE)).isEqualTo(ESTABLISHED);
        }
        assertThat(talk.data(INSIDE, 5)).isEqualTo(ESTABLISHED);
        assertThat(talk.reset(INSIDE)).isEqualTo(RESET);
    }

    @Test
    void aClosedWindowIsProbedAndOpensAgain() {
        talk.window[OUTSIDE] = 1_000;
        talk.handshake(INSIDE);
        talk.data(INSIDE, 1_000);
        talk.window[OUTSIDE] = 0;
        talk.ack(OUTSIDE);
        assertThat(talk.sendAt(INSIDE, ACK, talk.next[INSIDE], talk.expected[INSIDE], 1))
                .isEqualTo(ESTABLISHED);
        assertThat(talk.ack(OUTSIDE)).isEqualTo(ESTABLISHED);
        talk.window[OUTSIDE] = 500;
        talk.ack(OUTSIDE);
        assertThat(talk.data(INSIDE, 500)).isEqualTo(ESTABLISHED);
        assertThat(talk.sendAt(INSIDE, RST, talk.next[INSIDE] + 1, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.fin(INSIDE)).as("a FIN waits for no window").isEqualTo(FIN_WAIT);
    }

    @Test
    void aFinOutOfTheWindowClosesNothing() {
        talk.handshake(INSIDE);
        for (int off : new int[] {-5_000, 9_000, 1 << 30}) {
            assertThat(talk.sendAt(OUTSIDE, FIN | ACK, talk.next[OUTSIDE] + off, talk.expected[OUTSIDE], 0))
                    .isEqualTo(ESTABLISHED);
        }
        assertThat(talk.sendAt(OUTSIDE, FIN | ACK, talk.next[OUTSIDE], talk.expected[OUTSIDE] + 50_000, 0))
                .as("acknowledges what was never sent")
                .isEqualTo(ESTABLISHED);
    }

    @Test
    void aRepeatedFinIsThatFin() {
        talk.handshake(INSIDE);
        talk.fin(INSIDE);
        assertThat(talk.sendAt(INSIDE, FIN | ACK, talk.next[INSIDE] - 1, talk.expected[INSIDE], 0))
                .isEqualTo(FIN_WAIT);
        assertThat(talk.ack(OUTSIDE)).isEqualTo(CLOSE_WAIT);
        assertThat(talk.sendAt(INSIDE, FIN | ACK, talk.next[INSIDE] - 1, talk.expected[INSIDE], 0))
                .isEqualTo(CLOSE_WAIT);
        assertThat(talk.sendAt(INSIDE, RST, talk.next[INSIDE] - 1, 0, 0))
                .as("some reset with their FIN's number")
                .isEqualTo(RESET);
    }

    @Test
    void segmentsComeInAnyOrder() {
        talk.handshake(INSIDE);
        int first = talk.next[INSIDE];
        assertThat(talk.sendAt(INSIDE, FIN | ACK, first + 3_000, talk.expected[INSIDE], 1_000))
                .isEqualTo(FIN_WAIT);
        assertThat(talk.sendAt(INSIDE, ACK, first + 1_000, talk.expected[INSIDE], 2_000))
                .isEqualTo(FIN_WAIT);
        assertThat(talk.sendAt(INSIDE, ACK, first, talk.expected[INSIDE], 1_000))
                .isEqualTo(FIN_WAIT);
        assertThat(talk.sendAt(OUTSIDE, ACK, talk.next[OUTSIDE], first + 3_000, 0))
                .isEqualTo(FIN_WAIT);
        assertThat(talk.sendAt(OUTSIDE, ACK, talk.next[OUTSIDE], first + 4_001, 0))
                .isEqualTo(CLOSE_WAIT);
    }

    // ---- numbers

    @Test
    void sequenceNumbersWrapAround() {
        for (int before = 0; before < 3; before++) {
            var wrapping = new TcpTalk();
            wrapping.next[INSIDE] = -before;
            wrapping.next[OUTSIDE] = Integer.MAX_VALUE - before;
            wrapping.handshake(OUTSIDE);
            for (int i = 0; i < 5; i++) {
                assertThat(wrapping.data(INSIDE, 1)).isEqualTo(ESTABLISHED);
                assertThat(wrapping.sent(INSIDE)).isEqualTo(wrapping.next[INSIDE]);
                assertThat(wrapping.data(OUTSIDE, 1)).isEqualTo(ESTABLISHED);
                assertThat(wrapping.sent(OUTSIDE)).isEqualTo(wrapping.next[OUTSIDE]);
            }
            assertThat(wrapping.sendAt(INSIDE, RST, wrapping.next[INSIDE] - 1, 0, 0))
                    .isEqualTo(OUT_OF_WINDOW);
            assertThat(wrapping.sendAt(INSIDE, RST, wrapping.next[INSIDE] + 8_001, 0, 0))
                    .isEqualTo(OUT_OF_WINDOW);
            assertThat(wrapping.fin(INSIDE)).isEqualTo(FIN_WAIT);
            assertThat(wrapping.fin(OUTSIDE)).isEqualTo(LAST_ACK);
            assertThat(wrapping.ack(INSIDE)).isEqualTo(TIME_WAIT);
        }
    }

    @Test
    void thirtyGigabytesInSuperSegmentsLeaveTheWindowWhereItBelongs() {
        talk.scale[INSIDE] = 10;
        talk.scale[OUTSIDE] = 10;
        talk.handshake(INSIDE);
        for (int i = 0; i < 500_000; i++) {
            assertThat(talk.data(OUTSIDE, 65_000)).isEqualTo(ESTABLISHED);
            assertThat(talk.ack(INSIDE)).isEqualTo(ESTABLISHED);
        }
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + (8_000 << 10) + 1, 0, 0))
                .isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] - 1, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + (8_000 << 10), 0, 0))
                .isEqualTo(RESET);
    }

    @Test
    void windowsAreScaledOnlyIfBothEndsOffer() {
        talk.scale[INSIDE] = 7;
        talk.handshake(INSIDE);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + 8_001, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        var other = new TcpTalk();
        other.scale[OUTSIDE] = 7;
        other.handshake(INSIDE);
        assertThat(other.sendAt(INSIDE, RST, other.next[INSIDE] + 8_001, 0, 0)).isEqualTo(OUT_OF_WINDOW);
    }

    @Test
    void aScaleAboveFourteenIsFourteen() {
        talk.scale[INSIDE] = 255;
        talk.scale[OUTSIDE] = 0;
        talk.handshake(INSIDE);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + (8_000 << 14) + 1, 0, 0))
                .isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + (8_000 << 14), 0, 0))
                .isEqualTo(RESET);
    }

    @Test
    void aBlindSenderMovesNoWindow() {
        talk.handshake(INSIDE);
        int next = talk.next[OUTSIDE];
        for (int i = 1; i < 1_000; i++) {
            int guess = next + i * 4_000_037;
            talk.sendAt(OUTSIDE, ACK | PSH, guess, talk.expected[OUTSIDE] + 1_000_000, 1_400);
            talk.sendAt(OUTSIDE, ACK, guess, talk.expected[OUTSIDE], 100);
            assertThat(talk.sendAt(OUTSIDE, RST, guess, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        }
        assertThat(talk.data(OUTSIDE, 10)).isEqualTo(ESTABLISHED);
        assertThat(talk.reset(INSIDE)).isEqualTo(RESET);
    }

    @Test
    void whatLiesBesideTheWindowByLittleMovesItAsLittleAsWhatLiesFarAway() {
        talk.handshake(INSIDE);
        talk.data(OUTSIDE, 6_000);
        talk.ack(INSIDE);
        int next = talk.next[OUTSIDE];
        talk.window[OUTSIDE] = 65_535;
        talk.sendAt(OUTSIDE, ACK, next + 8_001, talk.expected[OUTSIDE], 900);
        talk.sendAt(OUTSIDE, ACK, next - 5_000, talk.expected[OUTSIDE], 900);
        talk.sendAt(OUTSIDE, ACK, next, talk.expected[OUTSIDE] + 3_000, 0);
        assertThat(talk.sendAt(OUTSIDE, RST, next + 8_901, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.sendAt(INSIDE, RST, talk.next[INSIDE] + 8_001, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.reset(INSIDE)).isEqualTo(RESET);
    }

    @Test
    void aProbeOfAClosedWindowMayBeFollowedByAReset() {
        talk.window[OUTSIDE] = 1_000;
        talk.handshake(INSIDE);
        talk.data(INSIDE, 1_000);
        talk.data(INSIDE, 1);
        assertThat(talk.reset(INSIDE)).isEqualTo(RESET);
    }

    @ParameterizedTest
    @ValueSource(ints = {999, 1_000, 1_002, 5_000_000})
    void aSynAckOfAnotherSynIsNoAnswer(int acknowledgment) {
        talk.syn(INSIDE);
        assertThat(talk.sendAt(OUTSIDE, SYN | ACK, 500_000, acknowledgment, 0)).isEqualTo(SYN_SENT);
    }

    @Test
    void theWindowOfASynIsNotScaled() {
        for (int from = 0; from < 2; from++) {
            var opening = new TcpTalk();
            opening.scale[INSIDE] = 7;
            opening.scale[OUTSIDE] = 7;
            opening.syn(INSIDE);
            opening.send(OUTSIDE, SYN | ACK, 0);
            assertThat(opening.sendAt(from, RST, opening.next[from] + 8_001, 0, 0))
                    .isEqualTo(OUT_OF_WINDOW);
            assertThat(opening.sendAt(from, RST, opening.next[from] + 8_000, 0, 0))
                    .isEqualTo(RESET);
            assertThat(opening.data(OUTSIDE, 20)).as("not yet open").isEqualTo(RESET);
            assertThat(opening.ack(INSIDE)).as("open after all").isEqualTo(ESTABLISHED);
        }
    }

    // ---- one pair of ports, several connections

    @Test
    void aPortIsUsedAgainAfterBothFins() {
        talk.handshake(INSIDE);
        talk.fin(INSIDE);
        talk.fin(OUTSIDE);
        assertThat(talk.state()).isEqualTo(LAST_ACK);
        talk.ack(INSIDE);
        talk.next[INSIDE] = 900_000_000;
        talk.next[OUTSIDE] = -7;
        assertThat(talk.syn(OUTSIDE)).as("the other end opens this time").isEqualTo(SYN_SENT);
        assertThat(talk.send(INSIDE, SYN | ACK, 0)).isEqualTo(SYN_ANSWERED);
        assertThat(talk.ack(OUTSIDE)).isEqualTo(ESTABLISHED);
        assertThat(talk.reset(INSIDE)).isEqualTo(RESET);
    }

    @Test
    void anEndThatLostItsMemoryFindsOutAndResetsTheOther() {
        talk.handshake(INSIDE);
        talk.data(INSIDE, 100);
        talk.data(OUTSIDE, 100);
        int old = talk.expected[OUTSIDE];
        assertThat(talk.sendAt(INSIDE, SYN, 77_000_000, 0, 0)).isEqualTo(ESTABLISHED);
        assertThat(talk.ack(OUTSIDE)).as("a challenge, RFC 5961").isEqualTo(ESTABLISHED);
        assertThat(talk.sendAt(INSIDE, RST, old, 0, 0)).isEqualTo(RESET);
        assertThat(talk.sendAt(INSIDE, SYN, 77_000_000, 0, 0)).isEqualTo(SYN_SENT);
    }

    @Test
    void aChallengeToASynIsAnsweredByAResetThatFitsTheOlderConnection() {
        talk.syn(INSIDE);
        assertThat(talk.sendAt(OUTSIDE, ACK, 3_000, 123_456_789, 0)).isEqualTo(SYN_SENT);
        assertThat(talk.sendAt(INSIDE, RST, 123_456_788, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.sendAt(INSIDE, RST, 123_456_789, 0, 0))
                .as("it passes, and ends only the older one")
                .isEqualTo(SYN_SENT);
        assertThat(talk.send(OUTSIDE, SYN | ACK, 0)).isEqualTo(SYN_ANSWERED);
    }

    @Test
    void bothEndsLostTheirMemoryAndOpenAgain() {
        talk.handshake(INSIDE);
        talk.data(INSIDE, 100);
        talk.next[INSIDE] = -5_000_000;
        talk.next[OUTSIDE] = 123_000_000;
        assertThat(talk.syn(INSIDE)).isEqualTo(ESTABLISHED);
        assertThat(talk.send(OUTSIDE, SYN | ACK, 0)).isEqualTo(SYN_ANSWERED);
        assertThat(talk.ack(INSIDE)).isEqualTo(ESTABLISHED);
        assertThat(talk.data(OUTSIDE, 5)).isEqualTo(ESTABLISHED);
        assertThat(talk.reset(INSIDE)).isEqualTo(RESET);
    }

    @Test
    void aSynAckNobodyAskedForChangesNothing() {
        talk.handshake(INSIDE);
        assertThat(talk.sendAt(OUTSIDE, SYN | ACK, 99_000_000, 55_000_000, 0)).isEqualTo(ESTABLISHED);
        assertThat(talk.data(INSIDE, 10)).isEqualTo(ESTABLISHED);
        assertThat(talk.data(OUTSIDE, 10)).isEqualTo(ESTABLISHED);
    }

    @Test
    void segmentsThatWereNotSeenAreBelievedOnceTheOtherEndHasAcknowledgedThem() {
        talk.handshake(INSIDE);
        talk.next[OUTSIDE] += 50_000_000;
        assertThat(talk.data(OUTSIDE, 10)).isEqualTo(ESTABLISHED);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE], 0, 0)).isEqualTo(OUT_OF_WINDOW);
        talk.sendAt(OUTSIDE, ACK, 500_001, talk.expected[OUTSIDE], 0);
        assertThat(talk.ack(INSIDE)).isEqualTo(ESTABLISHED);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + 5, 0, 0)).isEqualTo(RESET);
        assertThat(talk.fin(OUTSIDE)).isEqualTo(FIN_WAIT);
    }

    @Test
    void acknowledgmentsOfWhatWasNotSeenAreBelievedOnceItsSenderGoesOnFromThere() {
        talk.handshake(INSIDE);
        talk.next[OUTSIDE] += 50_000_000;
        talk.expected[INSIDE] = talk.next[OUTSIDE];
        assertThat(talk.ack(INSIDE)).isEqualTo(ESTABLISHED);
        assertThat(talk.data(OUTSIDE, 10)).isEqualTo(ESTABLISHED);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] + 5, 0, 0)).isEqualTo(RESET);
    }

    @Test
    void anOldStrayDoesNotTurnTimeBack() {
        talk.handshake(INSIDE);
        int stray = talk.next[OUTSIDE] + 500;
        talk.sendAt(INSIDE, ACK, talk.next[INSIDE], stray, 0);
        talk.data(OUTSIDE, 4_000);
        talk.ack(INSIDE);
        talk.sendAt(OUTSIDE, ACK, stray, talk.expected[OUTSIDE], 500);
        assertThat(talk.sendAt(OUTSIDE, RST, stray + 500, 0, 0)).isEqualTo(OUT_OF_WINDOW);
    }

    // ---- in the middle

    @Test
    void aConnectionIsTakenUpInTheMiddle() {
        talk.expected[INSIDE] = talk.next[OUTSIDE];
        talk.expected[OUTSIDE] = talk.next[INSIDE];
        assertThat(talk.data(INSIDE, 100)).isEqualTo(ESTABLISHED);
        assertThat(talk.data(OUTSIDE, 1_400)).isEqualTo(ESTABLISHED);
        assertThat(talk.data(OUTSIDE, 1_400)).isEqualTo(ESTABLISHED);
        assertThat(talk.ack(INSIDE)).isEqualTo(ESTABLISHED);
        assertThat(talk.sendAt(OUTSIDE, RST, talk.next[OUTSIDE] - 1, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.fin(OUTSIDE)).isEqualTo(FIN_WAIT);
        assertThat(talk.fin(INSIDE)).isEqualTo(LAST_ACK);
        assertThat(talk.ack(OUTSIDE)).isEqualTo(TIME_WAIT);
    }

    @Test
    void whatWasSentBeforeItsFirstAcknowledgmentIsNotForgotten() {
        talk.expected[INSIDE] = talk.next[OUTSIDE];
        talk.data(INSIDE, 1_000);
        talk.sendAt(OUTSIDE, ACK, talk.next[OUTSIDE], talk.next[INSIDE] - 500, 0);
        talk.ack(OUTSIDE);
        assertThat(talk.sendAt(INSIDE, RST, talk.next[INSIDE] - 1, 0, 0)).isEqualTo(OUT_OF_WINDOW);
    }

    @Test
    void withTheWindowUnknownAResetIsBelieved() {
        talk.expected[INSIDE] = talk.next[OUTSIDE];
        talk.data(INSIDE, 100);
        assertThat(talk.sendAt(INSIDE, RST, 5, 0, 0)).isEqualTo(RESET);
    }

    @Test
    void theEndOfAConnectionIsTakenUpToo() {
        assertThat(talk.fin(INSIDE)).isEqualTo(FIN_WAIT);
        assertThat(talk.ack(OUTSIDE)).isEqualTo(CLOSE_WAIT);
        assertThat(talk.fin(OUTSIDE)).isEqualTo(LAST_ACK);
    }

    @Test
    void aSynAckThatWasNotSeenIsNotMissed() {
        talk.syn(INSIDE);
        talk.next[OUTSIDE]++;
        talk.expected[INSIDE] = talk.next[OUTSIDE];
        assertThat(talk.ack(INSIDE)).as("there was one, says the opener").isEqualTo(SYN_ANSWERED);
        assertThat(talk.data(INSIDE, 136)).isEqualTo(SYN_ANSWERED);
        assertThat(talk.ack(OUTSIDE)).isEqualTo(ESTABLISHED);
    }

    @Test
    void onlyASynOpensAConnectionUnlessLoose() {
        var tcp = new TcpHeader().wrap(new UnsafeBuffer(new byte[20]), 0);
        for (int flags = 0; flags < 64; flags++) {
            tcp.headerLengthAndFlags(20, flags);
            int special = flags & (SYN | ACK | RST | FIN);
            assertThat(TcpTracking.mayBegin(tcp, false)).as("flags %x", flags).isEqualTo(special == SYN);
            assertThat(TcpTracking.mayBegin(tcp, true))
                    .as("flags %x", flags)
                    .isEqualTo(special == SYN || special == ACK || special == (ACK | FIN));
        }
    }

    @Test
    void aResetOfNothingIsDropped() {
        assertThat(talk.sendAt(INSIDE, RST, 1_000, 0, 0)).isEqualTo(OUT_OF_WINDOW);
        assertThat(talk.sendAt(INSIDE, RST | ACK, 1_000, 0, 0)).isEqualTo(OUT_OF_WINDOW);
    }

    @Test
    void aRecordFullOfAnythingDoesNoHarm() {
        var random = new Random(9);
        var bytes = new byte[64];
        var record = new UnsafeBuffer(new byte[TcpTracking.LENGTH]);
        var tcp = new TcpHeader().wrap(new UnsafeBuffer(bytes), 0);
        var tracking = new TcpTracking();
        for (int i = 0; i < 200_000; i++) {
            random.nextBytes(bytes);
            random.nextBytes(record.byteArray());
            int state = tracking.segment(record, 0, i & 1, tcp, random.nextInt(65_536) - 40);
            assertThat(state == OUT_OF_WINDOW || Timeouts.RFC.tcp(state) > 0).isTrue();
        }
    }
}
