package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;

/** IP addresses, IPv4 in their mapped form; found by two longs without allocation, however many there are. One thread. */
public final class AddressSet {
    private static final int START = 8;

    // Pairs of longs, at most half of them used, none of them after a free one it belongs before; :: is not one of
    // them.
    private long[] words = new long[2 * START];
    private int size;

    public boolean contains(long high, long low) {
        return size > 0 && !isFree(words, place(words, high, low));
    }

    /** Adds one that is not {@code ::}; false: it is here already. */
    public boolean add(Ipv6Address address) {
        if (address.high() == 0 && address.low() == 0) {
            throw new IllegalArgumentException(":: is nobody's address");
        }
        if (contains(address.high(), address.low())) {
            return false;
        }
        if (4 * (size + 1) > words.length) {
            words = without(words, 2 * words.length, 0, 0);
        }
        put(words, address.high(), address.low());
        size++;
        return true;
    }

    /** Removes one; false: it is not here. */
    public boolean remove(Ipv6Address address) {
        if (!contains(address.high(), address.low())) {
            return false;
        }
        words = without(words, words.length, address.high(), address.low());
        size--;
        return true;
    }

    /** All but one, in an array of their own. */
    private static long[] without(long[] words, int length, long high, long low) {
        var others = new long[length];
        for (int i = 0; i < words.length; i += 2) {
            if (!isFree(words, i) && (words[i] != high || words[i + 1] != low)) {
                put(others, words[i], words[i + 1]);
            }
        }
        return others;
    }

    private static void put(long[] words, long high, long low) {
        int place = place(words, high, low);
        words[place] = high;
        words[place + 1] = low;
    }

    private static boolean isFree(long[] words, int place) {
        return words[place] == 0 && words[place + 1] == 0;
    }

    /** Where an address is, or would be. */
    private static int place(long[] words, long high, long low) {
        int mask = words.length - 1;
        long hash = (low ^ high * 0x9FB2_1C65_1E98_DF25L) * 0x9E37_79B9_7F4A_7C15L;
        int place = (int) (hash >>> 40) << 1 & mask;
        while (!isFree(words, place) && (words[place] != high || words[place + 1] != low)) {
            place = (place + 2) & mask;
        }
        return place;
    }
}
