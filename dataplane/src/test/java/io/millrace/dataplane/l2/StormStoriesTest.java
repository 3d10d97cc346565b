package io.millrace.dataplane.l2;

import static io.millrace.dataplane.trials.Bytes.padded;
import static io.millrace.dataplane.trials.Lab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.PortCounters;
import io.millrace.dataplane.trials.Lab;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What a port may bring in to be flooded, and who is told of loops and storms: row L2-17, experiment E8. */
class StormStoriesTest {
    private static final String A = "02 00 00 00 00 0a ";
    private static final String B = "02 00 00 00 00 0b ";
    private static final String C = "02 00 00 00 00 0c ";
    private static final String ALL = "ff ff ff ff ff ff ";
    private static final String GROUP = "01 00 5e 00 00 05 ";
    private static final String IP = "08 00 ";

    @Test
    void whatIsFloodedIsCappedWhateverTheReasonAndWhatHasOneAddresseeIsNot() {
        try (var lab = new Lab()) {
            lab.bridge("web").capped("a", 1).ports("b", "c");
            lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c");
            for (String to : new String[] {ALL, GROUP, C, C}) {
                lab.given("a", padded(60, to, A, IP)).expectSame("b", "c");
            }
            for (String to : new String[] {ALL, GROUP, C}) {
                lab.given("a", padded(60, to, A, IP)).nothingElse();
            }
            lab.given("a", padded(60, B, A, IP)).expectSame("b").nothingElse();
            lab.given("b", padded(60, ALL, B, IP)).expectSame("a", "c"); // another port's frames
            lab.later(SECOND);
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            assertThat(lab.drops(Drop.STORM)).isEqualTo(3);
            assertThat(lab.counters().port("a").stormDrops()).isEqualTo(3);
            assertThat(lab.counters().port("b").stormDrops()).isZero();
        }
    }

    @Test
    void learningGoesOnInAStorm() {
        try (var lab = new Lab()) {
            lab.bridge("web").capped("a", 1).ports("b", "c");
            for (int i = 0; i < 4; i++) {
                lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "c");
            }
            lab.given("a", padded(60, ALL, C, IP)).nothingElse();
            lab.given("b", padded(60, C, B, IP)).expectSame("a").nothingElse();
        }
    }

    @Test
    void anHonestBurstPassesWhole() {
        var cap = new StormCap(StormCap.DEFAULT, new PortCounters());
        for (int i = 0; i < 20_000; i++) {
            assertThat(cap.admits(i * SECOND / 50_000)).isTrue();
        }
    }

    @Test
    void aCapLetsPassWhatABucketOfFourSecondsWould() {
        for (int seed = 1; seed <= 50; seed++) {
            var random = new SplittableRandom(seed);
            int rate = 1 << random.nextInt(10); // divides a second's 2^9 * 5^9 ns
            var cap = new StormCap(rate, new PortCounters());
            long now = random.nextLong(SECOND);
            long bucket = 4 * SECOND; // a frame costs a second / rate
            for (int i = 0; i < 5000; i++) {
                long pause = random.nextInt(3) == 0 ? random.nextLong(2 * SECOND / rate) : 0;
                now += pause;
                bucket = Math.min(4 * SECOND, bucket + pause);
                boolean expected = bucket >= SECOND / rate;
                assertThat(cap.admits(now)).as("seed %d, frame %d", seed, i).isEqualTo(expected);
                bucket -= expected ? SECOND / rate : 0;
            }
        }
    }

    @Test
    void aStationToAndFroBetweenTwoPortsIsALoopAndSaidOnceASecond() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b", "c");
            for (int second = 0; second < 3; second++) {
                for (int i = 0; i < 100; i++) {
                    lab.given("b", padded(60, A, A, IP));
                    lab.given("c", padded(60, A, A, IP));
                    lab.later(SECOND / 100);
                }
            }
            assertThat(web.stations().alarms().latest()).hasSize(3).allSatisfy(alarm -> {
                var loop = (Alarm.Loop) alarm;
                assertThat(loop.mac()).isEqualTo(0x0200_0000_000AL);
                assertThat(loop.port()).isEqualTo(1);
                assertThat(loop.other()).isEqualTo(2);
                assertThat(loop.moves()).isEqualTo(50);
                assertThat(loop.within()).isBetween(SECOND / 10, SECOND);
            });
        }
    }

    @Test
    void stationsThatMoveNowAndThenAreNoLoop() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a", "b", "c");
            for (int i = 0; i < 600; i++) {
                lab.given(i % 2 == 0 ? "b" : "c", padded(60, A, A, IP));
                lab.later(SECOND / 40);
                if (i % 40 == 0) { // and a hundred stations that all move once
                    for (int other = 0; other < 100; other++) {
                        var mac = "02 00 00 00 01 %02x ".formatted(other);
                        lab.given(i % 80 == 0 ? "a" : "b", padded(60, mac, mac, IP));
                    }
                }
            }
            assertThat(web.stations().moves()).isGreaterThan(1000);
            assertThat(web.stations().alarms().latest()).isEmpty();
        }
    }

    @Test
    void aStormIsSaidOnceASecondAndOnlyTheLatestAlarmsAreKept() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").capped("a", 1).ports("b");
            for (int i = 0; i < 200; i++) {
                lab.alsoGiven("a", padded(60, ALL, A, IP)).alsoGiven("a", padded(60, ALL, A, IP));
                lab.later(SECOND / 2);
            }
            lab.take("b");
            var alarms = web.stations().alarms().latest();
            assertThat(alarms)
                    .hasSize(Alarms.MOST)
                    .allMatch(alarm -> alarm instanceof Alarm.Storm storm && storm.port() == 0 && storm.rate() == 1);
            for (int i = 1; i < alarms.size(); i++) {
                assertThat(alarms.get(i).at() - alarms.get(i - 1).at()).isGreaterThanOrEqualTo(SECOND);
            }
        }
    }
}
