package io.millrace.dataplane.frame;

/**
 * A frame on its way, as one {@code long}: where its bytes begin in the pool's buffer, how many there are, and the port
 * they came in by. The bytes never move; this claim to them does, from link to link, so that a link is an array of
 * longs, a crossing between threads is one store, and no collector ever looks at a frame.
 *
 * <pre>
 *   63       62     61 ........ 47   46 ....... 30   29 ........ 0
 *  offload   cut    ingress port     length          head
 * </pre>
 *
 * <p>A frame has one owner at a time: whoever holds the {@code long} sends it, drops it, or gives it back to its
 * {@link FramePool}, once. What is rarely needed (time of capture, original length, offload state) stands in the label
 * in front of the bytes; see {@link FramePool}.
 */
public final class Frame {
    private Frame() {}

    /** No frame. */
    public static final long NONE = 0;

    /** Frames longer than this, in bytes, cannot be. */
    public static final int MAX_LENGTH = (1 << 17) - 1;

    /** Ports of one switch are numbered from 0 to this. */
    public static final int MAX_INGRESS = (1 << 15) - 1;

    /** How many bytes of one pool can be reached. */
    static final long MAX_POOL_BYTES = 1L << 30;

    private static final int HEAD_MASK = (1 << 30) - 1;
    private static final int LENGTH_SHIFT = 30;
    private static final int INGRESS_SHIFT = 47;
    private static final long INGRESS_MASK = (long) MAX_INGRESS << INGRESS_SHIFT;
    static final long CUT = 1L << 62;
    static final long OFFLOAD = 1L << 63;

    static long of(int head, int length) {
        return (long) length << LENGTH_SHIFT | head;
    }

    /** Where the first byte is, as an index into the pool's buffer. */
    public static int head(long frame) {
        return (int) frame & HEAD_MASK;
    }

    /** Bytes at hand; see {@link FramePool#originalLength} for what there was on the wire. */
    public static int length(long frame) {
        return (int) (frame >>> LENGTH_SHIFT) & MAX_LENGTH;
    }

    /** The number, on its switch, of the port the frame came in by. */
    public static int ingress(long frame) {
        return (int) (frame >>> INGRESS_SHIFT) & MAX_INGRESS;
    }

    /** The same frame, come in by another port; {@code ingress} from 0 to {@link #MAX_INGRESS}. */
    public static long from(long frame, int ingress) {
        return (frame & ~INGRESS_MASK) | (long) ingress << INGRESS_SHIFT;
    }

    /** Whether a capture kept only the beginning: lengths are then not judged against what is at hand. */
    public static boolean isCut(long frame) {
        return (frame & CUT) != 0;
    }

    /** Whether the label holds checksum or segmentation work that is still to be done. */
    public static boolean isOffloaded(long frame) {
        return (frame & OFFLOAD) != 0;
    }

    /** The same frame, of which only the first {@code length} bytes count; never more than it has. */
    public static long trimmed(long frame, int length) {
        assert length <= length(frame) : "trimmed " + length(frame) + " bytes to " + length;
        return (frame & ~((long) MAX_LENGTH << LENGTH_SHIFT)) | (long) length << LENGTH_SHIFT;
    }

    /** Whether nothing is special about it: neither {@linkplain #isCut cut} nor {@linkplain #isOffloaded unfinished}. */
    public static boolean isPlain(long frame) {
        return (frame & (CUT | OFFLOAD)) == 0;
    }

    /** Grows the front by {@code n} bytes into the headroom; the new bytes are the caller's to write. */
    public static long push(long frame, int n) {
        return frame - n + ((long) n << LENGTH_SHIFT);
    }

    /** Shrinks the front by {@code n} bytes: the outer header is gone. */
    public static long pull(long frame, int n) {
        assert n <= length(frame) : "pulled " + n + " of " + length(frame) + " bytes";
        return frame + n - ((long) n << LENGTH_SHIFT);
    }
}
