package io.millrace.dataplane.graph;

import io.millrace.dataplane.frame.Frame;

/** The way in: polls a port, counts what came, and stamps each frame with the port's number on its switch. */
public final class Ingress {
    private final Port port;
    private final Link into;
    private final int number;
    private final PortCounters counters;
    private final Graph graph;

    /** @param number the port's number on the switch that {@code into} leads to */
    public Ingress(Graph graph, Port port, Link into, int number) {
        this.graph = graph;
        this.port = port;
        this.into = into;
        this.number = number;
        this.counters = graph.counters().port(port.name());
    }

    public Port port() {
        return port;
    }

    /** Receives at most {@code atMost} frames; returns how many came. */
    public int poll(int atMost) {
        int before = into.size();
        int came = port.receive(into, graph.pool(), Math.min(atMost, into.room()));
        if (came == 0) {
            return 0;
        }
        long bytes = 0;
        for (int i = before; i < before + came; i++) {
            long frame = into.peek(i);
            bytes += Frame.length(frame);
            into.replace(i, Frame.from(frame, number));
        }
        counters.received(came, bytes);
        return came;
    }
}
