package io.millrace.dataplane.graph;

import io.millrace.dataplane.frame.FramePool;
import java.util.Arrays;

/**
 * A bounded one-way cable to a node: frames in the order they were sent. Between two turns every link is empty.
 *
 * <p>A link starts small and grows once to what its traffic needs, up to {@link #CAPACITY}: ten thousand idle ports cost
 * little, and steady traffic allocates nothing.
 */
public final class Link {
    /** The most frames a link holds. A turn receives fewer, so a tree of nodes never fills one. */
    public static final int CAPACITY = 4096;

    private static final int START = 32;

    private final Graph graph;
    private final Node to;
    private boolean queued;
    private long[] frames = new long[START];
    private int first;
    private int end;

    Link(Graph graph, Node to) {
        this.graph = graph;
        this.to = to;
    }

    /** A link that the graph never runs: a node's own, which that node also empties. */
    static Link loose(Graph graph, Node owner) {
        var link = new Link(graph, owner);
        link.queued = true;
        return link;
    }

    /** The node this link leads to. */
    public Node to() {
        return to;
    }

    /** How many frames wait. */
    public int size() {
        return end - first;
    }

    /** The {@code i}-th waiting frame, from 0. */
    public long peek(int i) {
        return frames[first + i];
    }

    /** Changes the {@code i}-th waiting frame: its ingress, its front. */
    public void replace(int i, long frame) {
        frames[first + i] = frame;
    }

    /** Adds a frame, unless the link is full: then the frame is still the caller's. */
    public boolean offer(long frame) {
        if (end == frames.length && !grow()) {
            return false;
        }
        if (!queued) {
            queued = true;
            graph.ready(this);
        }
        frames[end++] = frame;
        return true;
    }

    /** Adds {@code n} frames at once; there must be {@link #room}. */
    public void offerFrom(long[] source, int at, int n) {
        assert n <= room();
        while (frames.length - end < n) {
            grow();
        }
        System.arraycopy(source, at, frames, end, n);
        end += n;
        if (!queued && n > 0) {
            queued = true;
            graph.ready(this);
        }
    }

    /** Takes the first {@code n} frames at once. */
    public void pollInto(long[] target, int at, int n) {
        assert n <= size();
        System.arraycopy(frames, first, target, at, n);
        first += n;
    }

    /** How many more frames can be offered. */
    public int room() {
        return CAPACITY - size();
    }

    /** Takes the first frame. */
    public long poll() {
        assert first < end : "polled an empty link";
        return frames[first++];
    }

    /** Gives every waiting frame back to its pool, for a port whose frames go nowhere further; returns how many. */
    public int freeAll(FramePool pool) {
        int n = size();
        for (int i = 0; i < n; i++) {
            pool.free(poll());
        }
        return n;
    }

    /** Takes the first {@code n} frames without looking at them. */
    public void skip(int n) {
        assert n <= size();
        first += n;
    }

    /** Shortens the link to its first {@code n} frames; the others must have found another owner. */
    public void truncate(int n) {
        assert n <= size();
        end = first + n;
    }

    /** Called by the graph before the node runs: what is sent here from now on queues the link anew. */
    void taken() {
        queued = false;
    }

    /** Called by the graph when the node is through: what it sent to itself meanwhile moves to the front. */
    void settle() {
        int left = end - first;
        if (left > 0 && first > 0) {
            System.arraycopy(frames, first, frames, 0, left);
        }
        first = 0;
        end = left;
    }

    private boolean grow() {
        if (first > 0) {
            settle();
            return true;
        }
        if (frames.length == CAPACITY) {
            return false;
        }
        frames = Arrays.copyOf(frames, Math.min(CAPACITY, frames.length * 4));
        return true;
    }
}
