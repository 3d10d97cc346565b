package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What the mappings are after another process has ended in the middle of them. */
class KeptMappingsTest {
    private static final int MOST = 512;
    private static final int UDP = 17;
    private static final int REST = (int) (Mappings.REST >>> Sessions.TICK_SHIFT);
    private static final long OUTSIDE = Ipv6Address.mapped(0xC633_6401);
    private final UnsafeBuffer memory = zeros(MOST * Mappings.RECORD);
    private final Mappings before = over();

    private static UnsafeBuffer zeros(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes));
    }

    private Mappings over() {
        var random = new SplittableRandom(4);
        return new Mappings(MOST, 1, 65_535, true, 0, random::nextLong, 77, KeptMappingsTest::zeros, bytes -> memory);
    }

    private static Tuple from(int host, int port) {
        return new Tuple().set(0x0A01_0000 + host, 0x0808_0808, UDP, port, 53);
    }

    private static int enter(Mappings in, int host, int port) {
        return in.enter(from(host, port), 0, OUTSIDE);
    }

    private Mappings after(int now) {
        var after = over();
        after.recover((high, low) -> low == OUTSIDE, now);
        return after;
    }

    @Test
    void aHostKeepsItsOutsidePortAndNobodyElseGetsIt() {
        var ports = new int[100];
        for (int host = 0; host < 100; host++) {
            ports[host] = before.outsidePort(enter(before, host, 5000));
        }
        var after = after(10);
        assertThat(after.size()).isEqualTo(100);
        for (int host = 100; host < 200; host++) {
            assertThat(after.outsidePort(enter(after, host, 5000))).isNotIn(5000);
        }
        for (int host = 0; host < 100; host++) {
            int record = enter(after, host, 5000);
            assertThat(after.outsidePort(record)).isEqualTo(ports[host]);
            assertThat(after.find(0, OUTSIDE, ports[host], UDP)).isEqualTo(record);
            assertThat(after.sessions(record))
                    .as("sessions say themselves that they are there")
                    .isEqualTo(1);
        }
    }

    @Test
    void whoHasNoSessionAnyMoreRestsAndWhoRestedGoesOnResting() {
        int idle = enter(before, 1, 5000);
        before.leave(idle, 100);
        enter(before, 2, 6000);
        var after = after(100 + REST);
        assertThat(after.size()).isEqualTo(2);
        after.sweep(100 + REST + 1, MOST);
        assertThat(after.find(0, OUTSIDE, 5000, UDP)).isEqualTo(Mappings.NONE);
        assertThat(after.find(0, OUTSIDE, 6000, UDP)).isNotEqualTo(Mappings.NONE);
        after.sweep(100 + 2 * REST + 1, MOST);
        assertThat(after.size()).isZero();
    }

    @Test
    void whatHasRestedIsDamagedElsewhereOrAtSomebodyElsesPortIsFree() {
        before.leave(enter(before, 1, 5000), 0);
        enter(before, 2, 6000);
        int damaged = enter(before, 3, 7000);
        before.enter(from(4, 8000), 0, OUTSIDE + 1);
        enter(before, 5, 9000);
        memory.putByte(Mappings.at(damaged) + Mappings.OUTSIDE_PORT, (byte) 1);
        var after = over();
        after.ports(0, OUTSIDE, UDP).reserve(9000, true);
        after.recover((high, low) -> low == OUTSIDE, REST + 1);
        assertThat(after.size()).isEqualTo(1);
        assertThat(after.find(0, OUTSIDE, 6000, UDP)).isNotEqualTo(Mappings.NONE);
        for (int host = 10; host < 10 + MOST - 1; host++) {
            assertThat(enter(after, host, 5000)).isNotEqualTo(Mappings.NONE);
        }
        assertThat(enter(after, 9999, 5000)).as("it is full").isEqualTo(Mappings.NONE);
    }

    @Test
    void aRecoveryThatWasInterruptedCanBeDoneAgain() {
        enter(before, 1, 5000);
        after(10_000_000);
        assertThat(after(10_000_000 + 5).size()).isEqualTo(1);
    }
}
