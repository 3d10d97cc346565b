package io.millrace.dataplane.l2;

import io.millrace.dataplane.graph.PortCounters;

/**
 * How many frames a port may bring in that are flooded: broadcast, multicast and for addresses nobody knows. A bucket of
 * {@link #BURST} seconds' worth that fills at the rate; an honest burst passes whole, a loop is slowed down. One port of
 * a switch has one, whatever number of VLANs it is in. One thread.
 */
public final class StormCap {
    /** The cap of a port on a real link about which nothing else is said, in frames a second. */
    public static final int DEFAULT = 10_000;

    /** The highest rate, in frames a second. */
    public static final int HIGHEST = 100_000_000;

    /** How much the bucket holds, in seconds of the rate. */
    public static final int BURST = 4;

    private static final long SECOND = 1_000_000_000;

    private final int rate;
    private final long interval;
    private final long tolerance;
    private final PortCounters counters;
    private long due = Long.MIN_VALUE;
    private long saidAt = Long.MIN_VALUE;

    /**
     * A full bucket.
     *
     * @param rate frames a second, 1 to {@link #HIGHEST}
     * @param counters the port's, where what is over is counted
     */
    public StormCap(int rate, PortCounters counters) {
        if (rate < 1 || rate > HIGHEST) {
            throw new IllegalArgumentException("a storm cap of " + rate + " frames a second; from 1 to " + HIGHEST);
        }
        this.rate = rate;
        this.counters = counters;
        this.interval = SECOND / rate;
        this.tolerance = BURST * SECOND - interval;
    }

    /** Frames a second. */
    public int rate() {
        return rate;
    }

    /**
     * Whether one more frame may be flooded; if not, it is counted. The generic cell rate algorithm: each frame is due an
     * interval after the one before, and may come early by what the bucket holds.
     *
     * @param now ns of the worker's clock
     */
    boolean admits(long now) {
        long at = Math.max(due, now);
        if (at - now > tolerance) {
            counters.stormDrop();
            return false;
        }
        due = at + interval;
        return true;
    }

    /** Whether it is a second or more since this was asked and was so: news that is worth an alarm. */
    boolean isNews(long now) {
        if (saidAt != Long.MIN_VALUE && now - saidAt < SECOND) {
            return false;
        }
        saidAt = now;
        return true;
    }
}
