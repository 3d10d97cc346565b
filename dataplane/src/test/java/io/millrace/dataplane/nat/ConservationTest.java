package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever comes in whichever order, into tables much too small, nothing is counted that is not there, nor is anything
 * there that is not counted: {@link Ledger} adds up after every batch. What happens is drawn by lot.
 */
class ConservationTest {
    private static final int BATCHES = 250;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void countsAndIndexesAreRightAfterEveryBatchOfRandomEvents(long seed) {
        try (var storm = new Storm(seed, null, 0)) {
            for (int batch = 0; batch < BATCHES; batch++) {
                storm.batch();
                storm.check();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void whatWasLeftByAProcessIsCountedRightByTheNext(long seed) throws IOException {
        var path = directory.resolve("state");
        long now = 1_000_000_000L;
        for (int start = 0; start < 8; start++) {
            try (var kept = Nat.keep(path, Storm.SESSIONS, Storm.moment(now));
                    var storm = new Storm(seed + 100 * start, kept, now)) {
                storm.check();
                for (int batch = 0; batch < 40; batch++) {
                    storm.batch();
                    storm.check();
                }
                now = storm.now() + 3_000_000_000L;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22})
    void whenAllIsOverNothingIsLeft(long seed) {
        try (var storm = new Storm(seed, null, 0)) {
            for (int batch = 0; batch < 60; batch++) {
                storm.batch();
            }
            storm.check();
            storm.quiet();
            storm.check();
            assertThat(storm.nat.sessions().size()).as("sessions").isZero();
            assertThat(storm.nat.mappings().size()).as("mappings").isZero();
            for (int hop = 1; hop <= storm.nat.hops().used(); hop++) {
                assertThat(storm.nat.hops().at(hop)).as("next hop %s", hop).isNull();
            }
            storm.eachHostMayBeginAsMuchAsEver();
        }
    }

    @Test
    void stormsDoReachEveryTable() {
        try (var storm = new Storm(5, null, 0)) {
            for (int batch = 0; batch < BATCHES; batch++) {
                storm.batch();
            }
            assertThat(storm.nat.sessions().evicted()).as("evicted").isPositive();
            assertThat(storm.nat.sessions().ended()).as("ended").isGreaterThan(300);
            assertThat(storm.nat.mappings().fresh()).as("mappings").isGreaterThan(10);
            assertThat(storm.drops(Drop.CONNECTION_CLASH)).as("clashes").isPositive();
            assertThat(storm.drops(Drop.SESSION_LIMIT)).as("limits").isPositive();
            assertThat(storm.delivered()).as("frames that left").isGreaterThan(1000);
        }
    }
}
