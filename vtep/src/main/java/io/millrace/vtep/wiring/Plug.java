package io.millrace.vtep.wiring;

import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;

/**
 * A port in its socket: the way its frames take into the switch. Whoever feeds frames by hand stamps them with
 * {@code number} and sends them to {@code into}; all ports of a switch share that link, so their frames keep the order
 * they came in.
 *
 * @param port what is plugged in
 * @param network the network's name
 * @param into leads into the switch
 * @param number the port's number on the switch
 */
public record Plug(Port port, String network, Link into, int number) {
    /** A way in that polls the port. */
    public Ingress ingress(Graph graph) {
        return new Ingress(graph, port, into, number);
    }
}
