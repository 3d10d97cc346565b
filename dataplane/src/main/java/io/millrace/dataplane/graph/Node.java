package io.millrace.dataplane.graph;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;

/**
 * A step of the graph. It takes frames from its link and sends each one on or drops it: never both, never neither.
 *
 * <p>A node walks its batch in {@link #process} and decides about one frame in one private method. What it decides is a
 * small number; {@link #explain} turns it into a sentence when somebody asked to see ({@link Witness}), so that tracing
 * runs the same code as forwarding. State that must outlive a change of configuration is in tables, not in nodes.
 */
public abstract class Node {
    private final String name;
    private final Graph graph;
    private final FramePool pool;
    private final DropCounters drops;

    /** A node of that graph, part of it once a link leads to it. Counters and traces call it {@code name}, unique there. */
    protected Node(String name, Graph graph) {
        this.name = name;
        this.graph = graph;
        this.pool = graph.pool();
        this.drops = graph.counters().drops(name);
    }

    public final String name() {
        return name;
    }

    /** What a user calls the place that a link to this node leads to: a port's name where one is behind it. */
    public String leadsTo() {
        return name;
    }

    /** Sends or drops every frame of {@code in}. */
    public abstract void process(Link in);

    /** The sentence for a number that this node told the {@link Witness}; {@code frame} is the frame it was about. */
    public abstract String explain(int decision, long frame);

    protected final Graph graph() {
        return graph;
    }

    protected final FramePool pool() {
        return pool;
    }

    protected final void send(Link to, long frame) {
        if (!to.offer(frame)) {
            drop(frame, Drop.LINK_FULL);
        }
    }

    /** Sends {@code n} frames in one piece; a single one without the cost of a copied array. */
    protected final void send(Link to, long[] frames, int first, int n) {
        if (n == 1) {
            send(to, frames[first]);
            return;
        }
        int room = Math.min(n, to.room());
        to.offerFrom(frames, first, room);
        for (int i = room; i < n; i++) {
            drop(frames[first + i], Drop.LINK_FULL);
        }
    }

    /** Sends a copy and keeps the frame. A copy for which there is no memory is counted as a drop of that copy. */
    protected final void sendCopy(Link to, long frame) {
        long copy = pool.copy(frame);
        graph.counters().copied(1);
        if (copy == Frame.NONE) {
            dropUnmade(frame, 1, Drop.POOL_EMPTY);
            return;
        }
        send(to, copy);
    }

    /** Counts {@code n} copies or parts of {@code frame} that ended before they began. */
    protected final void dropUnmade(long frame, int n, Drop why) {
        for (int i = 0; i < n; i++) {
            drops.add(why);
            graph.tellDropped(this, frame, why);
        }
    }

    /** Ends a frame. The only place where an unsent frame returns to the pool, hence the only place that counts. */
    protected final void drop(long frame, Drop why) {
        drops.add(why);
        graph.tellDropped(this, frame, why);
        pool.free(frame);
    }

    /** Ends a frame that has reached the node it was for. */
    protected final void consume(long frame) {
        graph.counters().consumed(1);
        pool.free(frame);
    }

    /** A frame of {@code length} bytes made here, to be sent; {@link Frame#NONE} when there is no memory for it. */
    protected final long originate(int length) {
        long frame = pool.allocate(length);
        if (frame != Frame.NONE) {
            graph.counters().originated(1);
        }
        return frame;
    }

    /** How many frames wait in this node from turn to turn. */
    public int held() {
        return 0;
    }

    /** Ends all frames of a link. */
    protected final void dropAll(Link in, Drop why) {
        while (in.size() > 0) {
            drop(in.poll(), why);
        }
    }
}
