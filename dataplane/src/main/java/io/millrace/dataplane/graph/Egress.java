package io.millrace.dataplane.graph;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.VlanTag;
import io.millrace.dataplane.frame.Frame;

/**
 * The way out: hands a turn's frames to a port in one batch, and counts. What is too long for the port, or what the port
 * did not take, is dropped here.
 */
public final class Egress extends Node {
    private static final int LEFT = 0;

    private final Port port;
    private final int mtu;
    private final PortCounters counters;
    private final EthernetHeader ethernet = new EthernetHeader();

    /** As long frames as the port itself takes. */
    public Egress(Graph graph, Port port) {
        this(graph, port, Port.NO_MTU);
    }

    /** @param mtu the longest packet, in bytes, where the network allows less than the port; see {@link Port#mtu} */
    public Egress(Graph graph, Port port, int mtu) {
        super("port." + port.name(), graph);
        this.port = port;
        this.mtu = mtu;
        this.counters = graph.counters().port(port.name());
    }

    public Port port() {
        return port;
    }

    @Override
    public void process(Link in) {
        if (!port.isUp()) {
            dropAll(in, Drop.PORT_DOWN);
            return;
        }
        int longest = Math.min(mtu, port.mtu());
        if (longest != Port.NO_MTU) {
            dropTooLong(in, longest + EthernetHeader.LENGTH);
        }
        if (graph().witness() != null) {
            tellWitness(in);
        }
        long bytes = bytesIn(in);
        int sent = port.transmit(in, pool());
        if (in.size() > 0) {
            bytes -= bytesIn(in);
            dropAll(in, Drop.PORT_FULL);
        }
        counters.transmitted(sent, bytes);
    }

    @Override
    public String leadsTo() {
        return port.name();
    }

    @Override
    public String explain(int decision, long frame) {
        return "left by port " + port.name();
    }

    private static long bytesIn(Link in) {
        long bytes = 0;
        for (int i = 0, n = in.size(); i < n; i++) {
            bytes += Frame.length(in.peek(i));
        }
        return bytes;
    }

    private void dropTooLong(Link in, int limit) {
        int kept = 0;
        for (int i = 0, n = in.size(); i < n; i++) {
            long frame = in.peek(i);
            if (pool().originalLength(frame) > limit && isTooLong(frame, limit)) {
                drop(frame, Drop.EXCEEDS_MTU);
            } else {
                in.replace(kept++, frame);
            }
        }
        in.truncate(kept);
    }

    private boolean isTooLong(long frame, int limit) {
        if (Frame.isOffloaded(frame)) {
            return false; // a segment that is carried whole is cut to the MTU by whoever sends it
        }
        boolean tagged = ethernet.wrap(pool().buffer(), Frame.head(frame)).type() == EtherType.VLAN;
        return pool().originalLength(frame) > (tagged ? limit + VlanTag.LENGTH : limit);
    }

    private void tellWitness(Link in) {
        var witness = graph().witness();
        for (int i = 0, n = in.size(); witness != null && i < n; i++) {
            witness.decided(this, in.peek(i), LEFT);
        }
    }
}
