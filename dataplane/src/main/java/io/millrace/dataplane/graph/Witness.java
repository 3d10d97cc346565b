package io.millrace.dataplane.graph;

/**
 * Watches what nodes decide. Called on the worker's thread while the frame is still whole; it must not keep the frame.
 * There is none unless somebody asked for a trace or for the dropped frames themselves.
 */
public interface Witness {
    /** A node decided; {@link Node#explain} has the sentence. */
    void decided(Node node, long frame, int decision);

    /** A node dropped the frame, or, for {@link Drop#POOL_EMPTY}, a copy of it. */
    void dropped(Node node, long frame, Drop why);
}
