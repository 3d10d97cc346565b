package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.frame;
import static io.millrace.tools.probe.Bytes.hex;
import static io.millrace.tools.probe.Bytes.numbered;
import static io.millrace.tools.probe.Bytes.station;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What 802.1D asks of a bridge, seen from outside: crafted frames on real cables go in, and what comes out is read. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BridgingTest {
    private static final String BROADCAST = "ffffffffffff";
    private static final List<String> NOTHING = List.of();

    /** Addresses are never used twice, so that no test depends on what another one taught. */
    private int lastStation = 0x100;

    private RunningSwitch bridge;

    @BeforeAll
    void up(@TempDir Path directory) throws IOException {
        bridge = new RunningSwitch(
                directory, "interface", "{ driver: bridge, x-millrace: { ageing: 3s, mac_limit: 4096 } }", 9000);
    }

    @AfterAll
    void down() throws IOException {
        if (bridge != null) {
            bridge.close();
        }
    }

    @BeforeEach
    void quiet() {
        bridge.quiet();
    }

    private String stranger() {
        return station(lastStation++);
    }

    private void arrivesOnlyAt(List<List<String>> arrived, byte[] frame, int... ports) {
        for (int port = 1; port <= RunningSwitch.PORTS; port++) {
            boolean expected = false;
            for (int p : ports) {
                expected |= p == port;
            }
            assertThat(arrived.get(port - 1)).as("at port " + port).isEqualTo(expected ? List.of(hex(frame)) : NOTHING);
        }
    }

    /** Says where two long lists part, and not all that is in them. */
    private static void same(List<String> arrived, List<String> sent) {
        int same = 0;
        while (same < Math.min(arrived.size(), sent.size()) && arrived.get(same).equals(sent.get(same))) {
            same++;
        }
        assertThat(arrived.subList(same, Math.min(same + 2, arrived.size())))
                .as("%d frames arrived of %d; after %d equal ones", arrived.size(), sent.size(), same)
                .isEqualTo(sent.subList(same, Math.min(same + 2, sent.size())));
        assertThat(arrived).hasSameSizeAs(sent);
    }

    @Test
    void aFrameForAnUnknownStationLeavesOnceByEveryOtherPort() {
        var frame = numbered(stranger(), stranger(), 1);
        arrivesOnlyAt(bridge.send(1, frame), frame, 2, 3, 4);
    }

    @Test
    void aFrameForAKnownStationLeavesOnlyThere() {
        var there = stranger();
        bridge.learn(2, there);
        var frame = numbered(there, stranger(), 1);
        arrivesOnlyAt(bridge.send(1, frame), frame, 2);
    }

    @Test
    void aFrameForAStationBehindItsOwnPortLeavesNowhere() {
        var here = stranger();
        bridge.learn(1, here);
        var frame = numbered(here, stranger(), 1);
        arrivesOnlyAt(bridge.send(1, frame), frame);
    }

    @Test
    void broadcastAndMulticastLeaveByEveryOtherPort() {
        for (var group : List.of(BROADCAST, "01005e000001", "333300000001", "0180c2000010")) {
            var frame = numbered(group, stranger(), 1);
            arrivesOnlyAt(bridge.send(3, frame), frame, 1, 2, 4);
        }
        for (int last = 0x20; last <= 0x2F; last++) {
            var frame = numbered("0180c20000%02x".formatted(last), stranger(), 1);
            arrivesOnlyAt(bridge.send(3, frame), frame, 1, 2, 4);
        }
    }

    @Test
    void theSixteenReservedAddressesLeaveNowhereTaggedOrNot() {
        for (int last = 0; last <= 0x0F; last++) {
            var reserved = "0180c20000%02x".formatted(last);
            var plain = numbered(reserved, stranger(), 1);
            var tagged = frame(64, reserved, stranger(), "8100000588b5");
            arrivesOnlyAt(bridge.send(2, plain), plain);
            arrivesOnlyAt(bridge.send(2, tagged), tagged);
        }
    }

    @Test
    void aStationThatMovesIsReachedAtItsNewPortAtOnce() {
        var moving = stranger();
        bridge.learn(2, moving);
        bridge.learn(3, moving);
        var frame = numbered(moving, stranger(), 1);
        arrivesOnlyAt(bridge.send(1, frame), frame, 3);
    }

    @Test
    void aGroupSourceIsDroppedAndNeitherItNorTheZeroAddressIsLearned() {
        var frame = numbered(stranger(), "010203040506", 1);
        arrivesOnlyAt(bridge.send(1, frame), frame);
        bridge.send(2, numbered(BROADCAST, "000000000000", 1));
        var zero = numbered("000000000000", stranger(), 1);
        arrivesOnlyAt(bridge.send(1, zero), zero, 2, 3, 4);
    }

    @Test
    void bytesLengthsAndOrderStayAsTheyAre() {
        var there = stranger();
        var here = stranger();
        bridge.learn(2, there);
        var sent = new ArrayList<String>();
        var frames = new ArrayList<byte[]>();
        for (int length = 14; length <= 1514; length++) {
            // From 14 bytes on: what a virtual port takes goes on as it is, unpadded.
            frames.add(frame(length, there, here, "88b5"));
            sent.add(hex(frames.getLast()));
        }
        for (int length = 20;
                length <= 1518;
                length += 107) { // Linux itself takes no tag with less than 2 bytes behind it
            frames.add(frame(length, there, here, "81006005" + "88b5"));
            sent.add(hex(frames.getLast()));
        }
        var arrived = bridge.send(1, frames.toArray(byte[][]::new));
        same(arrived.get(1), sent);
        assertThat(arrived.get(2)).isEmpty();
    }

    @Test
    void llcFramesUnknownTypesAndAnyNumberOfTagsAreDataLikeAnyOther() {
        var there = stranger();
        bridge.learn(4, there);
        for (var rest : List.of(
                "0026424203000000", // 802.3 length, LLC of a spanning tree
                "002eaaaa03000000abcd", // SNAP
                "fffe", // a type nobody has
                "810000050800", // one tag
                "88a80005810000060800", // service and customer tag
                "88a80005810000068100000788b5", // three
                "8100600088b5")) { // priority only
            var frame = frame(100, there, stranger(), rest);
            arrivesOnlyAt(bridge.send(1, frame), frame, 4);
        }
    }

    @Test
    void aFrameLongerThanTheMtuOfItsWayOutIsDroppedThereAndNeitherCutNorSplit() {
        var there = stranger();
        bridge.learn(2, there);
        var longest = frame(1514, there, stranger(), "88b5");
        arrivesOnlyAt(bridge.send(1, longest), longest, 2);
        var tooLong = frame(1515, there, stranger(), "88b5");
        arrivesOnlyAt(bridge.send(1, tooLong), tooLong);
        var taggedLongest = frame(1518, there, stranger(), "8100000588b5");
        arrivesOnlyAt(bridge.send(1, taggedLongest), taggedLongest, 2);
        var jumbo = frame(9014, there, stranger(), "88b5");
        arrivesOnlyAt(bridge.send(1, jumbo), jumbo);
    }

    @Test
    void aBurstOfTwentyThousandFramesArrivesWholeAndInOrder() {
        var there = stranger();
        var here = stranger();
        bridge.learn(2, there);
        burst(there, here, true);
        burst(stranger(), here, false); // flooded
    }

    private void burst(String there, String here, boolean known) {
        int count = 20_000;
        var sent = new ArrayList<String>(count);
        var arrived = new ArrayList<String>(count);
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            var frame = numbered(there, here, i);
            sent.add(hex(frame));
            while (System.nanoTime() - begin < i * 20_000L) {
                Thread.onSpinWait(); // 50,000 a second
            }
            bridge.wire(1).send(frame);
        }
        arrived.addAll(bridge.wire(2).all(300));
        same(arrived, sent);
        assertThat(bridge.wire(3).all(100)).hasSize(known ? 0 : count);
        bridge.quiet();
    }

    @Test
    void aStationIsForgottenWhenItHasNotSpokenForTheAgeingTimeHoweverOftenItIsSpokenTo() throws InterruptedException {
        var silent = stranger();
        var speaking = stranger();
        var here = stranger();
        bridge.learn(2, silent);
        bridge.learn(3, speaking);
        for (int i = 0; i < 9; i++) {
            TimeUnit.MILLISECONDS.sleep(500);
            bridge.learn(3, speaking);
            bridge.send(1, numbered(silent, here, i));
        }
        var late = numbered(silent, here, 100);
        arrivesOnlyAt(bridge.send(1, late), late, 2, 3, 4);
        var known = numbered(speaking, here, 101);
        arrivesOnlyAt(bridge.send(1, known), known, 3);
    }

    @Test
    void aFullTableFloodsStrangersAndKeepsWhoIsInUse() throws InterruptedException {
        var there = stranger();
        var here = stranger();
        bridge.learn(2, there);
        bridge.learn(1, here);
        for (int i = 0; i < 30_000; i++) {
            bridge.wire(3).send(numbered(station(0), "0600%08x".formatted(i), i));
            if (i % 5_000 == 0) {
                bridge.learn(2, there);
                bridge.learn(1, here);
            }
        }
        bridge.quiet();
        var known = numbered(there, here, 1);
        arrivesOnlyAt(bridge.send(1, known), known, 2);
        bridge.learn(4, "0a0000000001"); // no place is left for it
        var stranger = numbered("0a0000000001", here, 2);
        arrivesOnlyAt(bridge.send(1, stranger), stranger, 2, 3, 4);
        TimeUnit.SECONDS.sleep(4); // until the table has room again, for the other tests
    }
}
