package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.nat.StateFile.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a table is after another process has ended in the middle of it. */
class KeptSessionsTest {
    static final int MOST = 1_024;
    static final int LIFE = 1_000;
    private static final long SALT = 0x5EED;

    /** {@code -Dkills=100} is the long form. */
    private static final int KILLS = Integer.getInteger("kills", 8);

    private final UnsafeBuffer memory = zeros(MOST * Sessions.RECORD);
    private final Sessions before = over(memory, 1);
    private final SplittableRandom random = new SplittableRandom(3);

    private static UnsafeBuffer zeros(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes));
    }

    private static Sessions over(UnsafeBuffer memory, long seed) {
        return new Sessions(MOST, seed, SALT, KeptSessionsTest::zeros, bytes -> memory, record -> {});
    }

    static Sessions over(StateFile file) {
        return new Sessions(
                MOST, file.starts(), file.seed(), KeptSessionsTest::zeros, bytes -> file.region("sessions"), r -> {});
    }

    /** The file that {@link #over(StateFile)} is about. */
    static StateFile open(Path path) throws IOException {
        return StateFile.open(
                path,
                1,
                Moment.ofThisBoot(System.nanoTime(), System.currentTimeMillis()),
                new Region("sessions", MOST * Sessions.RECORD));
    }

    /** The tuple of the {@code n}-th connection; every third is of IPv6. */
    static Tuple original(int n) {
        var tuple = new Tuple().set(0xC633_6400 + n, 0xC633_6401, n % 2 == 0 ? 6 : 17, n & 0xFFFF, 8080);
        return n % 3 == 0 ? tuple.source(0x2001_0DB8_0000_0000L, n, n & 0xFFFF) : tuple;
    }

    /** That of its answers. */
    static Tuple reply(int n) {
        var original = original(n);
        return new Tuple().invert(original).source(original.isV6() ? 0xFD00L << 48 : 0, 0xFFFF_0A01_0002L, 80);
    }

    /** Opens the {@code n}-th connection; returns its record. */
    static int open(Sessions in, int n, int now) {
        var original = original(n);
        var reply = reply(n);
        int record = in.open(original, in.hash(original), reply, in.hash(reply), now);
        int at = Sessions.at(record);
        in.memory().putInt(at + Sessions.LIFE, LIFE);
        in.memory().putInt(at + Sessions.SERVICE, n);
        in.memory().putInt(at + Sessions.BACKEND, ~n);
        in.commit(record);
        return record;
    }

    private Sessions after(int now, int lost) {
        var after = over(memory, 2);
        assertThat(new KeptSessions(after).recover(_ -> {}, record -> true, now))
                .isEqualTo(lost);
        return after;
    }

    private static int find(Sessions in, Tuple tuple, int now) {
        return in.find(tuple, in.hash(tuple), now);
    }

    /** Every session is found by both of its tuples and is what was written. */
    static void check(Sessions in, int n, int now) {
        int token = find(in, original(n), now);
        assertThat(token & 1).isZero();
        assertThat(find(in, reply(n), now)).isEqualTo(token | 1);
        int at = Sessions.at(token >> 1);
        assertThat(in.memory().getInt(at + Sessions.SERVICE)).isEqualTo(n);
        assertThat(in.memory().getInt(at + Sessions.BACKEND)).isEqualTo(~n);
        assertThat(in.memory().getInt(at + Sessions.HOPS)).isZero();
    }

    @RepeatedTest(20)
    void whateverHappenedBeforeTheTableIsTheSameAfterwards(RepetitionInfo repetition) {
        var seeded = new SplittableRandom(repetition.getCurrentRepetition());
        var records = new HashMap<Integer, Integer>();
        var unanswered = new ArrayList<Integer>();
        for (int now = 1; now < 900; now++) {
            int n = seeded.nextInt(4 * MOST);
            if (records.containsKey(n) && seeded.nextInt(3) == 0) {
                before.close(records.remove(n));
                unanswered.remove((Integer) n);
            } else if (records.containsKey(n)) {
                if (unanswered.remove((Integer) n)) {
                    before.answered(records.get(n));
                }
            } else {
                records.put(n, open(before, n, now));
                unanswered.add(n);
            }
        }
        var after = after(900, 0);
        assertThat(after.size()).isEqualTo(records.size()).isEqualTo(before.size());
        records.keySet().forEach(n -> check(after, n, 900));

        fillUp(after, 10_000, 900);
        for (int n : unanswered) { // the oldest goes first
            assertThat(find(after, original(n), 900)).isNotEqualTo(Sessions.NONE);
            open(after, 20_000 + n, 900);
            assertThat(find(after, original(n), 900)).isEqualTo(Sessions.NONE);
        }
        records.keySet().removeAll(unanswered);
        records.keySet().forEach(n -> check(after, n, 900));
    }

    private static void fillUp(Sessions sessions, int from, int now) {
        for (int n = from; sessions.size() < MOST; n++) {
            open(sessions, n, now);
        }
    }

    @Test
    void whatIsDamagedIsLostAndNothingElse() {
        fillUp(before, 0, 1);
        var sealed = new BitSet();
        sealed.set(0, 22);
        sealed.set(24, 36);
        sealed.set(48, 64);
        var hit = new TreeSet<Integer>();
        for (int i = 0; i < 200; i++) {
            int record = random.nextInt(MOST);
            int at = Sessions.at(record) + sealed.nextSetBit(random.nextInt(64));
            if (hit.add(record)) {
                memory.putByte(at, (byte) (memory.getByte(at) ^ 1 << random.nextInt(8)));
            }
        }
        var after = after(2, hit.size());
        for (int n = 0; n < MOST; n++) {
            if (hit.contains(n)) {
                assertThat(find(after, original(n), 2)).isEqualTo(Sessions.NONE);
            } else {
                check(after, n, 2);
            }
        }
    }

    @Test
    void aRecordInAnotherPlaceOrOfAnotherFileIsNotBelieved() {
        open(before, 5, 1);
        memory.putBytes(Sessions.at(9), memory, 0, Sessions.RECORD);
        assertThat(after(1, 1).size()).isEqualTo(1);
        var other = new Sessions(MOST, 1, SALT + 1, KeptSessionsTest::zeros, bytes -> memory, record -> {});
        assertThat(new KeptSessions(other).recover(_ -> {}, record -> true, 1)).isEqualTo(1);
    }

    @Test
    void noRandomBytesAreASession() {
        byte[] garbage = new byte[memory.capacity()];
        random.nextBytes(garbage);
        memory.putBytes(0, garbage);
        var after = after(1, MOST);
        assertThat(after.size()).isZero();
        fillUp(after, 0, 1);
        check(after, MOST - 1, 1);
    }

    @Test
    void whatIsOverIsForgottenAndWhatWasNotHeardOfYetIsHeardOfNow() {
        for (int heard : List.of(0, 1, 1_000, 1_100, 5_000, -5_000)) {
            open(before, heard & 0xFFFF, heard);
        }
        var after = after(1_000 + LIFE / 1_000, 3); // 0 is over; 5,000 and -5,000 cannot be
        check(after, 1, 1_001);
        check(after, 1_000, 1_001);
        check(after, 1_100, 1_001);
        int at = Sessions.at(find(after, original(1_100), 1_001) >> 1);
        assertThat(memory.getInt(at + Sessions.HEARD)).isEqualTo(1_001);
    }

    @Test
    void whatTheJudgeRefusesIsForgotten() {
        fillUp(before, 0, 1);
        var after = over(memory, 2);
        int lost = new KeptSessions(after).recover(_ -> {}, record -> record % 2 == 0, 1);
        assertThat(lost).isEqualTo(MOST / 2);
        check(after, 2, 1);
        assertThat(find(after, original(3), 1)).isEqualTo(Sessions.NONE);
        assertThat(after(1, 0).size()).as("the second time").isEqualTo(MOST / 2);
    }

    @Test
    void aProcessKilledAtAnyMomentLeavesOnlyWholeSessions(@TempDir Path directory) throws Exception {
        var path = directory.resolve("state");
        int sessions = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            var child = new Child("sessions", path);
            child.saysThatItWrites();
            TimeUnit.MICROSECONDS.sleep(random.nextInt(20_000));
            child.kill();
            try (var file = open(path)) {
                assertThat(file.told()).isNull();
                var after = over(file);
                int lost = new KeptSessions(after).recover(_ -> {}, record -> true, 1);
                assertThat(lost).as("none was half written and counted").isZero();
                var all = new int[after.size()];
                int count = 0;
                for (int record = 0; record < MOST; record++) {
                    if (!after.isFree(record)) {
                        all[count++] = after.memory().getInt(Sessions.at(record) + Sessions.SERVICE);
                    }
                }
                assertThat(count).isEqualTo(all.length);
                sessions += count;
                Arrays.stream(all).forEach(n -> check(after, n, 1));
            }
        }
        assertThat(sessions).isPositive();
        assertThat(directory.resolve("state.bad")).doesNotExist();
    }
}
