package io.millrace.dataplane.nat;

import io.millrace.dataplane.graph.Drop;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The neighbours that sessions lead to, by small numbers that fit into a session's record. A neighbour that no session
 * leads to any more is forgotten. One that has not answered yet has no number, sessions do not know it, and few are
 * {@link Sought} at a time. The worker's thread.
 */
final class Hops {
    /** No number. */
    static final int NONE = 0;

    /** The most neighbours at a time. */
    static final int MOST = 65_535;

    private @Nullable Hop[] byNumber = new Hop[64];
    private final @Nullable Hop[] places = new Hop[1 << 12];
    private int[] free = new int[64];
    private int frees;
    private int used;
    private int hand;

    /** The neighbour of that number. */
    Hop get(int number) {
        var hop = byNumber[number];
        if (hop == null) {
            throw new IllegalStateException("there is no next hop " + number);
        }
        return hop;
    }

    /** Numbers from 1 to this one were used. */
    int used() {
        return used;
    }

    /** The neighbour of that number, or null: there is none at present. */
    @Nullable
    Hop at(int number) {
        return byNumber[number];
    }

    /**
     * The neighbour at this address behind that interface. One without a number is good until another one is asked for: it
     * is to be asked for again, not to be kept.
     */
    Hop find(Gateway gateway, long high, long low) {
        int place = place(high, low);
        for (var hop = places[place]; hop != null; hop = hop.chained) {
            if (hop.low == low && hop.high == high && hop.gateway == gateway) {
                if (hop.number == NONE && hop.mac >= 0) {
                    settle(hop);
                }
                return hop;
            }
        }
        return make(gateway, high, low, place);
    }

    private Hop make(Gateway gateway, long high, long low, int place) {
        var sought = gateway.sought();
        while (sought.isFull()) {
            giveUp(sought);
        }
        var hop = new Hop(gateway, high, low);
        hop.chained = places[place];
        places[place] = hop;
        sought.add(hop);
        if (hop.mac >= 0) {
            settle(hop);
        }
        return hop;
    }

    /** The one sought for longest gives place to another; or it has answered meanwhile. */
    private void giveUp(Sought sought) {
        var oldest = sought.first();
        if (oldest != null && (oldest.mac < 0 || !settle(oldest))) {
            sought.remove(oldest);
            forget(oldest);
        }
    }

    /** Gives a neighbour that has answered a number; false: there is none left. */
    private boolean settle(Hop hop) {
        int number = number();
        if (number == NONE) {
            return false;
        }
        hop.gateway.sought().remove(hop);
        hop.number = number;
        byNumber[number] = hop;
        return true;
    }

    /** An interface has another Ethernet address. */
    void renew() {
        for (var first : places) {
            for (var hop = first; hop != null; hop = hop.chained) {
                hop.renew();
            }
        }
    }

    private int number() {
        if (frees > 0) {
            return free[--frees];
        }
        if (used < MOST) {
            used++;
            if (used == byNumber.length) {
                byNumber = Arrays.copyOf(byNumber, Math.min(2 * used, MOST + 1));
            }
            return used;
        }
        return NONE;
    }

    private static int place(long high, long low) {
        return (int) (((high ^ low) * 0x9E37_79B9_7F4A_7C15L) >>> 52);
    }

    /** Looks at so many numbers, and forgets the neighbours that no session leads to. */
    void sweep(int places) {
        for (int i = 0; i < places && used > 0; i++) {
            hand = hand >= used ? 1 : hand + 1;
            var hop = byNumber[hand];
            if (hop != null && hop.sessions == 0) {
                byNumber[hop.number] = null;
                if (frees == free.length) {
                    free = Arrays.copyOf(free, 2 * frees);
                }
                free[frees++] = hop.number;
                forget(hop);
            }
        }
    }

    private void forget(Hop hop) {
        hop.gateway.ip(hop.high, hop.low).release(hop.next, hop, Drop.TOO_MANY_NEIGHBORS);
        int place = place(hop.high, hop.low);
        var at = places[place];
        if (at == hop) {
            places[place] = hop.chained;
        } else {
            while (at != null && at.chained != hop) {
                at = at.chained;
            }
            if (at != null) {
                at.chained = hop.chained;
            }
        }
    }
}
