package io.millrace.vtep.vxlan;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.frame.Segmenter;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The way out of all tunnels, RFC 7348 section 4: every frame of the underlay port comes here first. A VXLAN packet for
 * this host, from a peer, loses its outer headers and goes on to its overlay's switch, stamped with the number of that
 * peer's port. What is for another UDP port, or no UDP at all, is left to {@link io.millrace.dataplane.l3.IpNode}.
 *
 * <p>Only what belongs comes in: all else is dropped by name before any table is touched.
 */
public final class Decapsulation extends Node {
    /** How many frames' headers are fetched ahead: few enough to be in the cache still when their turn comes. */
    private static final int AHEAD = 64;

    private final Tunnels tunnels;
    private final Link others;
    private final Segmenter segmenter;
    private final PlainPackets plain;
    private final Inspection inspection;
    private final long[] frames = new long[Link.CAPACITY];
    private final long[] keys = new long[Link.CAPACITY];
    private final long[] insides = new long[Link.CAPACITY];

    // Of the batch in hand: what goes on stands in frames from first to end, and goes to the overlay of that tunnel.
    private int first;
    private int end;
    private @Nullable Tunnel tunnel;

    /** @param others leads to who takes what is not for a tunnel */
    public Decapsulation(String name, Graph graph, Tunnels tunnels, Link others) {
        super(name, graph);
        this.tunnels = tunnels;
        this.others = others;
        this.segmenter = new Segmenter(graph.pool());
        this.plain = new PlainPackets(tunnels, graph.pool().buffer());
        this.inspection = new Inspection(tunnels, graph.pool());
    }

    /**
     * Frames that go on to one overlay, one behind the other, are sent in one piece. They stand in the array that all were
     * taken into: there are never more of them than were looked at.
     */
    @Override
    public void process(Link in) {
        int n = in.size();
        in.pollInto(frames, 0, n);
        long runKey = PlainPackets.NOT_PLAIN;
        Peer sender = null;
        first = 0;
        end = 0;
        tunnel = null;
        for (int i = 0; i < n; i++) {
            if (i % AHEAD == 0) {
                look(i, Math.min(i + AHEAD, n));
            }
            long key = keys[i];
            if (key == PlainPackets.NOT_PLAIN) {
                judge(frames[i]);
                continue;
            }
            if (key != runKey) {
                runKey = key;
                sender = tunnels.sender(key);
            }
            if (sender == null) {
                judge(frames[i]);
            } else {
                add(insides[i], sender);
            }
        }
        flush();
    }

    /** Who watches is told the long way. */
    private void look(int from, int to) {
        if (graph().witness() == null) {
            plain.look(frames, keys, insides, from, to);
        } else {
            Arrays.fill(keys, from, to, PlainPackets.NOT_PLAIN);
        }
    }

    private void add(long inside, Peer from) {
        count(from, Frame.length(inside));
        if (tunnel != from.tunnel) {
            flush();
            tunnel = from.tunnel;
        }
        frames[end++] = Frame.from(inside, from.number);
    }

    private void count(Peer from, int length) {
        from.rxFrames++;
        from.rxBytes += length;
        if (!from.isNamed) {
            from.heard = graph().now();
        }
    }

    private void flush() {
        var to = tunnel;
        if (to != null && end > first) {
            send(to.into(), frames, first, end - first);
        }
        first = end;
    }

    /** The long way, which every frame may take. */
    private void judge(long frame) {
        if (Offload.isSegmented(pool().offload(frame))) {
            flush(); // what came before goes before
            cut(frame);
            return;
        }
        var from = sender(frame);
        if (from != null) {
            add(inspection.inner(), from);
        }
    }

    /** Whom a frame comes from, that then goes on as the inspection left it; null: it has gone another way. */
    private @Nullable Peer sender(long frame) {
        int way = inspection.decide(frame);
        if (way == Inspection.FOR_OTHERS) {
            send(others, frame);
            return null;
        }
        tell(frame, way);
        if (way < 0) {
            drop(frame, Inspection.drop(way));
            return null;
        }
        return inspection.peer();
    }

    /** Several datagrams in one, as a host sends them that leaves the cutting to its network card. */
    private void cut(long frame) {
        if (!segmenter.wrap(frame)) {
            drop(frame, Drop.OFFLOAD_SENSELESS);
            return;
        }
        graph().counters().copied(segmenter.left() - 1);
        while (segmenter.left() > 0) {
            long segment = segmenter.next();
            if (segment == Frame.NONE) {
                break;
            }
            var from = sender(segment);
            if (from != null) {
                long inner = inspection.inner();
                count(from, Frame.length(inner));
                send(from.tunnel.into(), Frame.from(inner, from.number));
            }
        }
        dropUnmade(frame, segmenter.left(), Drop.POOL_EMPTY);
        pool().free(frame);
    }

    private void tell(long frame, int way) {
        var witness = graph().witness();
        if (witness != null) {
            witness.decided(this, frame, way);
        }
    }

    @Override
    public String explain(int decision, long frame) {
        if (decision < 0) {
            return "drop: " + Inspection.drop(decision).sentence();
        }
        var from = inspection.peer();
        if (from == null) {
            return "";
        }
        var sender = tunnels.isOverhearing() ? inspection.source() : from.address;
        return "VNI " + from.tunnel.vni() + ", from " + sender.text() + ": to network " + from.tunnel.network();
    }
}
