package io.millrace.dataplane.nat;

import java.util.function.IntFunction;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Finds records by their hashes: open addressing with linear probing, a word of eight bytes for each.
 *
 * <pre>
 *   63 ............................ 32   31 ........................... 0
 *    the hash's first half: the tag       the record's number and one; 0: empty
 * </pre>
 *
 * <p>The home of a word is the end of its tag, so that a word can be moved without looking at its record. What has the
 * same tag as the one that is looked for must be compared by the caller. At most half full; one thread.
 */
final class Index {
    /** No place, or no value. */
    static final int NONE = -1;

    private static final int WORD = Long.BYTES;

    /** Held so that its memory stays; read and written without checks, since {@code mask} keeps every place within. */
    private final UnsafeBuffer words;

    private final byte @Nullable [] array;
    private final long base;
    private final int mask;

    /**
     * Takes the memory.
     *
     * @param most how many words there are at most
     * @param memory gives so many zero bytes
     */
    Index(int most, IntFunction<UnsafeBuffer> memory) {
        int places = Math.max(64, Integer.highestOneBit(2 * most - 1) << 1);
        this.mask = places - 1;
        this.words = memory.apply(places * WORD);
        words.boundsCheck(0, places * WORD);
        this.array = words.byteArray();
        this.base = words.addressOffset();
    }

    static int tag(long hash) {
        return (int) (hash >>> 32);
    }

    /** Where to begin to look for a tag. */
    int home(int tag) {
        return tag & mask;
    }

    /** The first place, from {@code place} on, that has this tag; {@link #NONE}: there is none any more. */
    int seek(int tag, int place) {
        for (int at = place; ; at = at + 1 & mask) {
            long word = word(at);
            if ((int) word == 0) {
                return NONE;
            }
            if ((int) (word >>> 32) == tag) {
                return at;
            }
        }
    }

    int after(int place) {
        return place + 1 & mask;
    }

    int value(int place) {
        return (int) word(place) - 1;
    }

    /** Has the line fetched that a search for this tag begins with; what it returns means nothing. */
    long fetch(int tag) {
        return word(tag & mask);
    }

    /** The value of the first word with this tag, or {@link #NONE}. */
    int first(int tag) {
        int at = tag & mask;
        for (long word = word(at); (int) word != 0; word = word(at)) {
            if ((int) (word >>> 32) == tag) {
                return (int) word - 1;
            }
            at = at + 1 & mask;
        }
        return NONE;
    }

    private long word(int place) {
        return UnsafeApi.getLong(array, base + ((long) place << 3));
    }

    private void put(int place, long word) {
        UnsafeApi.putLong(array, base + ((long) place << 3), word);
    }

    void add(int tag, int value) {
        int at = home(tag);
        while ((int) word(at) != 0) {
            at = after(at);
        }
        put(at, (long) tag << 32 | (value + 1));
    }

    /** Removes a word that is in here; what stands behind it moves up where it may. */
    void remove(int tag, int value) {
        int hole = seek(tag, home(tag));
        while (hole != NONE && value(hole) != value) {
            hole = seek(tag, after(hole));
        }
        if (hole == NONE) {
            throw new IllegalStateException("record " + value + " is not indexed");
        }
        int at = after(hole);
        for (long word = word(at); (int) word != 0; word = word(at)) {
            int home = (int) (word >>> 32) & mask;
            // It may fill the hole unless its home lies behind that.
            if ((at - home & mask) >= (at - hole & mask)) {
                put(hole, word);
                hole = at;
            }
            at = after(at);
        }
        put(hole, 0);
    }
}
