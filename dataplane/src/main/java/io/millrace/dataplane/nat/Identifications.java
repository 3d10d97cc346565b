package io.millrace.dataplane.nat;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Identifications for packets that leave under an address which several hosts share: the same one for no two packets of
 * the same source, destination and protocol at a time, whoever sent them (RFC 6864 section 5.3.1, RFC 7857 section 10).
 * Each counter serves some such triples; 65,536 numbers pass before one is the same again. One thread.
 */
final class Identifications {
    private static final int COUNTERS = 1024;

    private final int[] counters;
    private final long seed;

    /** @param seed from where all begins, hard to guess */
    Identifications(long seed) {
        var random = new SplittableRandom(seed);
        this.seed = random.nextLong();
        this.counters = new int[COUNTERS];
        Arrays.setAll(counters, _ -> random.nextInt());
    }

    /**
     * The next numbers for these addresses, of which this is the first: 32 bits, of which IPv4 takes the lower 16.
     *
     * @param count how many
     */
    long next(long sourceHigh, long sourceLow, long destinationHigh, long destinationLow, int protocol, int count) {
        long hash = (sourceLow ^ seed) * 0x9E37_79B9_7F4A_7C15L + sourceHigh;
        hash = (hash ^ hash >>> 32 ^ destinationLow) * 0xA076_1D64_78BD_642FL + destinationHigh;
        hash = (hash ^ hash >>> 32 ^ protocol) * 0xE703_7ED1_A0B4_28DBL;
        int counter = (int) (hash >>> 54);
        counters[counter] += count;
        return counters[counter] - count & 0xFFFF_FFFFL;
    }
}
