package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;

/** A port with nothing behind it: takes every frame, gives none. Its frames are counted as any port's are. */
public record NowherePort(String name) implements Port {
    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        return 0;
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return from.freeAll(pool);
    }

    @Override
    public void close() {}
}
