package io.millrace.dataplane.l3;

/**
 * Where frames wait until it is known which Ethernet address they go to: few for each next hop, in the order they came,
 * and not too many in all. One thread.
 */
final class WaitingRoom {
    /** The most frames that wait for one next hop. */
    static final int EACH = 16;

    /** The most frames that wait at all. */
    static final int ALL = 1024;

    private int size;

    /** How many frames wait. */
    int size() {
        return size;
    }

    /** Lets a frame wait; false when the room is full, the frame is then still the caller's. */
    boolean enter(NextHop hop, long frame) {
        if (hop.waits == EACH || size == ALL) {
            return false;
        }
        hop.waiting[hop.waits++] = frame;
        size++;
        return true;
    }

    /** Lets everything that waits for a hop out; the caller sees to all of {@link NextHop#waiting}, this many. */
    int leave(NextHop hop) {
        int waited = hop.waits;
        hop.waits = 0;
        size -= waited;
        return waited;
    }
}
