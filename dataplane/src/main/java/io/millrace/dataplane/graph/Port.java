package io.millrace.dataplane.graph;

import io.millrace.dataplane.frame.FramePool;

/**
 * Where frames enter and leave. Neither method ever blocks; both run on the worker's thread. Middleware (faults, capture,
 * rate limit) is a port around a port.
 */
public interface Port extends AutoCloseable {
    /** No limit on the length of a frame. */
    int NO_MTU = Integer.MAX_VALUE;

    /** What users call it; unique in a topology. */
    String name();

    /**
     * Adds frames that have come in to the end of {@code into}.
     *
     * @param pool where to take the frames from
     * @param atMost how many may be added; never more than the link has room for
     * @return how many were added; 0 when idle
     */
    int receive(Link into, FramePool pool, int atMost);

    /**
     * Takes frames from the front of {@code from} and sends them; each taken frame is the port's, and goes back to
     * {@code pool} when it has left. What stays in the link is dropped by the caller.
     *
     * @return how many were taken
     */
    int transmit(Link from, FramePool pool);

    /** The longest packet the port takes, in bytes, counting neither the Ethernet header nor one 802.1Q tag. */
    default int mtu() {
        return NO_MTU;
    }

    /** Whether frames can leave at present. */
    default boolean isUp() {
        return true;
    }

    /** Frames of the pool that wait in this port, in its rings or for their time. */
    default int held() {
        return 0;
    }

    @Override
    default void close() {}
}
