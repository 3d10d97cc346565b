package io.millrace.dataplane.l2;

import io.millrace.dataplane.graph.Link;

/**
 * What a bridge notes about the frames of the batch it has in hand, by their place in the batch. All bridges of a worker
 * take turns with one of these, so that ten thousand bridges need no more room than one.
 */
final class Batch {
    final long[] frames = new long[Link.CAPACITY];

    /** Keys of the filtering database. */
    final long[] sources = new long[Link.CAPACITY];

    final long[] destinations = new long[Link.CAPACITY];

    /** Where the searches for those keys begin. */
    final long[] sourceHomes = new long[Link.CAPACITY];

    final long[] destinationHomes = new long[Link.CAPACITY];

    /** What was learned from each frame. */
    final int[] learned = new int[Link.CAPACITY];

    /** What was decided about each. */
    final int[] ways = new int[Link.CAPACITY];
}
