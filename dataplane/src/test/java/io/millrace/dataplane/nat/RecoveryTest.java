package io.millrace.dataplane.nat;

import static io.millrace.codec.TcpHeader.ACK;
import static io.millrace.codec.TcpHeader.FIN;
import static io.millrace.codec.TcpHeader.SYN;
import static io.millrace.dataplane.nat.LifeLab.INSIDE;
import static io.millrace.dataplane.nat.LifeLab.OUTSIDE;
import static io.millrace.dataplane.nat.LifeLab.SECOND;
import static io.millrace.dataplane.nat.LifeLab.TICK;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.IntConsumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions that another process left live neither shorter nor longer than those of this one, whatever their records say. */
class RecoveryTest {
    private static final int MOST = 1_024;
    private static final UUID BOOT = UUID.randomUUID();

    @TempDir
    private Path folder;

    private static final class Before {
        private int port;
        private long now;
    }

    private StateFile file(long now) throws IOException {
        return Nat.keep(folder.resolve("state"), MOST, new Moment(BOOT, now, now / 1_000_000));
    }

    private static LifeLab lab(StateFile file, long now) {
        return new LifeLab(Timeouts.RFC, false, MOST, now, file);
    }

    /** A process opens a connection, or a UDP flow, and is gone; whatever was not written down is lost. */
    private Before before(boolean tcp) throws IOException {
        var before = new Before();
        try (var file = file(1_000 * SECOND);
                var lab = lab(file, 1_000 * SECOND)) {
            lab.nat.recover(0);
            if (tcp) {
                assertThat(lab.tcp(INSIDE, SYN, 1_000, 0)).isTrue();
                assertThat(lab.tcp(OUTSIDE, SYN | ACK, 5_000, 1_001)).isTrue();
                assertThat(lab.tcp(INSIDE, ACK, 1_001, 5_001)).isTrue();
            } else {
                assertThat(lab.udp(INSIDE)).isTrue();
                assertThat(lab.udp(OUTSIDE)).isTrue();
            }
            before.port = lab.outsidePort;
            before.now = lab.now();
        }
        return before;
    }

    /** Somebody writes into every record before the next process takes them up. */
    private LifeLab after(StateFile file, Before before, long later, IntConsumer damage) {
        var lab = lab(file, before.now + later - 2 * SECOND); // which pass while it is built
        for (int record = 0; record < MOST; record++) {
            if (!lab.nat.sessions().isFree(record)) {
                damage.accept(Sessions.at(record));
            }
        }
        lab.nat.recover(0);
        lab.outsidePort = before.port;
        return lab;
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MAX_VALUE, Integer.MIN_VALUE, -1, 0, 1, 1 << 30})
    void whateverLifeARecordSaysAFlowLivesAsLongAsItsStateHasIt(int life) throws IOException {
        for (boolean late : new boolean[] {false, true}) {
            var before = before(false);
            long later = 300 * SECOND + (late ? 3 * TICK : -TICK);
            try (var file = file(before.now)) {
                var records = file.region("sessions");
                try (var lab = after(file, before, 10 * SECOND, at -> records.putInt(at + Sessions.LIFE, life))) {
                    lab.later(later - 10 * SECOND);
                    assertThat(lab.udp(OUTSIDE)).as("late: %s", late).isEqualTo(!late);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MAX_VALUE, Integer.MIN_VALUE, -1, 0, 1, 2_000, 1 << 30, -(1 << 30)})
    void whateverARecordSaysWhenItWasHeardOfItDoesNotLiveLongerThanFromNow(int offset) throws IOException {
        var before = before(false);
        try (var file = file(before.now)) {
            var records = file.region("sessions");
            int heard = Sessions.tick(before.now) + offset;
            try (var lab = after(file, before, 5 * SECOND, at -> records.putInt(at + Sessions.HEARD, heard))) {
                lab.later(300 * SECOND + 3 * TICK);
                assertThat(lab.udp(OUTSIDE)).isFalse();
                assertThat(lab.nat.sessions().size()).isZero();
            }
        }
    }

    @Test
    void aConnectionThatWasClosedWhenItsProcessDiedHalfWayThroughIsClosed() throws IOException {
        var before = before(true);
        try (var file = file(before.now)) {
            var records = file.region("sessions");
            // The tracking knew of both FINs; state and life were not written any more.
            IntConsumer halfWay = at -> bits(records, at, TcpTracking.TIME_WAIT);
            try (var lab = after(file, before, 10 * SECOND, halfWay)) {
                lab.later(231 * SECOND);
                assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_001)).isFalse();
            }
        }
    }

    private static void bits(UnsafeBuffer records, int at, int state) {
        int bits = records.getInt(at + Sessions.TCP);
        records.putInt(at + Sessions.TCP, bits & ~TcpRecord.STATE | state);
    }

    @Test
    void anOpenConnectionGoesOnForAsLongAsItWouldHave() throws IOException {
        for (boolean late : new boolean[] {false, true}) {
            var before = before(true);
            try (var file = file(before.now)) {
                var records = file.region("sessions");
                try (var lab =
                        after(file, before, 3_600 * SECOND, at -> records.putByte(at + Sessions.STATE, (byte) 99))) {
                    lab.later(3_840 * SECOND + (late ? 3 * TICK : -TICK));
                    assertThat(lab.tcp(OUTSIDE, ACK, 5_001, 1_001))
                            .as("late: %s", late)
                            .isEqualTo(!late);
                    if (!late) {
                        assertThat(lab.tcp(INSIDE, FIN | ACK, 1_001, 5_001)).isTrue();
                    }
                }
            }
        }
    }
}
