package io.millrace.dataplane.graph;

import java.util.concurrent.atomic.AtomicLongArray;

/** How many frames one node dropped, by reason. Written by the worker's thread, read by any. */
public final class DropCounters {
    private static final Drop[] REASONS = Drop.values();

    private final AtomicLongArray frames = new AtomicLongArray(REASONS.length);

    void add(Drop why) {
        int i = why.ordinal();
        frames.setOpaque(i, frames.getPlain(i) + 1); // one writer: no atomic addition is needed
    }

    public long frames(Drop why) {
        return frames.getOpaque(why.ordinal());
    }

    public long total() {
        long sum = 0;
        for (var why : REASONS) {
            sum += frames(why);
        }
        return sum;
    }
}
