package io.millrace.dataplane.port;

import io.millrace.dataplane.graph.Link;

/** A bounded queue of frames between two ports of one worker. One thread. */
final class FrameQueue {
    private final long[] ring;
    private int first;
    private int size;

    /** @param capacity in frames; rounded up to a power of two */
    FrameQueue(int capacity) {
        ring = new long[Math.max(2, Integer.highestOneBit(capacity - 1) << 1)];
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size == ring.length;
    }

    void add(long frame) {
        assert size < ring.length;
        ring[first + size++ & ring.length - 1] = frame;
    }

    long take() {
        assert size > 0;
        long frame = ring[first];
        first = first + 1 & ring.length - 1;
        size--;
        return frame;
    }

    /** Takes what fits from the front of a link; returns how many frames that were. */
    int takeFrom(Link link) {
        int moved = Math.min(link.size(), ring.length - size);
        int at = first + size & ring.length - 1;
        int untilEnd = Math.min(moved, ring.length - at);
        link.pollInto(ring, at, untilEnd);
        link.pollInto(ring, 0, moved - untilEnd);
        size += moved;
        return moved;
    }

    /** Gives up to {@code atMost} frames, never more than it has room for, to a link; returns how many. */
    int giveTo(Link link, int atMost) {
        int moved = Math.min(size, atMost);
        int untilEnd = Math.min(moved, ring.length - first);
        link.offerFrom(ring, first, untilEnd);
        link.offerFrom(ring, 0, moved - untilEnd);
        first = first + moved & ring.length - 1;
        size -= moved;
        return moved;
    }
}
