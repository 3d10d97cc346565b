package io.millrace.dataplane.l2;

import static io.millrace.dataplane.trials.Bytes.hex;
import static io.millrace.dataplane.trials.Bytes.padded;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.VlanSwitch;
import java.util.Arrays;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a VLAN-aware switch does with tags: the rows.
 *
 * <pre>
 *  a  access 10 ──┐
 *  b  access 10 ──┤
 *  c  access 20 ──┤ vlans
 *  t  trunk 10,20 ┤
 *  n  trunk 10, native 20
 * </pre>
 */
class VlanStoriesTest {
    private static final String A = "02 00 00 00 00 0a ";
    private static final String B = "02 00 00 00 00 0b ";
    private static final String C = "02 00 00 00 00 0c ";
    private static final String T = "02 00 00 00 00 0d ";
    private static final String ALL = "ff ff ff ff ff ff ";
    private static final String IP = "08 00 45 00 00 14 ";

    @AutoClose
    private final Lab lab = new Lab();

    private final VlanSwitch vlans = lab.vlans("vlans")
            .access("a", 10)
            .access("b", 10)
            .access("c", 20)
            .trunk("t", VlanFilter.NONE, 10, 20)
            .trunk("n", 20, 10);

    @Test
    void anUntaggedFrameTakesItsPortsVlanAndIsTaggedOnlyOnTrunks() {
        lab.given("a", hex(ALL, A, IP));
        lab.expect("b", hex(ALL, A, IP));
        lab.expect("t", hex(ALL, A, "81 00 00 0a", IP));
        lab.expect("n", hex(ALL, A, "81 00 00 0a", IP)).nothingElse();
        lab.given("c", hex(ALL, C, IP));
        lab.expect("t", hex(ALL, C, "81 00 00 14", IP));
        lab.expect("n", hex(ALL, C, IP)).nothingElse();
    }

    @Test
    void aTaggedFrameKeepsPriorityAndDropEligibilityFromTrunkToTrunk() {
        lab.given("t", hex(ALL, T, "81 00 f0 0a", IP)); // priority 7, drop eligible, VLAN 10
        lab.expect("n", hex(ALL, T, "81 00 f0 0a", IP));
        lab.expect("a", hex(ALL, T, IP)).expect("b", hex(ALL, T, IP)).nothingElse();
    }

    @Test
    void aPriorityTagTakesThePortsVlanAndKeepsItsPriority() {
        lab.given("a", hex(ALL, A, "81 00 d0 00", IP)); // priority 6, drop eligible, no VLAN
        lab.expect("b", hex(ALL, A, IP));
        lab.expect("t", hex(ALL, A, "81 00 d0 0a", IP));
        lab.expect("n", hex(ALL, A, "81 00 d0 0a", IP)).nothingElse();
    }

    @Test
    void aTaggedFrameOfThePortsOwnVlanIsTakenFromAnAccessPort() {
        lab.given("a", hex(ALL, A, "81 00 20 0a", IP));
        lab.expect("b", hex(ALL, A, IP));
        lab.expect("t", hex(ALL, A, "81 00 20 0a", IP)).expect("n", hex(ALL, A, "81 00 20 0a", IP));
    }

    @Test
    void theNativeVlanOfATrunkIsUntaggedBothWays() {
        lab.given("n", hex(ALL, B, IP));
        lab.expect("c", hex(ALL, B, IP));
        lab.expect("t", hex(ALL, B, "81 00 00 14", IP)).nothingElse();
        lab.given("n", hex(ALL, B, "81 00 a0 00", IP));
        lab.expect("c", hex(ALL, B, IP));
        lab.expect("t", hex(ALL, B, "81 00 a0 14", IP)).nothingElse();
    }

    @Test
    void aFrameOfAVlanItsPortIsNoMemberOfIsDropped() {
        lab.given("a", hex(ALL, A, "81 00 00 14", IP)).nothingElse();
        lab.given("t", hex(ALL, T, "81 00 00 1e", IP)).nothingElse();
        lab.given("t", hex(ALL, T, "81 00 00 01", IP)).nothingElse();
        lab.given("t", hex(ALL, T, "81 00 0f fe", IP)).nothingElse();
        assertThat(lab.drops(Drop.VLAN_NOT_MEMBER)).isEqualTo(4);
        assertThat(lab.stations().size()).as("a dropped frame teaches nothing").isZero();
    }

    @Test
    void aTrunkWithoutANativeVlanTakesNothingUntagged() {
        lab.given("t", hex(ALL, T, IP)).nothingElse();
        lab.given("t", hex(ALL, T, "81 00 e0 00", IP)).nothingElse();
        assertThat(lab.drops(Drop.VLAN_UNTAGGED)).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "t", "n"})
    void theReservedVlanIsDroppedEverywhere(String port) {
        lab.given(port, hex(ALL, T, "81 00 0f ff", IP)).nothingElse();
        lab.given(port, hex(ALL, T, "81 00 ff ff", IP)).nothingElse();
        assertThat(lab.drops(Drop.VLAN_RESERVED)).isEqualTo(2);
    }

    @Test
    void oneAddressInTwoVlansIsTwoStations() {
        lab.given("a", hex(ALL, A, IP)).take("b");
        lab.take("t");
        lab.take("n");
        lab.given("c", hex(ALL, A, IP)).take("t");
        lab.take("n");
        for (int i = 0; i < 3; i++) {
            lab.given("t", hex(A, T, "81 00 00 0a", IP))
                    .expect("a", hex(A, T, IP))
                    .nothingElse();
            lab.given("t", hex(A, T, "81 00 00 14", IP))
                    .expect("c", hex(A, T, IP))
                    .nothingElse();
        }
        lab.given("a", hex(T, A, IP)).expect("t", hex(T, A, "81 00 00 0a", IP)).nothingElse();
        lab.given("c", hex(T, A, IP)).expect("t", hex(T, A, "81 00 00 14", IP)).nothingElse();
    }

    @Test
    void aStationKnownInOneVlanIsUnknownInAnother() {
        lab.given("a", hex(ALL, A, IP)).take("b");
        lab.take("t");
        lab.take("n");
        lab.given("t", hex(A, T, "81 00 00 14", IP));
        lab.expect("c", hex(A, T, IP)).expect("n", hex(A, T, IP)).nothingElse();
    }

    @Test
    void aServiceTagIsDataAndTakesThePortsVlan() {
        lab.given("a", hex(ALL, A, "88 a8 00 64", "81 00 00 14", IP));
        lab.expect("b", hex(ALL, A, "88 a8 00 64", "81 00 00 14", IP));
        lab.expect("t", hex(ALL, A, "81 00 00 0a", "88 a8 00 64", "81 00 00 14", IP));
        lab.expect("n", hex(ALL, A, "81 00 00 0a", "88 a8 00 64", "81 00 00 14", IP));
        lab.given("t", hex(ALL, T, "88 a8 00 0a", IP)).nothingElse();
        assertThat(lab.drops(Drop.VLAN_UNTAGGED)).isOne();
    }

    @Test
    void ofThreeTagsExactlyTheOuterOneIsLookedAtAndStripped() {
        lab.given("t", hex(ALL, T, "81 00 60 0a", "81 00 40 14", "81 00 2f ff", IP));
        lab.expect("a", hex(ALL, T, "81 00 40 14", "81 00 2f ff", IP));
        lab.expect("b", hex(ALL, T, "81 00 40 14", "81 00 2f ff", IP));
        lab.expect("n", hex(ALL, T, "81 00 60 0a", "81 00 40 14", "81 00 2f ff", IP));
    }

    @Test
    void whatIsForTheLinkItselfIsNotForwardedTaggedOrNot() {
        for (int last = 0; last < 16; last++) {
            String reserved = "01 80 c2 00 00 0%x ".formatted(last);
            lab.given("a", hex(reserved, A, "00 26 42 42 03")).nothingElse();
            lab.given("t", hex(reserved, T, "81 00 00 0a", IP)).nothingElse();
        }
        assertThat(lab.drops(Drop.RESERVED_ADDRESS)).isEqualTo(32);
    }

    @Test
    void aFrameThatEndsInsideItsTagIsDropped() {
        for (int length = 14; length < 18; length++) {
            lab.given("t", Arrays.copyOf(hex(ALL, T, "81 00 00 0a", "08 00"), length))
                    .nothingElse();
        }
        assertThat(lab.drops(Drop.VLAN_TRUNCATED)).isEqualTo(4);
        lab.given("t", hex(ALL, T, "81 00 00 0a", "08 00"));
        lab.expect("a", hex(ALL, T, "08 00")).expect("b", hex(ALL, T, "08 00"));
        lab.expect("n", hex(ALL, T, "81 00 00 0a", "08 00"));
    }

    @Test
    void framesShorterThanAHeaderAreDropped() {
        for (int length = 0; length < 14; length++) {
            lab.given("a", Arrays.copyOf(hex(ALL, A, IP), length)).nothingElse();
        }
        assertThat(lab.drops(Drop.ETHERNET_TRUNCATED)).isEqualTo(14);
    }

    @Test
    void aCutCaptureIsNotCalledDamaged() {
        lab.putCut("a", hex(ALL, A), 50).settle().nothingElse();
        lab.putCut("t", hex(ALL, T, "81 00"), 50).settle().nothingElse();
        assertThat(lab.drops(Drop.ETHERNET_CUT)).isEqualTo(2);
    }

    @Test
    void aPortThatWasNeverAdmittedSendsNothing() {
        vlans.stray("x");
        lab.given("x", hex(ALL, A, IP)).nothingElse();
        assertThat(lab.drops(Drop.UNKNOWN_PORT)).isOne();
    }

    @Test
    void everyLengthKeepsItsBytesBehindTheTag() {
        for (int length = 14; length <= 1514; length++) {
            byte[] plain = padded(length, ALL, A, "88 b5");
            byte[] tagged = padded(length + 4, ALL, A, "81 00 00 0a", "88 b5");
            lab.given("a", plain).expect("b", plain).expect("t", tagged).expect("n", tagged);
            byte[] back = padded(length + 4, A, B, "81 00 00 0a", "88 b5");
            lab.given("n", back).expect("a", padded(length, A, B, "88 b5")).nothingElse();
        }
    }

    @Test
    void anUnfinishedChecksumIsFoundBehindATagThatCameOrWent() {
        var datagram = hex(ALL, A, IP, "00 00 00 00 40 11 00 00 0a 00 00 01 0a 00 00 02 00 35 00 35 00 0a 14 1e 61 62");
        var finished = hex(ALL, A, IP, "00 00 00 00 40 11 00 00 0a 00 00 01 0a 00 00 02 00 35 00 35 00 0a 8a 0b 61 62");
        putUnfinished("a", datagram, 34);
        lab.expect("b", finished).expect("t", tagged(finished)).expect("n", tagged(finished));
        putUnfinished("t", tagged(datagram), 38);
        lab.expect("a", finished).expect("b", finished).expect("n", tagged(finished));
    }

    private void putUnfinished(String port, byte[] bytes, int start) {
        long frame = lab.pool().allocate(bytes.length);
        lab.pool().buffer().putBytes(Frame.head(frame), bytes);
        lab.end(port).put(lab.pool().offload(frame, Offload.of(Offload.WHOLE, 0, start, 6)));
        lab.settle();
    }

    private static byte[] tagged(byte[] frame) {
        var text = java.util.HexFormat.of().formatHex(frame);
        return hex(text.substring(0, 24), "81 00 00 0a", text.substring(24));
    }
}
