package io.millrace.dataplane.l2;

import static io.millrace.dataplane.trials.Bytes.hex;
import static io.millrace.dataplane.trials.Bytes.padded;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.PlainSwitch;
import java.util.Arrays;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a plain learning switch does with a frame: the rows L2-1 to L2-6, L2-8 to L2-11 and L2-13 of the requirements.
 *
 * <pre>
 *  a ──┐
 *  b ──┤ bridge.web
 *  c ──┘
 * </pre>
 */
class BridgeStoriesTest {
    private static final String A = "02 00 00 00 00 0a ";
    private static final String B = "02 00 00 00 00 0b ";
    private static final String C = "02 00 00 00 00 0c ";
    private static final String ALL = "ff ff ff ff ff ff ";
    private static final String IP = "08 00 ";

    @AutoClose
    private final Lab lab = new Lab();

    private final PlainSwitch web = lab.bridge("bridge.web").ports("a", "b", "c");

    // -------------------------------------------------------------------------------------------- L2-1 to L2-4

    @Test
    void aFrameForAnUnknownStationLeavesByEveryOtherPortOnce() {
        lab.given("a", padded(60, B, A, IP)).expectSame("b", "c").nothingElse();
        lab.given("c", padded(60, B, C, IP)).expectSame("a", "b");
    }

    @Test
    void aReplyGoesOnlyToThePortThatAsked() {
        lab.given("a", hex(B, A, IP, "70 69 6e 67")).expectSame("b", "c");
        lab.given("b", hex(A, B, IP, "70 6f 6e 67")).expectSame("a").nothingElse();
        lab.given("a", hex(B, A, IP, "70 69 6e 67")).expectSame("b").nothingElse();
    }

    @Test
    void aReplyInTheSameBatchAlreadyFindsItsWay() {
        lab.put("a", padded(60, B, A, IP)).put("b", padded(60, A, B, IP)).settle();
        lab.expect("a", padded(60, A, B, IP));
        lab.expect("b", padded(60, B, A, IP)).expect("c", padded(60, B, A, IP));
    }

    @Test
    void aFrameForAStationBehindItsOwnPortDoesNotComeBack() {
        lab.given("a", padded(60, B, A, IP)).expectSame("b", "c");
        lab.given("a", padded(60, A, "02 00 00 00 00 1a ", IP)).nothingElse();
        assertThat(lab.drops(Drop.SAME_PORT)).isOne();
    }

    @Test
    void aFrameToItselfDoesNotComeBack() {
        lab.given("a", padded(60, A, A, IP)).nothingElse();
        assertThat(lab.drops(Drop.SAME_PORT)).isOne();
    }

    @Test
    void aSwitchWithOnePortHasNobodyToFloodTo() {
        lab.bridge("bridge.lonely").ports("x");
        lab.given("x", padded(60, B, A, IP)).nothingElse();
        assertThat(lab.drops(Drop.NO_OTHER_PORT)).isOne();
    }

    @Test
    void broadcastLeavesByEveryOtherPortAlsoWhenAllStationsAreKnown() {
        everybodySpeaks();
        lab.given("a", padded(60, ALL, A, "08 06 00 01")).expectSame("b", "c");
        lab.given("a", padded(60, ALL, A, "08 06 00 01")).expectSame("b", "c");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "01 00 5e 00 00 fb ", // IPv4 multicast
                "33 33 00 00 00 01 ", // IPv6 multicast
                "01 80 c2 00 00 10 ", // the bridge group's management address (obsolete): L2-10
                "01 80 c2 00 00 20 ", // the applications' addresses, not run here: L2-10
                "01 80 c2 00 00 21 ",
                "01 80 c2 00 00 2f ",
                "01 80 c2 00 00 30 ",
                "01 80 c2 00 01 00 ",
                "01 80 c3 00 00 00 ",
                "03 80 c2 00 00 00 ",
                "01 00 0c cc cc cc ",
                "ff ff ff ff ff fe "
            })
    void multicastLeavesByEveryOtherPort(String group) {
        everybodySpeaks();
        lab.given("b", padded(60, group, B, IP)).expectSame("a", "c");
        lab.given("c", padded(60, group, C, IP)).expectSame("a", "b");
    }

    @Test
    void twoSwitchesShareNothingButTheTable() {
        lab.bridge("bridge.db").ports("d", "e", "f");
        lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
        lab.given("d", padded(60, A, B, IP)).expectSame("e", "f").nothingElse();
        lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
        lab.given("e", padded(60, B, A, IP)).expectSame("d").nothingElse();
    }

    // -------------------------------------------------------------------------------------------- L2-5, L2-6, L2-8

    @Test
    void nobodyIsLearnedFromTheZeroAddress() {
        lab.given("a", padded(60, B, "00 00 00 00 00 00 ", IP)).expectSame("b", "c");
        lab.given("b", padded(60, "00 00 00 00 00 00 ", B, IP)).expectSame("a", "c");
        lab.given("a", padded(60, "00 00 00 00 00 00 ", A, IP)).expectSame("b", "c");
        assertThat(web.stations().size()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"03 00 00 00 00 0a ", "01 00 5e 00 00 01 ", "ff ff ff ff ff ff ", "01 80 c2 00 00 00 "})
    void aFrameWithAGroupAsItsSourceIsDroppedAndTeachesNothing(String group) {
        everybodySpeaks();
        lab.given("a", padded(60, B, group, IP)).nothingElse();
        lab.given("a", padded(60, ALL, group, IP)).nothingElse();
        assertThat(lab.drops(Drop.SOURCE_IS_GROUP)).isEqualTo(2);
        assertThat(web.stations().size()).isEqualTo(3);
        if (!group.startsWith("01 80")) {
            lab.given("b", padded(60, group, B, IP)).expectSame("a", "c");
        }
    }

    @Test
    void afterAMoveTheVeryNextFrameGoesToTheNewPort() {
        everybodySpeaks();
        lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
        lab.given("c", padded(60, ALL, A, IP)).expectSame("a", "b");
        lab.given("b", padded(60, A, B, IP)).expectSame("c").nothingElse();
        assertThat(web.stations().moves()).isOne();
    }

    @Test
    void afterAMoveInTheSameBatchTheNextFrameGoesToTheNewPort() {
        everybodySpeaks();
        lab.put("a", padded(60, ALL, C, IP)).put("b", padded(60, C, B, IP)).settle();
        lab.expect("a", padded(60, C, B, IP));
        lab.expect("b", padded(60, ALL, C, IP)).expect("c", padded(60, ALL, C, IP));
    }

    // -------------------------------------------------------------------------------------------- L2-9, L2-10

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
    void whatIsForTheLinkItselfIsNeverForwarded(int last) {
        String reserved = "01 80 c2 00 00 0%x ".formatted(last);
        everybodySpeaks();
        lab.given("a", padded(60, reserved, A, "00 26 42 42 03")).nothingElse();
        lab.given("a", padded(64, reserved, A, "81 00 00 05", "88 cc")).nothingElse();
        lab.given("a", padded(64, reserved, A, "88 a8 00 05", "88 cc")).nothingElse();
        assertThat(lab.drops(Drop.RESERVED_ADDRESS)).isEqualTo(3);
    }

    // -------------------------------------------------------------------------------------------- L2-11, L2-13, L2-14

    @Test
    void everyLengthFromFourteenBytesArrivesUnchanged() {
        everybodySpeaks();
        for (int length = 14; length <= 1600; length++) {
            lab.given("a", padded(length, B, A, "88 b5")).expectSame("b").nothingElse();
            lab.given("b", padded(length, ALL, B, "88 b5")).expectSame("a", "c").nothingElse();
        }
    }

    @Test
    void tagsAreDataToAPlainSwitch() {
        everybodySpeaks();
        lab.given("a", padded(1518, B, A, "81 00 e0 05", IP)).expectSame("b").nothingElse();
        lab.given("a", padded(64, B, A, "81 00 0f ff", IP)).expectSame("b").nothingElse();
        lab.given("a", padded(64, B, A, "88 a8 00 64", "81 00 00 05", "81 00 00 06", IP))
                .expectSame("b")
                .nothingElse();
        lab.given("a", hex(B, A, "81 00")).expectSame("b").nothingElse();
        lab.given("c", padded(64, A, C, "81 00 00 07", IP)).expectSame("a").nothingElse();
    }

    @Test
    void framesShorterThanAHeaderAreDroppedAndTeachNothing() {
        byte[] header = hex(ALL, A, IP);
        for (int length = 0; length < 14; length++) {
            lab.given("a", Arrays.copyOf(header, length)).nothingElse();
        }
        assertThat(lab.drops(Drop.ETHERNET_TRUNCATED)).isEqualTo(14);
        assertThat(web.stations().size()).isZero();
    }

    @Test
    void aCaptureThatKeptLessThanAHeaderIsNotCalledDamaged() {
        lab.putCut("a", hex(ALL, A), 48).settle().nothingElse();
        assertThat(lab.drops(Drop.ETHERNET_CUT)).isOne();
        assertThat(lab.drops(Drop.ETHERNET_TRUNCATED)).isZero();
        lab.putCut("a", hex(ALL, A, IP), 46).settle().expectSame("b", "c");
    }

    @Test
    void theOrderOfFramesIsKept() {
        everybodySpeaks();
        for (int i = 0; i < 500; i++) {
            lab.put("a", padded(60, i % 3 == 0 ? ALL : B, A, IP, "%04x".formatted(i)));
        }
        lab.settle();
        for (int i = 0; i < 500; i++) {
            byte[] frame = padded(60, i % 3 == 0 ? ALL : B, A, IP, "%04x".formatted(i));
            lab.expect("b", frame);
            if (i % 3 == 0) {
                lab.expect("c", frame);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00 03 f0 f0 03", // LLC
                "00 2e aa aa 03 00 00 0c 20 00", // LLC with SNAP
                "05 dc ff ff", // the longest length
                "05 dd 00 00", // neither a length nor a type
                "05 ff 00 00",
                "06 00 00 00", // the first type
                "88 b5 00 00", // local experiments
                "ff ff 00 00",
                "00 00 00 00"
            })
    void anyTypeOrLengthIsForwardedTheSameWay(String typeAndMore) {
        lab.given("a", padded(60, B, A, typeAndMore)).expectSame("b", "c");
        lab.given("b", padded(60, A, B, typeAndMore)).expectSame("a").nothingElse();
    }

    @Test
    void aFrameOfSixtyFourKilobytesArrivesWhole() {
        everybodySpeaks();
        lab.given("a", padded(65_549, B, A, IP)).expectSame("b").nothingElse();
        lab.given("a", padded(65_549, ALL, A, IP)).expectSame("b", "c");
    }

    private void everybodySpeaks() {
        lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
        lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
        lab.given("c", padded(60, ALL, C, IP)).expectSame("a", "b");
    }
}
