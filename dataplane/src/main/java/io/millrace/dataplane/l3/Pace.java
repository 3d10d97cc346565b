package io.millrace.dataplane.l3;

/**
 * So many a second and no more, some of them at once: the generic cell rate algorithm. Each is due an interval after the
 * one before, and may come early by what the burst allows. Times in ns of the worker's clock; one thread.
 */
final class Pace {
    private static final long SECOND = 1_000_000_000L;

    private final long interval;
    private final long early;
    private long due = Long.MIN_VALUE;

    /** @param burst how many may come at once, from 1 */
    Pace(int rate, int burst) {
        interval = SECOND / rate;
        early = (burst - 1) * interval;
    }

    /** Whether one more may come now; then it counts as come. */
    boolean admits(long now) {
        long at = Math.max(due, now);
        if (at - now > early) {
            return false;
        }
        due = at + interval;
        return true;
    }
}
