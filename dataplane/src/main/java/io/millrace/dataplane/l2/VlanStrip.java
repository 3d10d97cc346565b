package io.millrace.dataplane.l2;

import io.millrace.codec.EthernetHeader;
import io.millrace.codec.VlanTag;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * In front of a port that is an untagged member of a VLAN: removes the one tag that {@link VlanFilter} made sure of. IEEE
 * 802.1Q-2018 clause 8.6.4 and 9.6.
 */
public final class VlanStrip extends Node {
    private static final int STRIPPED = 0;

    private final Link out;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();

    /** @param out leads to where the port's frames leave */
    public VlanStrip(String name, Graph graph, Link out) {
        super(name, graph);
        this.out = out;
        this.bytes = graph.pool().buffer();
    }

    @Override
    public void process(Link in) {
        for (int left = in.size(); left > 0; left--) {
            send(out, strip(in.poll()));
        }
    }

    private long strip(long frame) {
        var witness = graph().witness();
        if (witness != null) {
            witness.decided(this, frame, STRIPPED);
        }
        ethernet.wrap(bytes, Frame.head(frame));
        long destination = ethernet.destination();
        long source = ethernet.source();
        long shorter = Frame.pull(frame, VlanTag.LENGTH);
        ethernet.wrap(bytes, Frame.head(shorter)).destination(destination).source(source);
        pool().shifted(shorter, -VlanTag.LENGTH);
        return shorter;
    }

    @Override
    public String leadsTo() {
        return out.to().leadsTo();
    }

    @Override
    public String explain(int decision, long frame) {
        return "the port is an untagged member: tag removed";
    }
}
