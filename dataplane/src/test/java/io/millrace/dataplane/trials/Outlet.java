package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import java.util.HashMap;
import java.util.Map;

/** The one way out of all ports of a switch that lead to other hosts: sends each frame on by the number it is stamped with. */
final class Outlet extends Node {
    private final Map<Integer, Link> ways = new HashMap<>();

    Outlet(String name, Graph graph) {
        super(name, graph);
    }

    void add(int number, Link way) {
        ways.put(number, way);
    }

    @Override
    public void process(Link in) {
        while (in.size() > 0) {
            long frame = in.poll();
            var way = ways.get(Frame.ingress(frame));
            if (way == null) {
                drop(frame, Drop.UNKNOWN_PORT);
            } else {
                send(way, frame);
            }
        }
    }

    @Override
    public String explain(int decision, long frame) {
        return "";
    }
}
