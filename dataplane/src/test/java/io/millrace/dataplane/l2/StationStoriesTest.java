package io.millrace.dataplane.l2;

import static io.millrace.dataplane.trials.Bytes.padded;
import static io.millrace.dataplane.trials.Lab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.PlainSwitch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a switch remembers, how long and how much: the rows L2-5, L2-7, L2-15 and L2-17, and the settings of ports. */
class StationStoriesTest {
    private static final String A = "02 00 00 00 00 0a ";
    private static final String B = "02 00 00 00 00 0b ";
    private static final String C = "02 00 00 00 00 0c ";
    private static final String D = "02 00 00 00 00 0d ";
    private static final String ALL = "ff ff ff ff ff ff ";
    private static final String IP = "08 00 ";

    // -------------------------------------------------------------------------------------------- L2-7: ageing

    /** Clocks at which the number of ticks does not fit an int, or turns negative in one, are clocks too. */
    @ParameterizedTest
    @ValueSource(
            longs = {0, 1, 99_999_999, 214_748_364L * SECOND, 429_496_729L * SECOND, 1_700_000_000L * SECOND + 12_345})
    void aStationIsRememberedForItsTimeAndForgottenAtMostASecondLater(long start) {
        for (long ageing : new long[] {SECOND, 1_050_000_000L, 2_999_999_999L, 10 * SECOND, 300 * SECOND}) {
            try (var lab = new Lab(Lab.Scale.DEFAULT.start(start).ageing(ageing))) {
                lab.bridge("web").ports("a", "b", "c");
                lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
                lab.later(ageing);
                lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
                lab.later(SECOND);
                lab.given("b", padded(60, A, B, IP)).expectSame("a", "c");
            }
        }
    }

    @Test
    void onlyBeingHeardKeepsAStationNotBeingCalled() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND))) {
            lab.bridge("web").ports("a", "b", "c");
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
            for (int second = 1; second <= 10; second++) {
                lab.later(SECOND);
                lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
            }
            lab.later(SECOND);
            lab.given("b", padded(60, A, B, IP)).expectSame("a", "c"); // called ten times, silent for eleven seconds
            lab.given("c", padded(60, B, C, IP)).expectSame("b").nothingElse(); // heard all the time
        }
    }

    @Test
    void aSilentStationIsLearnedAnewWhereItSpeaksAgain() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND))) {
            var web = lab.bridge("web").ports("a", "b", "c");
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.later(12 * SECOND);
            lab.given("c", padded(60, ALL, A, IP)).expectSame("a", "b");
            lab.given("b", padded(60, A, B, IP)).expectSame("c").nothingElse();
            assertThat(web.stations().moves())
                    .as("back after its time is no move")
                    .isZero();
        }
    }

    @Test
    void aTableIsEmptyAgainWhenEverybodyWasSilent() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND))) {
            var web = lab.bridge("web").ports("a", "b");
            for (int i = 0; i < 1000; i++) {
                lab.given("a", padded(60, ALL, "02 00 00 00 %04x".formatted(i), IP))
                        .expectSame("b");
            }
            assertThat(web.stations().size()).isEqualTo(1000);
            lab.later(11 * SECOND);
            for (int turn = 0; turn < (2048 + 1000) / 64 + 1; turn++) {
                lab.turn();
            }
            assertThat(web.stations().size()).isZero();
            assertThat(lab.stations().size()).isZero();
        }
    }

    // -------------------------------------------------------------------------------------------- L2-15: a full table

    @Test
    void whenTheTableIsFullWhoWasThereStaysAndOthersAreFlooded() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web", 2).ports("a", "b", "c");
            fillWithAandB(lab);
            lab.given("c", padded(60, A, C, IP)).expectSame("a").nothingElse();
            lab.given("a", padded(60, C, A, IP)).expectSame("b", "c");
            lab.given("a", padded(60, B, A, IP)).expectSame("b").nothingElse();
            assertThat(web.stations().size()).isEqualTo(2);
            assertThat(web.stations().refused()).isOne();
        }
    }

    @Test
    void aFullTableStillFollowsAMove() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web", 2).ports("a", "b", "c");
            fillWithAandB(lab);
            lab.given("c", padded(60, ALL, A, IP)).expectSame("a", "b");
            lab.given("b", padded(60, A, B, IP)).expectSame("c").nothingElse();
            assertThat(web.stations().size()).isEqualTo(2);
        }
    }

    @Test
    void anAgedPlaceIsGivenToANewStation() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND).stations(64))) {
            var web = lab.bridge("web", 2).ports("a", "b", "c");
            fillWithAandB(lab);
            lab.later(6 * SECOND);
            lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
            lab.later(6 * SECOND);
            lab.given("c", padded(60, B, C, IP)).expectSame("b").nothingElse(); // A is gone, C has its place
            lab.given("b", padded(60, C, B, IP)).expectSame("c").nothingElse();
            assertThat(web.stations().size()).isEqualTo(2);
        }
    }

    @Test
    void switchesThatShareATableShareItsLimit() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.stations(3))) {
            var web = lab.bridge("web").ports("a", "b", "c");
            var db = lab.bridge("db").ports("d", "e", "f");
            fillWithAandB(lab);
            lab.given("d", padded(60, ALL, D, IP)).expectSame("e", "f");
            lab.given("e", padded(60, D, B, IP)).expectSame("d").nothingElse();
            lab.given("d", padded(60, B, D, IP)).expectSame("e", "f"); // no room was left for db's B
            assertThat(web.stations().size()).isEqualTo(2);
            assertThat(db.stations().size()).isOne();
            assertThat(db.stations().refused()).isOne();
            assertThat(lab.stations().size()).isEqualTo(3);
        }
    }

    // -------------------------------------------------------------------------------------------- L2-17: limits of
    // ports

    @Test
    void aPortTeachesNoMoreStationsThanItMay() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").port("a", limited(2)).ports("b", "c");
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.given("a", padded(60, ALL, B, IP)).expectSame("b", "c");
            lab.given("a", padded(60, ALL, C, IP)).expectSame("b", "c");
            lab.given("b", padded(60, B, D, IP)).expectSame("a").nothingElse();
            lab.given("b", padded(60, C, D, IP)).expectSame("a", "c");
            assertThat(web.stations().size()).isEqualTo(3);
            assertThat(web.stations().refused()).isOne();
        }
    }

    @Test
    void aStationThatMovesAwayLeavesAPlaceBehind() {
        try (var lab = new Lab()) {
            lab.bridge("web").port("a", limited(1)).ports("b", "c");
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.given("b", padded(60, ALL, A, IP)).expectSame("a", "c");
            lab.given("a", padded(60, ALL, B, IP)).expectSame("b", "c");
            lab.given("c", padded(60, B, C, IP)).expectSame("a").nothingElse();
        }
    }

    @Test
    void aPortThatIsFullCannotTakeAStationOver() {
        try (var lab = new Lab()) {
            lab.bridge("web").port("a", limited(1)).ports("b", "c");
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
            lab.given("a", padded(60, ALL, B, IP)).expectSame("b", "c");
            lab.given("c", padded(60, B, C, IP)).expectSame("b").nothingElse();
        }
    }

    @Test
    void anAgedPlaceOfAPortIsGivenAway() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND).stations(64))) {
            lab.bridge("web").port("a", limited(1)).ports("b", "c");
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.later(11 * SECOND);
            lab.given("a", padded(60, ALL, B, IP)).expectSame("b", "c");
            lab.given("c", padded(60, B, C, IP)).expectSame("a").nothingElse();
        }
    }

    @Test
    void aSilentStationMayMoveToAPortWithOnePlace() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND).stations(64))) {
            lab.bridge("web").port("a", limited(1)).ports("b", "c");
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
            lab.later(6 * SECOND);
            lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
            lab.later(6 * SECOND);
            lab.given("a", padded(60, ALL, B, IP)).expectSame("b", "c"); // A is gone, B moves to its place
            lab.given("c", padded(60, B, C, IP)).expectSame("a").nothingElse();
        }
    }

    @Test
    void everyMoveIsCountedForItsStation() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b");
            for (int i = 0; i < 10; i++) {
                lab.given(i % 2 == 0 ? "a" : "b", padded(60, ALL, A, IP)).expectSame(i % 2 == 0 ? "b" : "a");
            }
            lab.given("a", padded(60, ALL, B, IP)).expectSame("b");
            assertThat(web.stations().moves()).isEqualTo(9);
            assertThat(described(web, 0))
                    .containsExactlyInAnyOrder("02:00:00:00:00:0a port 1 moves 9", "02:00:00:00:00:0b port 0 moves 0");
        }
    }

    @Test
    void theCountOfMovesEndsWhereItsBitsEnd() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b");
            for (int i = 0; i <= 32_800; i++) {
                lab.given(i % 2 == 0 ? "a" : "b", padded(14, ALL, A, IP)).expectSame(i % 2 == 0 ? "b" : "a");
            }
            assertThat(web.stations().moves()).isEqualTo(32_800);
            assertThat(described(web, 0)).containsExactly("02:00:00:00:00:0a port 0 moves 32767");
            lab.given("b", padded(60, A, B, IP)).expectSame("a");
        }
    }

    // -------------------------------------------------------------------------------------------- settings of ports

    @Test
    void aPortThatDoesNotLearnIsAlwaysFloodedTo() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web")
                    .port("a", new PortSettings(false, true, PortSettings.NO_GROUP, 100))
                    .ports("b", "c");
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.given("b", padded(60, A, B, IP)).expectSame("a", "c");
            assertThat(web.stations().size()).isOne();
        }
    }

    @Test
    void aPortThatIsNotFloodedToStillGetsWhatIsKnownAndWhatIsForAll() {
        try (var lab = new Lab()) {
            lab.bridge("web").ports("a", "b").port("c", new PortSettings(true, false, PortSettings.NO_GROUP, 100));
            lab.given("a", padded(60, B, A, IP)).expectSame("b").nothingElse();
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.given("a", padded(60, "01 00 5e 00 00 01", A, IP)).expectSame("b", "c");
            lab.given("c", padded(60, A, C, IP)).expectSame("a").nothingElse();
            lab.given("a", padded(60, C, A, IP)).expectSame("c").nothingElse();
            lab.given("c", padded(60, D, C, IP)).expectSame("a", "b");
        }
    }

    @Test
    void portsOfOneGroupExchangeNothing() {
        var group1 = new PortSettings(true, true, 1, 100);
        var group2 = new PortSettings(true, true, 2, 100);
        try (var lab = new Lab()) {
            lab.bridge("web").port("a", group1).port("b", group1).ports("c").port("d", group2);
            lab.given("a", padded(60, ALL, A, IP)).expectSame("c", "d").nothingElse();
            lab.given("b", padded(60, ALL, B, IP)).expectSame("c", "d").nothingElse();
            lab.given("a", padded(60, B, A, IP)).nothingElse();
            assertThat(lab.drops(Drop.SPLIT_HORIZON)).isOne();
            lab.given("a", padded(60, C, A, IP)).expectSame("c", "d").nothingElse();
            lab.given("c", padded(60, B, C, IP)).expectSame("b").nothingElse();
            lab.given("d", padded(60, B, D, IP)).expectSame("b").nothingElse();
            lab.given("b", padded(60, D, B, IP)).expectSame("d").nothingElse();
        }
    }

    @Test
    void aSwitchOfOneGroupHasNobodyToFloodTo() {
        var group = new PortSettings(true, true, 7, 100);
        try (var lab = new Lab()) {
            lab.bridge("web").port("a", group).port("b", group);
            lab.given("a", padded(60, ALL, A, IP)).nothingElse();
            assertThat(lab.drops(Drop.NO_OTHER_PORT)).isOne();
        }
    }

    // -------------------------------------------------------------------------------------------- entries by hand

    @Test
    void aStationEnteredByHandNeitherMovesNorAges() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND))) {
            var web = lab.bridge("web").ports("a", "b", "c");
            assertThat(web.stations().enter(0x0200_0000_000AL, 0, 0)).isTrue();
            lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
            lab.given("c", padded(60, ALL, A, IP)).expectSame("a", "b"); // somebody says he is A
            lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
            lab.later(1_000_000 * SECOND);
            lab.settle();
            lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
            assertThat(web.stations().moves()).isZero();
            web.stations().forget(0x0200_0000_000AL);
            lab.given("b", padded(60, A, B, IP)).expectSame("a", "c");
        }
    }

    @Test
    void enteringByHandTakesTheStationFromWhereItWas() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web", 2).ports("a", "b", "c");
            fillWithAandB(lab);
            assertThat(web.stations().enter(0x0200_0000_000AL, 2, 0)).isTrue();
            assertThat(web.stations().enter(0x0200_0000_000CL, 2, 0))
                    .as("the table is full")
                    .isFalse();
            assertThat(web.stations().size()).isEqualTo(2);
            lab.given("b", padded(60, A, B, IP)).expectSame("c").nothingElse();
        }
    }

    @Test
    void aPortThatIsForgottenKeepsWhatWasEnteredByHand() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b", "c");
            fillWithAandB(lab);
            web.stations().enter(0x0200_0000_000DL, 0, 0);
            web.stations().forgetPort(0);
            assertThat(web.stations().size()).isEqualTo(2);
            lab.given("b", padded(60, D, B, IP)).expectSame("a").nothingElse();
            lab.given("b", padded(60, A, B, IP)).expectSame("a", "c");
            lab.given("c", padded(60, B, C, IP)).expectSame("b").nothingElse();
        }
    }

    @Test
    void whatIsForAPortThatWasTakenAwayIsNotSentToOthers() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b", "c");
            web.stations().enter(0x0200_0000_000DL, 5, 0);
            web.stations().enter(0x0200_0000_000EL, 500, 0);
            lab.given("a", padded(60, D, A, IP)).nothingElse();
            lab.given("a", padded(60, "02 00 00 00 00 0e", A, IP)).nothingElse();
            assertThat(lab.drops(Drop.UNPLUGGED)).isEqualTo(2);
        }
    }

    private static java.util.List<String> described(PlainSwitch web, int tick) {
        var lines = new java.util.ArrayList<String>();
        web.stations()
                .forEach(
                        tick,
                        (mac, port, isStatic, moves, ticksAgo) -> lines.add("%s port %d moves %d"
                                .formatted(String.format("%012x", mac).replaceAll("(..)(?=.)", "$1:"), port, moves)));
        return lines;
    }

    private static void fillWithAandB(Lab lab) {
        lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
        lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
    }

    private static PortSettings limited(int stations) {
        return new PortSettings(true, true, PortSettings.NO_GROUP, stations);
    }
}
