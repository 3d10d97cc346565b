package io.millrace.dataplane.graph;

import java.util.concurrent.atomic.AtomicLong;

/** What came in and went out by one port. Written by the worker's thread once a batch, read by any. */
public final class PortCounters {
    private final AtomicLong rxFrames = new AtomicLong();
    private final AtomicLong rxBytes = new AtomicLong();
    private final AtomicLong txFrames = new AtomicLong();
    private final AtomicLong txBytes = new AtomicLong();
    private final AtomicLong stormDrops = new AtomicLong();

    public void received(long frames, long bytes) {
        add(rxFrames, frames);
        add(rxBytes, bytes);
    }

    public void transmitted(long frames, long bytes) {
        add(txFrames, frames);
        add(txBytes, bytes);
    }

    /** One more frame that the port's storm cap did not let be flooded; the switch counts the drop, too. */
    public void stormDrop() {
        add(stormDrops, 1);
    }

    public long stormDrops() {
        return stormDrops.getOpaque();
    }

    public long rxFrames() {
        return rxFrames.getOpaque();
    }

    public long rxBytes() {
        return rxBytes.getOpaque();
    }

    public long txFrames() {
        return txFrames.getOpaque();
    }

    public long txBytes() {
        return txBytes.getOpaque();
    }

    private static void add(AtomicLong counter, long n) {
        counter.setOpaque(counter.getPlain() + n); // one writer: no atomic addition is needed
    }
}
