package io.millrace.dataplane.nat;

/**
 * How many of something each inside address has, and that it may not have more: RFC 6888 REQ-4. Open addressing with linear
 * probing; an address that has none takes no place. One thread; nothing is allocated.
 */
final class Quota {
    private final int limit;
    private final int mask;
    private final long seed;
    private final long[] high;
    private final long[] low;
    private final int[] count;

    /**
     * Takes the memory.
     *
     * @param limit how many one address may have
     * @param most how many there are at most of all together
     * @param seed a number that nobody outside can know
     */
    Quota(int limit, int most, long seed) {
        this.limit = limit;
        this.seed = seed;
        int places = Integer.highestOneBit(Math.max(32, most)) << 1;
        mask = places - 1;
        high = new long[places];
        low = new long[places];
        count = new int[places];
    }

    /** How many an address has. */
    int of(long high, long low) {
        return count[place(high, low)];
    }

    boolean isFull(long high, long low) {
        return of(high, low) >= limit;
    }

    /** The address has one more, also beyond what it may have. */
    void take(long high, long low) {
        int place = place(high, low);
        this.high[place] = high;
        this.low[place] = low;
        count[place]++;
    }

    /** It has one less; it had some. */
    void give(long high, long low) {
        int place = place(high, low);
        if (--count[place] == 0) {
            close(place);
        }
    }

    /** Where the address is, or would be. */
    private int place(long high, long low) {
        int at = home(high, low);
        while (count[at] != 0 && (this.low[at] != low || this.high[at] != high)) {
            at = at + 1 & mask;
        }
        return at;
    }

    private int home(long high, long low) {
        long hash = (low ^ high * 0x9FB2_1C65_1E98_DF25L ^ seed) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (hash >>> 32) & mask;
    }

    /** What stands behind an empty place moves up where it may. */
    private void close(int empty) {
        int hole = empty;
        for (int at = hole + 1 & mask; count[at] != 0; at = at + 1 & mask) {
            if ((at - home(high[at], low[at]) & mask) >= (at - hole & mask)) {
                high[hole] = high[at];
                low[hole] = low[at];
                count[hole] = count[at];
                count[at] = 0;
                hole = at;
            }
        }
    }
}
