package io.millrace.dataplane.nat;

import java.util.function.IntFunction;
import org.agrona.concurrent.UnsafeBuffer;

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

    private final UnsafeBuffer words;
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
            long word = words.getLong(at * WORD);
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
        return (int) words.getLong(place * WORD) - 1;
    }

    /** Has the line fetched that a search for this tag begins with; what it returns means nothing. */
    long fetch(int tag) {
        return words.getLong((tag & mask) * WORD);
    }

    void add(int tag, int value) {
        int at = home(tag);
        while ((int) words.getLong(at * WORD) != 0) {
            at = after(at);
        }
        words.putLong(at * WORD, (long) tag << 32 | (value + 1));
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
        for (long word = words.getLong(at * WORD); (int) word != 0; word = words.getLong(at * WORD)) {
            int home = (int) (word >>> 32) & mask;
            // It may fill the hole unless its home lies behind that.
            if ((at - home & mask) >= (at - hole & mask)) {
                words.putLong(hole * WORD, word);
                hole = at;
            }
            at = after(at);
        }
        words.putLong(hole * WORD, 0);
    }
}
