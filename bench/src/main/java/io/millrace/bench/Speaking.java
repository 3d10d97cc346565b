package io.millrace.bench;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.port.PortAround;

/** A port that receives as another does. */
record Speaking(Port inner, Port ear) implements PortAround {
    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        return ear.receive(into, pool, atMost);
    }
}
