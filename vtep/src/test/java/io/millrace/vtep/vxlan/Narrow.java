package io.millrace.vtep.vxlan;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;

/** A port with an MTU around one without. */
record Narrow(Port inner, int mtu) implements Port {
    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        return inner.receive(into, pool, atMost);
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return inner.transmit(from, pool);
    }
}
