package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.FramePool;

/**
 * The chunks of a pool that a port has lent to the kernel, by whatever ring. The kernel gives some back only when asked
 * for nothing more (it keeps a few in lists of its own), so when a port closes, this is how it knows what to return to
 * the pool. A small chunk is one bit; a large one counts the pieces it was sent in.
 */
final class XdpLoans {
    private static final int LARGE_CHUNK = FramePool.LARGE_ROOM + FramePool.HEAD;

    private final int firstLarge;
    private final long[] small;
    private final int[] pieces;
    private int lent;

    XdpLoans(FramePool pool) {
        firstLarge = pool.firstLarge();
        small = new long[(firstLarge / FramePool.CHUNK + Long.SIZE - 1) / Long.SIZE];
        pieces = new int[(pool.buffer().capacity() - firstLarge) / LARGE_CHUNK];
    }

    /** Chunks that are lent at present. */
    int lent() {
        return lent;
    }

    /** Lends the chunk around {@code head}, to come back in {@code n} pieces; small ones in one. */
    void lend(int head, int n) {
        if (head < firstLarge) {
            int index = head / FramePool.CHUNK;
            assert (small[index >> 6] & 1L << index) == 0 : "chunk " + index + " lent twice";
            small[index >> 6] |= 1L << index;
        } else {
            pieces[(head - firstLarge) / LARGE_CHUNK] = n;
        }
        lent++;
    }

    /** Takes back a piece that lies anywhere in a chunk; says whether the whole chunk is back. */
    boolean back(int at) {
        if (at < firstLarge) {
            int index = at / FramePool.CHUNK;
            assert (small[index >> 6] & 1L << index) != 0 : "chunk " + index + " was not lent";
            small[index >> 6] &= ~(1L << index);
        } else if (--pieces[(at - firstLarge) / LARGE_CHUNK] > 0) {
            return false;
        }
        lent--;
        return true;
    }

    /** Returns all that is still lent to the pool: the kernel must no longer know it. */
    void returnAll(FramePool pool) {
        for (int word = 0; word < small.length; word++) {
            for (long left = small[word]; left != 0; left &= left - 1) {
                int index = word * Long.SIZE + Long.numberOfTrailingZeros(left);
                pool.free(FramePool.frameAt(index * FramePool.CHUNK + FramePool.HEAD, 0));
            }
            small[word] = 0;
        }
        for (int index = 0; index < pieces.length; index++) {
            if (pieces[index] > 0) {
                pool.free(FramePool.frameAt(firstLarge + index * LARGE_CHUNK + FramePool.HEAD, 0));
                pieces[index] = 0;
            }
        }
        lent = 0;
    }
}
