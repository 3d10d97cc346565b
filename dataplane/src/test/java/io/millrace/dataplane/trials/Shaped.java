package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;

/**
 * A port around a port that has an MTU and may be down.
 *
 * @param mtu in bytes
 */
public record Shaped(Port inner, int mtu, boolean isUp) implements Port {
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

    @Override
    public int held() {
        return inner.held();
    }
}
