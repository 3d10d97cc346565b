package io.millrace.bench;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;

/** Receives as one port does, transmits as another. */
record Speaking(Port mouth, Port ear) implements Port {
    @Override
    public String name() {
        return mouth.name();
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        return ear.receive(into, pool, atMost);
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return mouth.transmit(from, pool);
    }
}
