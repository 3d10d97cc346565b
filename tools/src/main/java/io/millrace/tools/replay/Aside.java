package io.millrace.tools.replay;

import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;

/** Where frames end that were not asked for: they are counted, and nobody calls that a drop. */
final class Aside extends Node {
    private final String why;
    private long frames;

    /** @param why what a trace says about each */
    Aside(String name, Graph graph, String why) {
        super(name, graph);
        this.why = why;
    }

    @Override
    public void process(Link in) {
        frames += in.size();
        var witness = graph().witness();
        while (in.size() > 0) {
            long frame = in.poll();
            if (witness != null) {
                witness.decided(this, frame, 0);
            }
            consume(frame);
        }
    }

    @Override
    public String explain(int decision, long frame) {
        return why;
    }

    long frames() {
        return frames;
    }
}
