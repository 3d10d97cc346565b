package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import java.util.SplittableRandom;

/**
 * A port around a port that loses, duplicates, corrupts and reorders what comes in by it, as a seed decides: the same
 * seed and the same frames give the same faults. What it does is counted here; frames that wait to be overtaken are
 * {@linkplain #held held}.
 */
public final class FaultPort implements PortAround {
    /**
     * What goes wrong, each as a probability from 0 to 1, judged for each frame.
     *
     * @param loss the frame is gone
     * @param duplication it comes twice
     * @param corruption one bit of it is turned over
     * @param reordering later frames overtake it
     */
    public record Faults(double loss, double duplication, double corruption, double reordering) {
        public Faults {
            if (!isProbability(loss)
                    || !isProbability(duplication)
                    || !isProbability(corruption)
                    || !isProbability(reordering)) {
                throw new IllegalArgumentException("a fault's probability is from 0 to 1");
            }
        }

        private static boolean isProbability(double p) {
            return p >= 0 && p <= 1;
        }
    }

    /** How many receptions a frame waits at most to be overtaken. */
    private static final int LONGEST_WAIT = 4;

    private static final int WAITING_ROOM = 64;

    private final Port inner;
    private final Faults faults;
    private final SplittableRandom random;
    private final long[] waiting = new long[WAITING_ROOM];
    private final int[] receptionsLeft = new int[WAITING_ROOM];
    private int waits;
    private long lost;
    private long duplicated;
    private long corrupted;
    private long reordered;

    public FaultPort(Port inner, Faults faults, long seed) {
        this.inner = inner;
        this.faults = faults;
        this.random = new SplittableRandom(seed);
    }

    @Override
    public Port inner() {
        return inner;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        int before = into.size();
        int came = inner.receive(into, pool, Math.min(atMost, Math.max(1, atMost / 2))); // the rest is for duplicates
        int kept = before;
        for (int i = before; i < before + came; i++) {
            long frame = into.peek(i);
            if (random.nextDouble() < faults.loss) {
                pool.free(frame);
                lost++;
                continue;
            }
            corruptSometimes(frame, pool);
            if (waits < WAITING_ROOM && random.nextDouble() < faults.reordering) {
                hold(frame);
            } else {
                into.replace(kept++, frame);
            }
        }
        into.truncate(kept);
        for (int i = before; i < kept && into.size() - before < atMost; i++) {
            duplicateSometimes(into.peek(i), into, pool);
        }
        release(into, pool, before + atMost);
        return into.size() - before;
    }

    private void hold(long frame) {
        waiting[waits] = frame;
        receptionsLeft[waits++] = 1 + random.nextInt(LONGEST_WAIT);
        reordered++;
    }

    /** Lets go those whose time has come, until the link holds {@code full} frames. */
    private void release(Link into, FramePool pool, int full) {
        int kept = 0;
        for (int i = 0; i < waits; i++) {
            if (--receptionsLeft[i] <= 0 && into.size() < full && into.offer(waiting[i])) {
                if (into.size() < full) {
                    duplicateSometimes(waiting[i], into, pool);
                }
            } else {
                waiting[kept] = waiting[i];
                receptionsLeft[kept++] = receptionsLeft[i];
            }
        }
        waits = kept;
    }

    private void corruptSometimes(long frame, FramePool pool) {
        if (Frame.length(frame) > 0 && random.nextDouble() < faults.corruption) {
            int at = Frame.head(frame) + random.nextInt(Frame.length(frame));
            pool.buffer().putByte(at, (byte) (pool.buffer().getByte(at) ^ 1 << random.nextInt(8)));
            corrupted++;
        }
    }

    private void duplicateSometimes(long frame, Link into, FramePool pool) {
        if (random.nextDouble() >= faults.duplication) {
            return;
        }
        long copy = pool.copy(frame);
        if (copy == Frame.NONE) {
            return;
        }
        if (into.offer(copy)) {
            duplicated++;
        } else {
            pool.free(copy);
        }
    }

    @Override
    public int held() {
        return inner.held() + waits;
    }

    public long lost() {
        return lost;
    }

    public long duplicated() {
        return duplicated;
    }

    public long corrupted() {
        return corrupted;
    }

    public long reordered() {
        return reordered;
    }
}
