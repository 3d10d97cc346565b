package io.millrace.dataplane.l2;

import static io.millrace.dataplane.trials.Bytes.padded;
import static io.millrace.dataplane.trials.Lab.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.PlainSwitch;
import java.util.ArrayList;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/**
 * Ports that lead to other hosts. Rows VX-13 and VX-15: nothing goes from one other host to
 * another; a station of this host stays here.
 */
class RemoteStoriesTest {
    private static final String A = "02 00 00 00 00 0a ";
    private static final String B = "02 00 00 00 00 0b ";
    private static final String C = "02 00 00 00 00 0c ";
    private static final String ALL = "ff ff ff ff ff ff ";
    private static final String IP = "08 00 ";
    private static final long MAC_A = 0x0200_0000_000AL;

    /** Two ports here, two hosts there, and one there that gets no copies. */
    private static PlainSwitch web(Lab lab) {
        return lab.bridge("web")
                .ports("a", "b")
                .remote("r1", PortSettings.remote(true, true))
                .remote("r2", PortSettings.remote(true, true))
                .remote("r3", PortSettings.remote(true, false));
    }

    @Test
    void whatIsFloodedHereGoesToEachOtherHostThatGetsCopies() {
        try (var lab = new Lab()) {
            web(lab);
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "r1", "r2").nothingElse();
            lab.given("b", padded(60, C, B, IP)).expectSame("a", "r1", "r2").nothingElse();
        }
    }

    @Test
    void whatComesFromAnotherHostStaysHere() {
        try (var lab = new Lab()) {
            web(lab);
            lab.given("r1", padded(60, ALL, A, IP)).expectSame("a", "b").nothingElse();
            lab.given("r3", padded(60, ALL, B, IP)).expectSame("a", "b").nothingElse();
            lab.given("r2", padded(60, A, C, IP)).nothingElse();
            lab.given("r3", padded(60, A, B, IP)).nothingElse();
            assertThat(lab.drops(Drop.SPLIT_HORIZON)).isEqualTo(2);
            lab.given("a", padded(60, B, "02 00 00 00 00 0d", IP))
                    .expectSame("r3")
                    .nothingElse();
        }
    }

    @Test
    void framesOfOneTurnForManyHostsBearTheirNumbers() {
        try (var lab = new Lab()) {
            var web = lab.bridge("web").ports("a");
            var sent = new ArrayList<Integer>();
            for (int i = 0; i < 50; i++) {
                web.remote("r" + i, PortSettings.remote(true, false));
            }
            for (int i = 0; i < 50; i++) {
                lab.given("r" + i, padded(60, ALL, station(i), IP)).expectSame("a");
                sent.addAll(Collections.nCopies(1 + i % 4, i));
            }
            Collections.rotate(sent, 31);
            sent.forEach(i -> lab.put("a", padded(60, station(i), A, IP)));
            lab.settle();
            sent.forEach(i -> lab.expect("r" + i, padded(60, station(i), A, IP)));
        }
    }

    private static String station(int i) {
        return "02 00 00 00 01 %02x".formatted(i);
    }

    @Test
    void aStationThatIsHereIsNotTakenOverWhileItIsHeard() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND))) {
            var web = web(lab);
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "r1", "r2");
            lab.later(10 * SECOND);
            lab.given("r1", padded(60, ALL, A, IP)).nothingElse();
            assertThat(lab.drops(Drop.STATION_IS_LOCAL)).isOne();
            lab.given("r2", padded(60, A, C, IP)).expectSame("a").nothingElse();
            assertThat(web.stations().moves()).isZero();
            lab.later(SECOND);
            lab.given("r1", padded(60, ALL, A, IP)).expectSame("a", "b");
            lab.given("b", padded(60, A, B, IP)).expectSame("r1").nothingElse();
            assertThat(lab.drops(Drop.STATION_IS_LOCAL)).isOne();
        }
    }

    @Test
    void aStationWhosePortWentDownMayBeElsewhere() {
        try (var lab = new Lab()) {
            var web = web(lab);
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "r1", "r2");
            web.bridge().down(0);
            lab.given("r1", padded(60, ALL, A, IP)).expectSame("b").nothingElse();
            lab.given("b", padded(60, A, B, IP)).expectSame("r1").nothingElse();
        }
    }

    @Test
    void aStationEnteredHereStaysHereForGood() {
        try (var lab = new Lab(Lab.Scale.DEFAULT.ageing(10 * SECOND))) {
            assertThat(web(lab).stations().enter(MAC_A, 0, 0)).isTrue();
            lab.later(1000 * SECOND);
            lab.given("r1", padded(60, ALL, A, IP)).nothingElse();
            assertThat(lab.drops(Drop.STATION_IS_LOCAL)).isOne();
            lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
        }
    }

    @Test
    void aStationEnteredThereStaysThereWhereverItIsHeard() {
        try (var lab = new Lab()) {
            assertThat(web(lab).stations().enter(MAC_A, 3, 0)).isTrue();
            lab.given("r1", padded(60, ALL, A, IP)).expectSame("a", "b");
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "r1", "r2");
            lab.given("b", padded(60, A, B, IP)).expectSame("r2").nothingElse();
            assertThat(lab.drops(Drop.STATION_IS_LOCAL)).isZero();
        }
    }

    @Test
    void aStationMovesFromHostToHostAndToHereAtOnce() {
        try (var lab = new Lab()) {
            var web = web(lab);
            lab.given("r1", padded(60, ALL, A, IP)).expectSame("a", "b");
            lab.given("r3", padded(60, ALL, A, IP)).expectSame("a", "b");
            lab.given("b", padded(60, A, B, IP)).expectSame("r3").nothingElse();
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "r1", "r2");
            lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
            assertThat(web.stations().moves()).isEqualTo(2);
        }
    }

    @Test
    void aNumberThatLedToAnotherHostMayLeadHereLater() {
        try (var lab = new Lab()) {
            var web = web(lab);
            lab.given("r1", padded(60, ALL, A, IP)).expectSame("a", "b");
            web.bridge().unplug(2);
            lab.given("b", padded(60, A, B, IP)).expectSame("a", "r2");
            lab.given("r1", padded(60, ALL, C, IP)).nothingElse();
            assertThat(lab.drops(Drop.UNKNOWN_PORT)).isOne();
            web.bridge().plug(2, lab.graph().linkTo(lab.graph().nodes().getLast()), PortSettings.DEFAULT);
            lab.given("r1", padded(60, ALL, C, IP));
            lab.take("a");
            lab.take("b");
            lab.take("r2");
            lab.given("r2", padded(60, ALL, C, IP)).nothingElse();
            assertThat(lab.drops(Drop.STATION_IS_LOCAL)).isOne();
        }
    }

    @Test
    void whoDoesNotLearnHoldsNobodyUp() {
        try (var lab = new Lab()) {
            lab.bridge("web").ports("a", "b").remote("r1", PortSettings.remote(false, true));
            lab.given("a", padded(60, ALL, A, IP)).expectSame("b", "r1");
            lab.given("r1", padded(60, ALL, A, IP)).expectSame("a", "b");
            lab.given("b", padded(60, A, B, IP)).expectSame("a").nothingElse();
        }
    }
}
