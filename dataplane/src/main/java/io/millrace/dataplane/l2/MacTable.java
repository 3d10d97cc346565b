package io.millrace.dataplane.l2;

import org.jspecify.annotations.Nullable;

/**
 * Where stations are: one bounded table for all bridges of a worker, keyed by bridge and MAC address. Each bridge works
 * on its {@link FilteringDatabase}, its share of this table.
 *
 * <p>Open addressing, linear probing, at most half full; an entry is two longs side by side, four to a cache line:
 *
 * <pre>
 *  key    bridge (16) | MAC address (48)                                       0: free
 *  value  tick last seen (32) | moves seen (15) | static (1) | port, or stay (16)
 * </pre>
 *
 * <p>The key never changes while the entry lives. The value is written only when it changes, that is once a tick of a
 * busy station. A removed entry's place is closed by moving up what follows, so there are no tombstones and a lookup
 * ends at the first free place. The hash is seeded: nobody outside can choose addresses that collide. Time is in ticks
 * of {@link #TICK} ns. One thread.
 */
public final class MacTable {
    /** The resolution of ageing, in ns. */
    public static final long TICK = 100_000_000;

    /** The most bridges that can share a table. */
    public static final int MAX_BRIDGES = (1 << 16) - 2;

    private static final int SMALLEST = 64;

    /** Entries, a cache line each at worst: four megabytes. */
    private static final int LARGE = 65_536;

    private final long[] words;
    private final int shift;
    private final int limit;
    private final long seed;
    private final @Nullable FilteringDatabase[] shares = new FilteringDatabase[1 << 16];
    private final Batch batch = new Batch();
    private final MoveWatch moves = new MoveWatch();
    private int bridges;
    private int count;
    private int hand;

    /**
     * Takes the memory: 32 to 64 bytes for each entry of the limit.
     *
     * @param limit the most entries there can be, 1 to 16 million
     * @param seed any number; two tables with one seed lay out their entries alike
     */
    public MacTable(int limit, long seed) {
        if (limit < 1 || limit > 1 << 24) {
            throw new IllegalArgumentException("a MAC table of " + limit + " entries; from 1 to " + (1 << 24));
        }
        int slots = Math.max(SMALLEST, Integer.highestOneBit(2 * limit - 1) << 1);
        this.words = new long[2 * slots];
        this.shift = Long.numberOfLeadingZeros(slots) + 1;
        this.limit = limit;
        this.seed = seed;
    }

    /** Gives a bridge its share; returns its number in the keys, from 1, so that no key is 0 (or -1), whatever the address. */
    int open(FilteringDatabase share) {
        if (bridges == MAX_BRIDGES) {
            throw new IllegalStateException("more than " + MAX_BRIDGES + " bridges");
        }
        shares[++bridges] = share;
        return bridges;
    }

    /** Room for the notes of the bridge whose turn it is. */
    Batch batch() {
        return batch;
    }

    /** Who goes to and fro. */
    MoveWatch moves() {
        return moves;
    }

    /** Entries there are, aged ones included until they are swept. */
    public int size() {
        return count;
    }

    boolean isFull() {
        return count >= limit;
    }

    /** The index of a key's entry, or, when it has none, the complement of the place where it would go. */
    int find(long key) {
        return find(key, home(key));
    }

    /** The same, for a caller that has worked out {@link #home} beforehand. */
    int find(long key, int home) {
        long[] words = this.words;
        int mask = words.length - 1;
        for (int i = home; ; i = i + 2 & mask) {
            long found = words[i];
            if (found == key) {
                return i;
            }
            if (found == 0) {
                return ~i;
            }
        }
    }

    long value(int index) {
        return words[index + 1];
    }

    void value(int index, long value) {
        words[index + 1] = value;
    }

    void insert(int freeIndex, long key, long value) {
        words[freeIndex] = key;
        words[freeIndex + 1] = value;
        count++;
    }

    /** Frees an entry and closes the gap, so that every key can still be reached from its home. */
    void remove(int index) {
        shareOf(words[index]).left(words[index + 1]);
        int mask = words.length - 1;
        int gap = index;
        for (int i = gap + 2 & mask; words[i] != 0; i = i + 2 & mask) {
            int distanceFromHome = i - home(words[i]) & mask;
            int distanceFromGap = i - gap & mask;
            if (distanceFromHome >= distanceFromGap) {
                words[gap] = words[i];
                words[gap + 1] = words[i + 1];
                gap = i;
            }
        }
        words[gap] = 0;
        words[gap + 1] = 0;
        count--;
    }

    /**
     * Frees aged entries, with bounded work: looks at the next {@code places} of the table.
     *
     * @param tick the time now
     */
    public void sweep(int tick, int places) {
        int mask = words.length - 1;
        for (int left = places; left > 0; left--) {
            long key = words[hand];
            if (key != 0 && shareOf(key).isAged(words[hand + 1], tick)) {
                remove(hand); // another entry may have moved here: look again
            } else {
                hand = hand + 2 & mask;
            }
        }
    }

    /** How many places have to be swept until each was looked at, however many of them turn out to be aged. */
    public int round() {
        return words.length;
    }

    /** Removes every entry of a bridge that the test names; looks at the whole table. */
    void removeIf(int bridge, EntryTest test) {
        for (int i = 0; i < words.length; ) {
            long key = words[i];
            if (key != 0 && (int) (key >>> 48) == bridge && test.test(words[i + 1])) {
                remove(i);
            } else {
                i += 2;
            }
        }
    }

    /** Shows every entry of a bridge, in no particular order. */
    void forEach(int bridge, EntryVisitor visitor) {
        for (int i = 0; i < words.length; i += 2) {
            if (words[i] != 0 && (int) (words[i] >>> 48) == bridge) {
                visitor.entry(words[i] & 0xFFFF_FFFF_FFFFL, words[i + 1]);
            }
        }
    }

    /** How many places there are to {@link #look} at. */
    public int places() {
        return words.length / 2;
    }

    /**
     * Shows the stations of all bridges that stand in some of the places, so that a large table can be read in several
     * turns. In between entries may move up by some places: one may then be seen twice, or not.
     *
     * @param from the first place
     * @param count how many
     * @param tick the time now
     */
    public void look(int from, int count, int tick, Visitor visitor) {
        int end = Math.min(from + count, places());
        for (int i = 2 * from; i < 2 * end; i += 2) {
            if (words[i] != 0) {
                var share = shareOf(words[i]);
                visitor.share(share);
                share.show(words[i] & 0xFFFF_FFFF_FFFFL, words[i + 1], tick, visitor);
            }
        }
    }

    /** Sees stations, each after the bridge whose it is. */
    public interface Visitor extends FilteringDatabase.StationVisitor {
        /** Whose the station is that is shown next, if it is not aged. */
        void share(FilteringDatabase share);
    }

    interface EntryTest {
        boolean test(long value);
    }

    interface EntryVisitor {
        void entry(long mac, long value);
    }

    private FilteringDatabase shareOf(long key) {
        var share = shares[(int) (key >>> 48)];
        assert share != null : "an entry of a bridge that has no share";
        return share;
    }

    /**
     * Where the searches for {@code n} keys begin: indexes into the table, which stay the same as long as it lives. All in
     * one loop without branches, and as longs, so that the compiler makes vector instructions of it.
     */
    void homes(long[] keys, long[] homes, int n) {
        long seed = this.seed;
        int shift = this.shift;
        for (int i = 0; i < n; i++) {
            homes[i] = home(keys[i], seed, shift);
        }
    }

    /** Whether lookups are likely to miss the second-level cache. */
    boolean isLarge() {
        return count > LARGE;
    }

    /**
     * Reads the first place of {@code n} searches and gives their sum, which means nothing: in a loop this short the loads
     * of some twenty searches are under way at once, and the searches that follow find their lines in the cache.
     */
    long touch(long[] homes, int n) {
        long[] words = this.words;
        long sum = 0;
        for (int i = 0; i < n; i++) {
            sum += words[(int) homes[i]];
        }
        return sum;
    }

    private int home(long key) {
        return (int) home(key, seed, shift);
    }

    private static long home(long key, long seed, int shift) {
        long h = (key ^ seed) * 0x9E37_79B9_7F4A_7C15L;
        h = (h ^ h >>> 32) * 0xD6E8_FEB8_6659_FD93L;
        return h >>> shift << 1;
    }
}
