package io.millrace.dataplane.l3;

import org.jspecify.annotations.Nullable;

/**
 * Where frames wait until it is known which Ethernet address they go to: few for each next hop, in the order they came,
 * and not too many in all. When it is full those go that wait for the hop that was waited for first: whoever asks for hosts
 * that are not there keeps nobody from finding one that is. One thread.
 */
final class WaitingRoom {
    /** The most frames that wait for one next hop. */
    static final int EACH = 16;

    /** The most frames that wait at all. */
    static final int ALL = 1024;

    private int size;

    // All hops that frames wait for, in the order in which they began to.
    private @Nullable NextHop first;
    private @Nullable NextHop last;

    /** How many frames wait. */
    int size() {
        return size;
    }

    boolean isFull() {
        return size == ALL;
    }

    /** The hop that frames have waited for longest; there is one. */
    NextHop first() {
        if (first == null) {
            throw new IllegalStateException("nothing waits");
        }
        return first;
    }

    /** Lets a frame wait for a hop that fewer than {@link #EACH} wait for, in a room that is not full. */
    void enter(NextHop hop, long frame) {
        if (hop.waits == 0) {
            hop.before = last;
            if (last == null) {
                first = hop;
            } else {
                last.behind = hop;
            }
            last = hop;
        }
        hop.waiting[hop.waits++] = frame;
        size++;
    }

    /** Lets everything that waits for a hop out; the caller sees to all of {@link NextHop#waiting}, this many. */
    int leave(NextHop hop) {
        int waited = hop.waits;
        if (waited == 0) {
            return 0;
        }
        var before = hop.before;
        var behind = hop.behind;
        if (before == null) {
            first = behind;
        } else {
            before.behind = behind;
        }
        if (behind == null) {
            last = before;
        } else {
            behind.before = before;
        }
        hop.before = null;
        hop.behind = null;
        hop.waits = 0;
        size -= waited;
        return waited;
    }
}
