package io.millrace.dataplane.l2;

/**
 * Tells a loop from stations that move: counts how often one station went to and fro between the same two ports within a
 * second, for the few hundred that do so most; all bridges of a worker share it. Only a station that moves costs
 * anything.
 */
final class MoveWatch {
    /** So many moves of one station between two ports within {@link #WINDOW} are no station's doing. */
    static final int LOOP = 50;

    /** A second, in ticks. */
    static final int WINDOW = 10;

    private static final int PLACES = 256;

    private final long[] keys = new long[PLACES];
    private final int[] pairs = new int[PLACES];
    private final int[] moves = new int[PLACES];
    private final int[] since = new int[PLACES];

    /**
     * A station has moved.
     *
     * @return how many ticks it took to move {@link #LOOP} times, from 1; 0: it has not done so, or that was said before
     */
    int moved(long key, int from, int to, int tick) {
        int pair = Math.min(from, to) << 16 | Math.max(from, to);
        int at = place(key, pair);
        boolean old = tick - since[at] >= WINDOW;
        if (old || keys[at] != key || pairs[at] != pair) {
            moves[at]--; // whoever moves less than the others that fell here gives way
            if (old || moves[at] <= 0) {
                keys[at] = key;
                pairs[at] = pair;
                since[at] = tick;
                moves[at] = 1;
            }
            return 0;
        }
        return ++moves[at] == LOOP ? tick - since[at] + 1 : 0;
    }

    private static int place(long key, int pair) {
        return (int) (((key * 31 + pair) * 0x9E37_79B9_7F4A_7C15L) >>> 56);
    }
}
