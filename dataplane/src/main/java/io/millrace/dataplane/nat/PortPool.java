package io.millrace.dataplane.nat;

/**
 * The ports of one outside address and one protocol, of which each is given to one inside host at most (RFC 4787 REQ-3).
 * One thread; nothing is allocated.
 */
final class PortPool {
    static final int NONE = -1;

    private static final int PORTS = 1 << 16;
    private static final int WELL_KNOWN = 1 << 10;
    private static final int TRIES = 16;

    private final long[] taken = new long[PORTS / Long.SIZE];
    private final long[] reserved = new long[PORTS / Long.SIZE];
    private long random;

    /** @param seed a number that nobody outside can know */
    PortPool(long seed) {
        random = seed | 1;
        take(0);
    }

    boolean isTaken(int port) {
        return ((taken[port >>> 6] | reserved[port >>> 6]) >>> port & 1) != 0;
    }

    void take(int port) {
        taken[port >>> 6] |= 1L << port;
    }

    void give(int port) {
        taken[port >>> 6] &= ~(1L << port);
    }

    /** Keeps a port for somebody else, whoever has it at present; or no longer. */
    void reserve(int port, boolean now) {
        long bit = 1L << port;
        reserved[port >>> 6] = now ? reserved[port >>> 6] | bit : reserved[port >>> 6] & ~bit;
    }

    /**
     * Takes the wished port if it is free; else a random one of the same range, 0 to 1,023 or above (RFC 7857 section 9), and of
     * the same parity, if that matters, as long as there is one (RFC 4787 REQ-4).
     *
     * @param first the lowest port that may be given
     * @param last the highest
     * @return the port, or {@link #NONE}: all are taken
     */
    int take(int wished, int first, int last, boolean parity) {
        int port = find(wished, first, last, parity);
        if (port != NONE) {
            take(port);
        }
        return port;
    }

    private int find(int wished, int first, int last, boolean parity) {
        if (wished >= Math.max(1, first) && wished <= last && !isTaken(wished)) {
            return wished;
        }
        boolean low = last < WELL_KNOWN || (wished != 0 && wished < WELL_KNOWN && first < WELL_KNOWN);
        int from = Math.max(low ? 1 : WELL_KNOWN, first);
        int to = low ? Math.min(WELL_KNOWN - 1, last) : last;
        for (int i = 0; i < TRIES; i++) {
            int port = from + bounded(to - from + 1);
            port = parity ? (port & ~1) | (wished & 1) : port;
            if (port >= from && port <= to && !isTaken(port)) {
                return port;
            }
        }
        int begin = from + bounded(to - from + 1);
        int alike = parity ? search(begin, from, to, 0x5555_5555_5555_5555L << (wished & 1)) : NONE;
        return alike != NONE ? alike : search(begin, from, to, -1);
    }

    /** The first free one from {@code begin} on, round once, a word of ports at a time. */
    private int search(int begin, int from, int to, long wanted) {
        int port = firstFree(begin, to, wanted);
        return port != NONE ? port : firstFree(from, begin, wanted);
    }

    private int firstFree(int from, int to, long wanted) {
        for (int word = from >>> 6; word <= to >>> 6; word++) {
            long free = ~(taken[word] | reserved[word]) & wanted;
            if (word == from >>> 6) {
                free &= -1L << from;
            }
            if (free != 0) {
                int port = (word << 6) + Long.numberOfTrailingZeros(free);
                return port <= to ? port : NONE;
            }
        }
        return NONE;
    }

    private int bounded(int bound) {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        long mixed = random * 0x9E37_79B9_7F4A_7C15L;
        return (int) (((mixed >>> 33) * bound) >>> 31);
    }

    /** How many are free from the one to the other. */
    int free(int from, int to) {
        int sum = 0;
        for (int port = from; port <= to; port++) {
            sum += isTaken(port) ? 0 : 1;
        }
        return sum;
    }

    /** How many are free, of all. */
    int free() {
        int sum = 0;
        for (int word = 0; word < taken.length; word++) {
            sum += Long.bitCount(~(taken[word] | reserved[word]));
        }
        return sum;
    }
}
