package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;

/** A cable from one switch to another inside a graph: what leaves here has come in by a port of the other. */
final class Patch extends Node {
    private final Link into;
    private final int number;

    Patch(String name, Graph graph, Link into, int number) {
        super(name, graph);
        this.into = into;
        this.number = number;
    }

    @Override
    public void process(Link in) {
        for (int left = in.size(); left > 0; left--) {
            send(into, Frame.from(in.poll(), number));
        }
    }

    @Override
    public String explain(int decision, long frame) {
        return "on to port " + number;
    }
}
