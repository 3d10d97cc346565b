package io.millrace.dataplane.nat;

import io.millrace.dataplane.graph.Drop;
import org.jspecify.annotations.Nullable;

/**
 * A packet that comes in fragments: which of it has come, what was decided about it, and which frames wait for that. It is
 * used again and again for one packet after another.
 */
final class FragmentedPacket {
    /** The most fragments of one packet: 64 KB through the 576 bytes of RFC 791 are 119. */
    static final int MOST_FRAGMENTS = 128;

    /** The most fragments of one packet that wait for its first one. */
    static final int MOST_WAITING = 16;

    /** What a fragment is to those that came before. */
    enum Fit {
        NEW,
        REPEATED,
        OVERLAPS,
        TOO_MANY
    }

    private static final int UNKNOWN = -1;

    long sourceHigh;
    long sourceLow;
    long destinationHigh;
    long destinationLow;
    int protocol;
    long identification;

    /** Until when it is remembered, in ns of the worker's clock. */
    long until;

    /** Which chain of the table it is in, and what follows there. */
    int bucket;

    @Nullable
    FragmentedPacket next;

    /** Its neighbours in age, and the list that has them. */
    @Nullable
    FragmentedPacket older;

    @Nullable
    FragmentedPacket younger;

    @Nullable
    FragmentAges ages;

    /** How every fragment ends, or null. */
    @Nullable
    Drop fate;

    /** Whether the first fragment has come and {@link #token} and {@link #leavesAs} are known. */
    boolean decided;

    long token;

    /** The identification with which its fragments go on. */
    long leavesAs;

    final long[] waiting = new long[MOST_WAITING];
    int waits;

    // What has come, in order: an eighth of where it begins in bits 30-16, bytes in bits 15-0. Nothing is merged, so
    // that
    // a fragment that came twice is not taken for one that overlaps.
    private final int[] ranges = new int[MOST_FRAGMENTS];
    private int count;
    private int came;
    private int end;

    FragmentedPacket begin(Fragment fragment, long until) {
        sourceHigh = fragment.sourceHigh;
        sourceLow = fragment.sourceLow;
        destinationHigh = fragment.destinationHigh;
        destinationLow = fragment.destinationLow;
        protocol = fragment.protocol;
        identification = fragment.identification;
        this.until = until;
        fate = null;
        decided = false;
        waits = 0;
        count = 0;
        came = 0;
        end = UNKNOWN;
        return this;
    }

    boolean owns(Fragment fragment) {
        return identification == fragment.identification
                && sourceLow == fragment.sourceLow
                && destinationLow == fragment.destinationLow
                && sourceHigh == fragment.sourceHigh
                && destinationHigh == fragment.destinationHigh
                && protocol == fragment.protocol;
    }

    /** Notes what has come now, when that fits to what came before. */
    Fit add(int start, int length, boolean more) {
        int range = start << 13 | length;
        int i = count;
        while (i > 0 && ranges[i - 1] > range) {
            i--;
        }
        int stop = start + length;
        if (i > 0 && ranges[i - 1] == range) {
            return more == (stop != end) ? Fit.REPEATED : Fit.OVERLAPS;
        }
        boolean overlaps = (i > 0 && stop(i - 1) > start) || (i < count && stop > start(i));
        if (overlaps || contradicts(stop, more)) {
            return Fit.OVERLAPS;
        }
        if (count == MOST_FRAGMENTS) {
            return Fit.TOO_MANY;
        }
        System.arraycopy(ranges, i, ranges, i + 1, count - i);
        ranges[i] = range;
        count++;
        came += length;
        end = more ? end : stop;
        return Fit.NEW;
    }

    /** Whether something ends, or goes on, where that cannot be. */
    private boolean contradicts(int stop, boolean more) {
        if (end != UNKNOWN) {
            return !more || stop >= end;
        }
        return !more && count > 0 && stop(count - 1) > stop;
    }

    private int start(int i) {
        return ranges[i] >>> 16 << 3;
    }

    private int stop(int i) {
        return start(i) + (ranges[i] & 0xFFFF);
    }

    /** Whether all of it has come. */
    boolean isComplete() {
        return came == end;
    }
}
