package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.port.FaultPort.Faults;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Faults happen as often as they are asked for, are counted exactly, and are the same for the same seed. */
class FaultPortTest {
    private static final int FRAMES = 20_000;

    /** What came out: each frame's number and whether it is as it was. */
    private record Out(List<Integer> numbers, int damaged, FaultPort port, long held) {}

    private static final class Sink extends Node {
        Sink(Graph graph) {
            super("sink", graph);
        }

        @Override
        public void process(Link in) {
            throw new IllegalStateException("never run");
        }

        @Override
        public String explain(int decision, long frame) {
            return "";
        }
    }

    /** Sends numbered frames through a faulty port, some each time, and takes what comes. */
    private static Out run(Faults faults, long seed, int frames, int atMost) {
        var pool = new FramePool(3000, 0);
        var link = new Graph(pool, new Counters()).linkTo(new Sink(new Graph(pool, new Counters())));
        var cable = MemoryPort.cable("near", "far", 512);
        var port = new FaultPort(cable.near(), faults, seed);
        var chunks = new SplittableRandom(seed);
        var numbers = new ArrayList<Integer>();
        int given = 0;
        int damaged = 0;
        int idle = 0;
        while (idle < 8) {
            for (int n = chunks.nextInt(20); n > 0 && given < frames; n--) {
                assertThat(cable.far().put(frame(given++), pool)).isTrue();
            }
            int came = port.receive(link, pool, atMost);
            assertThat(came).isEqualTo(link.size()).isLessThanOrEqualTo(atMost);
            idle = came == 0 && given == frames && cable.near().held() == 0 ? idle + 1 : 0;
            while (link.size() > 0) {
                long frame = link.poll();
                byte[] bytes = new byte[Frame.length(frame)];
                pool.buffer().getBytes(Frame.head(frame), bytes);
                int number = number(bytes);
                damaged += number < 0 ? 1 : 0;
                numbers.add(number);
                pool.free(frame);
            }
            link.truncate(0);
            assertThat(given)
                    .as("given = came + lost - duplicated + held, seed %d", seed)
                    .isEqualTo((int) (numbers.size() + port.lost() - port.duplicated() + port.held()));
            assertThat(pool.inUse()).isEqualTo(port.held());
        }
        return new Out(numbers, damaged, port, port.held());
    }

    /** The number five times over, so that any one bit turned over shows. */
    private static byte[] frame(int number) {
        byte[] bytes = new byte[60];
        for (int i = 0; i < 20; i++) {
            bytes[3 * i] = (byte) number;
            bytes[3 * i + 1] = (byte) (number >> 8);
            bytes[3 * i + 2] = (byte) (number >> 16);
        }
        return bytes;
    }

    private static int number(byte[] bytes) {
        for (int i = 3; i < bytes.length; i++) {
            if (bytes[i] != bytes[i % 3]) {
                return -1;
            }
        }
        return (bytes[0] & 0xFF) | (bytes[1] & 0xFF) << 8 | (bytes[2] & 0xFF) << 16;
    }

    private static void assertAbout(long found, double probability, long of) {
        double expected = probability * of;
        double deviation = Math.sqrt(of * probability * (1 - probability));
        assertThat((double) found).isBetween(expected - 5 * deviation, expected + 5 * deviation);
    }

    @Test
    void withoutFaultsEverythingComesInOrder() {
        var out = run(new Faults(0, 0, 0, 0), 1, FRAMES, 256);
        assertThat(out.numbers).hasSize(FRAMES).isSorted();
        assertThat(out.damaged).isZero();
    }

    @Test
    void eachFaultHappensAsOftenAsAskedFor() {
        for (double p : new double[] {0.01, 0.2, 0.7}) {
            var lossy = run(new Faults(p, 0, 0, 0), 2, FRAMES, 256);
            assertAbout(lossy.port.lost(), p, FRAMES);
            assertThat(lossy.numbers).hasSize(FRAMES - (int) lossy.port.lost()).isSorted();

            var twice = run(new Faults(0, p, 0, 0), 3, FRAMES, 256);
            assertAbout(twice.port.duplicated(), p, FRAMES);
            assertThat(twice.numbers).hasSize(FRAMES + (int) twice.port.duplicated());

            var damaging = run(new Faults(0, 0, p, 0), 4, FRAMES, 256);
            assertAbout(damaging.port.corrupted(), p, FRAMES);
            assertThat(damaging.damaged).isEqualTo((int) damaging.port.corrupted());

            var shuffling = run(new Faults(0, 0, 0, p), 5, FRAMES, 256);
            assertThat(shuffling.numbers).hasSize(FRAMES).doesNotHaveDuplicates();
            assertThat(shuffling.port.reordered()).isPositive();
            assertThat(shuffling.numbers)
                    .isNotEqualTo(shuffling.numbers.stream().sorted().toList());
        }
        assertAbout(run(new Faults(0, 0, 0, 0.1), 6, FRAMES, 256).port.reordered(), 0.1, FRAMES);
    }

    @Test
    void whatIsHeldBackMayBeDamagedAndDoubledToo() {
        double p = 0.3;
        var out = run(new Faults(p, p, p, p), 7, FRAMES, 256);
        long survived = FRAMES - out.port.lost();
        assertAbout(out.port.lost(), p, FRAMES);
        assertAbout(out.port.corrupted(), p, survived);
        assertAbout(out.port.duplicated(), p, survived);
        assertThat(out.held).as("nothing is held for ever").isZero();
    }

    @Test
    void everythingOrNothing() {
        assertThat(run(new Faults(1, 1, 1, 1), 8, 1000, 256).numbers).isEmpty();
        var all = run(new Faults(0, 1, 1, 0), 9, 1000, 256);
        assertThat(all.numbers).hasSize(2000);
        assertThat(all.damaged).isEqualTo(2000);
        assertThat(run(new Faults(0, 0, 0, 1), 10, 1000, 256).numbers).hasSize(1000);
    }

    @Test
    void aSmallBatchIsNeverExceeded() {
        for (int atMost = 1; atMost < 10; atMost++) {
            var out = run(new Faults(0.1, 0.5, 0.1, 0.5), atMost, 500, atMost);
            assertThat(out.held).isZero();
        }
    }

    @Test
    void theSameSeedMakesTheSameFaults() {
        var faults = new Faults(0.1, 0.1, 0.1, 0.1);
        var runs = new HashMap<Long, List<Integer>>();
        for (long seed = 1; seed <= 5; seed++) {
            runs.put(seed, run(faults, seed, 2000, 256).numbers);
            assertThat(run(faults, seed, 2000, 256).numbers).isEqualTo(runs.get(seed));
        }
        assertThat(runs.values()).doesNotHaveDuplicates();
    }

    @Test
    void whatIsNoProbabilityIsRefused() {
        assertThatThrownBy(() -> new Faults(-0.1, 0, 0, 0)).hasMessageContaining("from 0 to 1");
        assertThatThrownBy(() -> new Faults(0, 1.1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Faults(0, 0, Double.NaN, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
