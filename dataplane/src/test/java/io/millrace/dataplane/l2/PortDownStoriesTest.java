package io.millrace.dataplane.l2;

import static io.millrace.dataplane.trials.Bytes.padded;
import static io.millrace.dataplane.trials.Lab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Lab;
import org.junit.jupiter.api.Test;

/** A port goes down: its stations are forgotten at once, nothing is sent there, the others lose nothing. Row L2-16. */
class PortDownStoriesTest {
    private static final String A = "02 00 00 00 00 0a ";
    private static final String B = "02 00 00 00 00 0b ";
    private static final String C = "02 00 00 00 00 0c ";
    private static final String ALL = "ff ff ff ff ff ff ";
    private static final String IP = "08 00 ";

    private static void speak(Lab lab) {
        lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
        lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
        lab.given("c", padded(60, ALL, C, IP)).expectSame("a", "b");
    }

    @Test
    void whoWasBehindItIsSoughtAtTheOtherPorts() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b", "c");
            speak(lab);
            web.bridge().down(0);
            assertThat(web.stations().size()).isEqualTo(2);
            lab.given("b", padded(60, A, B, IP)).expectSame("c").nothingElse();
            lab.given("b", padded(60, ALL, B, IP)).expectSame("c").nothingElse();
            lab.given("b", padded(60, C, B, IP)).expectSame("c").nothingElse();
            lab.given("c", padded(60, ALL, A, IP)).expectSame("b").nothingElse(); // A was plugged in elsewhere
            lab.given("b", padded(60, A, B, IP)).expectSame("c").nothingElse();
            assertThat(web.stations().moves()).isZero();
            assertThat(lab.drops(Drop.PORT_DOWN)).isZero();
        }
    }

    @Test
    void whatStillComesFromItTeachesNothing() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b", "c");
            web.bridge().down(0);
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            lab.given("b", padded(60, A, B, IP)).expectSame("c").nothingElse();
        }
    }

    @Test
    void upAgainItLearnsAtOnce() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b", "c");
            speak(lab);
            web.bridge().down(0);
            web.bridge().up(0);
            lab.given("b", padded(60, A, B, IP)).expectSame("a", "c");
            lab.given("a", padded(60, B, A, IP)).expectSame("b").nothingElse();
            lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
            assertThat(web.stations().size()).isEqualTo(3);
        }
    }

    @Test
    void aPortThatMayNotLearnDoesNotBeginToByGoingDownAndUp() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web")
                    .port("a", new PortSettings(false, true, PortSettings.NO_GROUP, 10))
                    .ports("b", "c");
            web.bridge().down(0);
            web.bridge().up(0);
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            assertThat(web.stations().size()).isZero();
        }
    }

    @Test
    void staticStationsStay() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b", "c");
            web.stations().enter(0x0200_0000_000AL, 0, 0);
            web.bridge().down(0);
            lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse(); // as far as the bridge knows
        }
    }

    @Test
    void stationsOfAPortThatWentDownTakeNobodysPlace() {
        try (var lab = new Lab()) {
            var two = new PortSettings(true, true, PortSettings.NO_GROUP, 2);
            var web = lab.bridge("web", 3).port("a", two).ports("b", "c");
            for (int round = 0; round < 100; round++) {
                lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
                lab.given("a", padded(60, ALL, "02 00 00 00 01 %02x ".formatted(round), IP))
                        .expectSame("b", "c");
                lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
                assertThat(web.stations().size()).isEqualTo(3);
                web.bridge().down(0);
                assertThat(web.stations().size()).isOne();
                web.bridge().up(0);
            }
            assertThat(web.stations().refused()).isZero();
            lab.given("c", padded(60, B, C, IP)).expectSame("b").nothingElse();
        }
    }

    @Test
    void aPortThatGoesUpAndDownAHundredThousandTimesWearsNothingOut() {
        var table = new MacTable(1000, 1);
        var stations = new FilteringDatabase(table, 300 * SECOND, 1000);
        long mac = 0x0200_0000_0000L;
        for (int i = 0; i < 100_000; i++) {
            long key = stations.key(mac + i % 500);
            long[] home = new long[1];
            stations.homes(new long[] {key}, home, 1);
            assertThat(stations.learn(key, (int) home[0], 0, 1000, 0)).isEqualTo(FilteringDatabase.NEW);
            assertThat(stations.lookup(key, (int) home[0], 0)).isZero();
            stations.forgetPort(0);
            assertThat(stations.lookup(key, (int) home[0], 0)).isEqualTo(FilteringDatabase.UNKNOWN);
        }
        assertThat(stations.size()).isZero();
    }

    @Test
    void aStationEnteredByHandGetsThePlaceOfOneThatAged() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND))) {
            var web = lab.bridge("web", 3).ports("a", "b", "c");
            speak(lab);
            assertThat(web.stations().enter(0x0200_0000_000DL, 0, 0)).isFalse();
            assertThat(web.stations().enter(0x0200_0000_000DL, 0, 200)).isTrue();
        }
    }
}
