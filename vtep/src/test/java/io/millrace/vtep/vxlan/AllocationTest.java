package io.millrace.vtep.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.vtep.network.Network.Vtep.Checksum;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.function.LongConsumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A frame's way through a bridge, a tunnel, out of the tunnel and through the bridge there allocates nothing. */
class AllocationTest {
    private static final int ROUNDS = 5;
    private static final int BATCH = 200;
    private static final long MILLISECOND = 1_000_000;

    /** The two ways there are through the code, and the sums. */
    enum Kind {
        PLAIN(500),
        WITH_CHECKSUM(50),
        OVER_IPV6(50);

        private final int turns;

        Kind(int turns) {
            this.turns = turns;
        }
    }

    private static OverlayLab host(Kind kind, boolean sender) {
        boolean v6 = kind == Kind.OVER_IPV6;
        var here = v6 ? "2001:db8::b" : "192.0.2.11";
        var there = v6 ? "2001:db8::c" : "192.0.2.12";
        var peer = sender ? there : here;
        var mac = sender ? OverlayLab.MAC : "02:aa:00:00:00:0c";
        var web = new TestOverlay("web", 42).ports("a").peers(peer);
        return new OverlayLab(
                (sender ? here : there) + (v6 ? "/64" : "/24"),
                mac,
                Map.of(peer, sender ? "02:aa:00:00:00:0c" : OverlayLab.MAC),
                port -> port,
                kind == Kind.WITH_CHECKSUM ? web.checksum(Checksum.FULL) : web);
    }

    @ParameterizedTest
    @EnumSource
    void framesThereAndBackAllocateNothingAMillionOfThemOnThePlainWay(Kind kind) {
        try (var one = host(kind, true);
                var other = host(kind, false)) {
            byte[] there = new Inner(false, false, 100).finished();
            byte[] back = there.clone();
            System.arraycopy(there, 0, back, 6, 6);
            System.arraycopy(there, 6, back, 0, 6);
            other.given("a", back).clear(); // floods once, so that both are known
            one.given("a", there).clear();
            var forth = new Cables(one, other);
            var home = new Cables(other, one);
            for (int i = 0; i < 20; i++) {
                forth.turn(there);
                home.turn(back);
            }
            var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            long allocated = 0;
            for (int round = 0; round < ROUNDS; round++) {
                long before = thread.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < kind.turns; i++) {
                    forth.turn(there);
                    home.turn(back);
                }
                allocated = thread.getCurrentThreadAllocatedBytes() - before;
            }
            assertThat(forth.arrived).isEqualTo((20L + ROUNDS * kind.turns) * BATCH);
            assertThat(home.arrived).isEqualTo(forth.arrived);
            assertThat(allocated)
                    .as("bytes in the last of %d rounds, of %d frames", ROUNDS, 2 * kind.turns * BATCH)
                    .isLessThan(1000);
        }
    }

    /** Carries frames from the container of one host to that of the other, by hand, and without allocating. */
    private static final class Cables {
        private final OverlayLab from;
        private final OverlayLab to;
        private final LongConsumer across = this::carry;
        private final LongConsumer count = this::count;
        private long arrived;

        Cables(OverlayLab from, OverlayLab to) {
            this.from = from;
            this.to = to;
        }

        void turn(byte[] frame) {
            for (int i = 0; i < BATCH; i++) {
                long in = from.pool.allocate(frame.length);
                from.pool.buffer().putBytes(Frame.head(in), frame);
                from.end("a").put(in);
            }
            from.later(MILLISECOND).turn();
            from.end(OverlayLab.UNDERLAY).takeAll(across);
            to.later(MILLISECOND).turn();
            to.end("a").takeAll(count);
        }

        private void carry(long packet) {
            int length = Frame.length(packet);
            long in = to.pool.allocate(length);
            to.pool.buffer().putBytes(Frame.head(in), from.pool.buffer(), Frame.head(packet), length);
            from.pool.free(packet);
            to.end(OverlayLab.UNDERLAY).put(in);
        }

        private void count(long frame) {
            arrived++;
            to.pool.free(frame);
        }
    }
}
