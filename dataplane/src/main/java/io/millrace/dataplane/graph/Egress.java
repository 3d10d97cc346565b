package io.millrace.dataplane.graph;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.VlanTag;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.frame.Segmenter;

/**
 * The way out: hands a turn's frames to a port in one batch, and counts. What is too long for the port, or what the port
 * did not take, is dropped here; what its sender left to a network card is done here, unless the port
 * {@linkplain Port#takesOffloads passes it on}.
 */
public final class Egress extends Node {
    private static final int LEFT = 0;

    /** How many frames at most are cut before the port gets them: few enough to be in the cache still. */
    private static final int GO = 256;

    private final Port port;
    private final int mtu;
    private final PortCounters counters;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Segmenter segmenter;
    private final Link plain;

    /** All frames of the last {@link #bytesIn}, or-ed: what none of them is marked with, this is not either. */
    private long marks;

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
        this.segmenter = new Segmenter(graph.pool());
        this.plain = Link.loose(graph, this);
    }

    public Port port() {
        return port;
    }

    /** The longest packet that leaves here at present, in bytes: what the port takes, or less where the network allows less. */
    public int mtu() {
        return Math.min(mtu, port.mtu());
    }

    @Override
    public void process(Link in) {
        if (!port.isUp()) {
            dropAll(in, Drop.PORT_DOWN);
            return;
        }
        int longest = mtu();
        if (longest != Port.NO_MTU) {
            dropTooLong(in, longest + EthernetHeader.LENGTH);
        }
        if (graph().witness() != null) {
            tellWitness(in);
        }
        long bytes = bytesIn(in);
        if (Frame.isOffloaded(marks) && !port.takesOffloads()) {
            transmitPlain(in);
        } else {
            transmit(in, bytes);
        }
    }

    /** Says whether the port took all. */
    private boolean transmit(Link frames, long bytes) {
        int sent = port.transmit(frames, pool());
        if (frames.size() == 0) {
            counters.transmitted(sent, bytes);
            return true;
        }
        counters.transmitted(sent, bytes - bytesIn(frames));
        if (port.mtu() != Port.NO_MTU) {
            dropTooLong(frames, port.mtu() + EthernetHeader.LENGTH); // a port may have learned that only now
        }
        dropAll(frames, Drop.PORT_FULL);
        return false;
    }

    /**
     * Finishes and cuts what needs it, in order, and transmits in several goes: a turn's frames may become more than a
     * link holds. Once the port is full the rest is dropped as it is.
     */
    private void transmitPlain(Link in) {
        boolean taking = true;
        while (taking && in.size() > 0) {
            long frame = in.poll();
            if (!Frame.isOffloaded(frame)) {
                taking = add(frame);
            } else if (!segmenter.wrap(frame)) {
                drop(frame, Drop.OFFLOAD_SENSELESS);
            } else if (segmenter.isWhole()) {
                taking = add(segmenter.finish());
            } else {
                taking = cut(frame);
            }
        }
        if (taking) {
            flush();
        }
        dropAll(in, Drop.PORT_FULL);
    }

    /** Cuts the frame that the segmenter holds. The segments count as copies of it, all but one, made or not. */
    private boolean cut(long frame) {
        graph().counters().copied(segmenter.left() - 1);
        boolean taking = true;
        while (taking && segmenter.left() > 0) {
            long segment = segmenter.next();
            if (segment != Frame.NONE) {
                taking = add(segment);
            } else if (plain.size() > 0) {
                taking = flush(); // those that have left may have made room
            } else {
                break;
            }
        }
        dropUnmade(frame, segmenter.left(), taking ? Drop.POOL_EMPTY : Drop.PORT_FULL);
        pool().free(frame);
        return taking;
    }

    private boolean add(long frame) {
        boolean added = plain.offer(frame);
        assert added : "a go is longer than a link";
        return plain.size() < GO || flush();
    }

    private boolean flush() {
        if (plain.size() == 0) {
            return true;
        }
        boolean all = transmit(plain, bytesIn(plain));
        plain.settle();
        return all;
    }

    @Override
    public String leadsTo() {
        return port.name();
    }

    @Override
    public String explain(int decision, long frame) {
        return "left by port " + port.name();
    }

    private long bytesIn(Link in) {
        long bytes = 0;
        long seen = 0;
        for (int i = 0, n = in.size(); i < n; i++) {
            long frame = in.peek(i);
            bytes += Frame.length(frame);
            seen |= frame;
        }
        marks = seen;
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
        boolean tagged = ethernet.wrap(pool().buffer(), Frame.head(frame)).type() == EtherType.VLAN;
        return longest(frame) > (tagged ? limit + VlanTag.LENGTH : limit);
    }

    /** In bytes: the frame's length, or that of the segments it stands for, whoever cuts it. */
    private int longest(long frame) {
        boolean segmented = Offload.isSegmented(pool().offload(frame)) && segmenter.wrap(frame);
        return segmented ? segmenter.longest() : pool().originalLength(frame);
    }

    private void tellWitness(Link in) {
        var witness = graph().witness();
        for (int i = 0, n = in.size(); witness != null && i < n; i++) {
            witness.decided(this, in.peek(i), LEFT);
        }
    }
}
