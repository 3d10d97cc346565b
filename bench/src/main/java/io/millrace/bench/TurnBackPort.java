package io.millrace.bench;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.port.MemoryPort;

/** What leaves here goes back to where it began, as it was then: without the bytes put in front of it, or with those taken off. */
final class TurnBackPort implements Port {
    private final String name;
    private final MemoryPort beginning;
    private final int inFront;

    /**
     * @param beginning the far end of the cable by which the frames came in
     * @param inFront bytes that were put in front of each; negative: taken off, and still lying there
     */
    TurnBackPort(String name, MemoryPort beginning, int inFront) {
        this.name = name;
        this.beginning = beginning;
        this.inFront = inFront;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        return 0;
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        int n = from.size();
        for (int i = 0; i < n; i++) {
            long frame = from.poll();
            beginning.put(inFront < 0 ? Frame.push(frame, -inFront) : Frame.pull(frame, inFront));
        }
        return n;
    }
}
