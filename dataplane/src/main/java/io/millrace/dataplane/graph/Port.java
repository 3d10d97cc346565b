package io.millrace.dataplane.graph;

import io.millrace.dataplane.frame.FramePool;

/**
 * Where frames enter and leave. Neither method ever blocks; both run on the worker's thread. Middleware (faults, capture,
 * rate limit) is a port around a port.
 */
public interface Port extends AutoCloseable {
    /** No limit on the length of a frame. */
    int NO_MTU = Integer.MAX_VALUE;

    int[] NO_DESCRIPTORS = {};

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

    /**
     * Whether {@link #transmit} takes frames whose checksum is unfinished or that are several segments in one
     * ({@link io.millrace.dataplane.frame.Offload}); if not, they are finished and cut before they get here.
     */
    default boolean takesOffloads() {
        return false;
    }

    /**
     * Whether several UDP datagrams in one frame ({@link io.millrace.dataplane.frame.Offload#UDP}) may be made for this
     * port where nobody asked for it: they reach whoever they are for one by one.
     */
    default boolean takesTrains() {
        return false;
    }

    /**
     * File descriptors that are readable when a frame has come: what a worker may sleep on. Empty when the port must be
     * asked. They change only when the port says that it {@linkplain #isUp went up or down}.
     */
    default int[] descriptors() {
        return NO_DESCRIPTORS;
    }

    /** What the port is and how it does it, in a few words for a person: {@code AF_XDP, native, copy mode}. */
    default String describe() {
        return "";
    }

    /** What was lost on the way to {@link #receive}, as far as the port is told. */
    default Losses losses() {
        return Losses.NONE;
    }

    /**
     * Frames that came to the port and never got into the graph.
     *
     * @param ring our receive ring was full
     * @param pool no frame memory was left, or none long enough
     * @param kernel the kernel gave up on them for another reason
     */
    record Losses(long ring, long pool, long kernel) {
        public static final Losses NONE = new Losses(0, 0, 0);
    }

    /** Frames of the pool that wait in this port, in its rings or for their time. */
    default int held() {
        return 0;
    }

    @Override
    default void close() {}
}
