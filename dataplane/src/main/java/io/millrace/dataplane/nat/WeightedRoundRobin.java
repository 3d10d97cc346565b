package io.millrace.dataplane.nat;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rounds over the backends, in the order of the list. The first rounds are for the heaviest only, then the level sinks by
 * the weights' greatest common divisor, and those that weigh at least as much as the level take part: weights 4, 3, 2 give
 * AABABCABC. That is {@code ip_vs_wrr_schedule} of net/netfilter/ipvs/ip_vs_wrr.c; but those that take part are kept, not
 * looked for each time, so that one heavy among a thousand light ones costs no walk over the light ones.
 */
final class WeightedRoundRobin extends Choice {
    private Backend[] backends = {};

    /** Weight (upper half, complemented) and place in {@link #backends}: the heaviest first, else in the list's order. */
    private long[] byWeight = {};

    /** Who takes part at this level: the first so many of {@link #byWeight}, by their places, ascending. */
    private int[] round = {};

    private int inRound;
    private int next;
    private int level;
    private int step;

    @Override
    @Nullable
    Backend next(long hash) {
        if (next == inRound) {
            sink();
        }
        return backends[round[next++]];
    }

    @Override
    void changed(List<Backend> now) {
        backends = Backend.taking(now);
        byWeight = new long[backends.length];
        round = new int[backends.length];
        step = 0;
        for (int i = 0; i < backends.length; i++) {
            byWeight[i] = (long) ~backends[i].share() << Integer.SIZE | i;
            step = gcd(backends[i].share(), step);
        }
        Arrays.sort(byWeight);
        inRound = 0;
        next = 0;
        level = 0;
    }

    private void sink() {
        next = 0;
        level -= step;
        if (level <= 0) {
            level = weight(0);
            inRound = 0;
        }
        int more = inRound;
        while (more < byWeight.length && weight(more) >= level) {
            more++;
        }
        join(more);
    }

    /** Those of {@link #byWeight} up to {@code more} join the round: both are ascending, the last places are known first. */
    private void join(int more) {
        int old = inRound - 1;
        int young = more - 1;
        for (int to = more - 1; young >= inRound; to--) {
            int place = (int) byWeight[young];
            if (old >= 0 && round[old] > place) {
                round[to] = round[old--];
            } else {
                round[to] = place;
                young--;
            }
        }
        inRound = more;
    }

    private int weight(int i) {
        return ~(int) (byWeight[i] >> Integer.SIZE);
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
