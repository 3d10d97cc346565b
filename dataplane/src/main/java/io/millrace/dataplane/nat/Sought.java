package io.millrace.dataplane.nat;

import org.jspecify.annotations.Nullable;

/**
 * The neighbours of one interface whose Ethernet addresses are not known, the one sought for longest first. There are not
 * many: whoever writes to hosts that are not there, however many, fills no table with them. One thread.
 */
final class Sought {
    /** The most at a time. */
    static final int MOST = 512;

    private @Nullable Hop first;
    private @Nullable Hop last;
    private int size;

    int size() {
        return size;
    }

    boolean isFull() {
        return size == MOST;
    }

    /** The one sought for longest, or null: there is none. */
    @Nullable
    Hop first() {
        return first;
    }

    void add(Hop hop) {
        hop.before = last;
        if (last == null) {
            first = hop;
        } else {
            last.behind = hop;
        }
        last = hop;
        size++;
    }

    void remove(Hop hop) {
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
        size--;
    }
}
