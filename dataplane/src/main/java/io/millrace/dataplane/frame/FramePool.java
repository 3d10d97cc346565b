package io.millrace.dataplane.frame;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.function.IntFunction;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The memory all frames of one worker live in: off-heap, taken once, cut into chunks of two sizes (about 2 KB for
 * frames; 66 KB for segments that are carried whole). The chunk freed last is given out first, since its bytes are
 * still in the cache.
 *
 * <pre>
 *  chunk   | label | headroom                     | the frame's bytes …            | room to grow |
 *          0       64                             256 = HEAD
 *  label   | time (8) | number (8) | missing (4) | – (4) | offload (8) | …
 * </pre>
 *
 * <p>The label is valid where somebody wrote it: time and number by a port that reads captures, {@code missing} when the
 * frame is {@linkplain Frame#isCut cut}, offload state when it {@linkplain Frame#isOffloaded has any}.
 *
 * <p>One thread. An exhausted pool gives {@link Frame#NONE}; with assertions on, a frame given back twice stops the
 * worker.
 */
public final class FramePool {
    /** Where a new frame begins in its chunk: the label, then at least 128 bytes for headers to come. */
    public static final int HEAD = 256;

    /**
     * One line more than 2 KB: frames begin in different cache sets. With 2,048 the headers of a whole batch
     * compete for two sets of the first-level cache.
     */
    public static final int CHUNK = 2048 + 64;

    private static final int PAGE = 4096;

    private static final int LARGE_CHUNK = 66 * 1024 + HEAD;

    /** The longest frame, in bytes, that a small chunk takes. */
    public static final int ROOM = CHUNK - HEAD;

    /** The longest frame, in bytes, that the pool takes at all. */
    public static final int LARGE_ROOM = LARGE_CHUNK - HEAD;

    private static final int TIME = 0;
    private static final int NUMBER = 8;
    private static final int MISSING = 16;
    private static final int OFFLOAD = 24;
    private static final int LABEL_USED = 32;

    private final UnsafeBuffer buffer;
    private final int firstLarge;
    private final FreeChunks small;
    private final FreeChunks large;
    private boolean labelled;

    /**
     * Takes the memory.
     *
     * @param frames how many small chunks
     * @param segments how many large ones
     * @throws IllegalArgumentException when both together are more than 1 GiB
     */
    public FramePool(int frames, int segments) {
        // A slice ends at the end of a page as well.
        this(
                frames,
                segments,
                bytes -> new UnsafeBuffer(
                        ByteBuffer.allocateDirect(bytes + 2 * PAGE).alignedSlice(PAGE), 0, bytes));
    }

    /**
     * The same in memory of another's making.
     *
     * @param memory gives so many bytes that begin at a page: what AF_XDP asks of memory it is to share
     */
    public FramePool(int frames, int segments, IntFunction<UnsafeBuffer> memory) {
        long bytes = (long) frames * CHUNK + (long) segments * LARGE_CHUNK;
        if (frames < 1 || segments < 0 || bytes > Frame.MAX_POOL_BYTES) {
            throw new IllegalArgumentException("a frame pool of " + frames + " frames and " + segments + " segments is "
                    + bytes + " bytes; at most " + Frame.MAX_POOL_BYTES + " can be had");
        }
        buffer = memory.apply((int) bytes);
        firstLarge = frames * CHUNK;
        small = new FreeChunks(0, CHUNK, frames);
        large = new FreeChunks(firstLarge, LARGE_CHUNK, segments);
    }

    /** All bytes of all frames; {@link Frame#head} is an index into it. */
    public UnsafeBuffer buffer() {
        return buffer;
    }

    /** A frame of {@code length} bytes, contents undefined; {@link Frame#NONE} when there is no chunk that takes it. */
    public long allocate(int length) {
        if (length <= ROOM) {
            return small.take(length);
        }
        return length <= LARGE_ROOM ? large.take(length) : Frame.NONE;
    }

    /** Takes a frame back. Whoever holds it must forget it. */
    public void free(long frame) {
        int head = Frame.head(frame);
        if (head <= firstLarge) {
            small.giveBack(head);
        } else {
            large.giveBack(head);
        }
    }

    /** A second frame with the same bytes, label and ingress; {@link Frame#NONE} when the pool is exhausted. */
    public long copy(long frame) {
        int length = Frame.length(frame);
        long copy = allocate(length);
        if (copy == Frame.NONE) {
            return Frame.NONE;
        }
        buffer.putBytes(Frame.head(copy), buffer, Frame.head(frame), length);
        if (labelled || (frame & (Frame.CUT | Frame.OFFLOAD)) != 0) {
            buffer.putBytes(Frame.head(copy) - HEAD, buffer, label(frame), LABEL_USED);
        }
        long flags = frame & (Frame.CUT | Frame.OFFLOAD);
        return flags | Frame.from(copy, Frame.ingress(frame));
    }

    /** Writes on the label when a frame was captured (ns) and as which one of its capture (from 1). */
    public void label(long frame, long time, long number) {
        labelled = true;
        int label = label(frame);
        buffer.putLong(label + TIME, time);
        buffer.putLong(label + NUMBER, number);
    }

    /** When the frame was captured, in ns; only for frames of a port that reads captures. */
    public long time(long frame) {
        return buffer.getLong(label(frame) + TIME);
    }

    /** Which frame of its capture this was, from 1; only for frames of a port that reads captures. */
    public long number(long frame) {
        return buffer.getLong(label(frame) + NUMBER);
    }

    /** The same frame, marked as cut: {@code missing} bytes that were on the wire are not here. */
    public long cut(long frame, int missing) {
        buffer.putInt(label(frame) + MISSING, missing);
        return frame | Frame.CUT;
    }

    /** The same frame, no longer marked as cut: what is missing belonged to what was taken off it. */
    public static long whole(long frame) {
        return frame & ~Frame.CUT;
    }

    /** Bytes the frame has, or had on the wire before a capture cut it. */
    public int originalLength(long frame) {
        int length = Frame.length(frame);
        return Frame.isCut(frame) ? length + buffer.getInt(label(frame) + MISSING) : length;
    }

    /** The same frame, with work left to be done on it; see {@link Offload}. {@link Offload#NONE}: all is done. */
    public long offload(long frame, long state) {
        if (state == Offload.NONE) {
            return frame & ~Frame.OFFLOAD;
        }
        buffer.putLong(label(frame) + OFFLOAD, state);
        return frame | Frame.OFFLOAD;
    }

    /** The work left to be done on a frame, as {@link Offload} tells it. */
    public long offload(long frame) {
        return Frame.isOffloaded(frame) ? buffer.getLong(label(frame) + OFFLOAD) : Offload.NONE;
    }

    /** To be called when {@code n} bytes were put in front of a frame; negative: taken away. Its offload state follows. */
    public void shifted(long frame, int n) {
        if (Frame.isOffloaded(frame)) {
            int state = label(frame) + OFFLOAD;
            buffer.putLong(state, Offload.shifted(buffer.getLong(state), n));
        }
    }

    /** Where the first of the {@link #LARGE_ROOM} chunks begins; all below it are {@link #CHUNK} bytes long. */
    public int firstLarge() {
        return firstLarge;
    }

    /** Where the chunk begins that a frame lies in: an index into {@link #buffer}. */
    public int chunk(long frame) {
        return label(frame);
    }

    /**
     * The frame of {@code length} bytes that lies at {@code head}, for a port whose kernel side tells it only that; the
     * chunk must be one the port holds.
     */
    public static long frameAt(int head, int length) {
        return Frame.of(head, length);
    }

    /** Small chunks nobody holds. */
    public int available() {
        return small.available;
    }

    /** Chunks of both sizes that somebody holds. */
    public int inUse() {
        return small.stack.length - small.available + large.stack.length - large.available;
    }

    /** How many small chunks there are. */
    public int capacity() {
        return small.stack.length;
    }

    private int label(long frame) {
        int head = Frame.head(frame);
        return head <= firstLarge ? small.chunk(head) : large.chunk(head);
    }

    /** The free chunks of one size: a stack of their beginnings. */
    private static final class FreeChunks {
        private final int first;
        private final int size;
        private final long reciprocal;
        private final int shift;
        private final int[] stack;
        private final BitSet free = new BitSet(); // kept only when assertions are on
        private int available;

        FreeChunks(int first, int size, int count) {
            this.first = first;
            this.size = size;
            // Exact for all 31-bit numbers: the product's error stays below one part in 2^31.
            this.shift = 31 + Integer.SIZE - Integer.numberOfLeadingZeros(size);
            this.reciprocal = (1L << shift) / size + 1;
            stack = new int[count];
            for (int i = 0; i < count; i++) {
                stack[i] = first + (count - 1 - i) * size;
            }
            available = count;
            assert fill();
        }

        long take(int length) {
            if (available == 0) {
                return Frame.NONE;
            }
            int chunk = stack[--available];
            assert taken(chunk);
            return Frame.of(chunk + HEAD, length);
        }

        void giveBack(int head) {
            int chunk = chunk(head);
            assert returned(chunk);
            stack[available++] = chunk;
        }

        /**
         * Where the chunk begins that {@code head} lies in: what a division would say, in a third of its time. A head is
         * never at the beginning of its chunk, but behind the end when a full frame was pulled to nothing.
         */
        int chunk(int head) {
            int last = head - 1 - first;
            int index = (int) ((last * reciprocal) >>> shift);
            assert index == last / size;
            return first + index * size;
        }

        private boolean fill() {
            free.set(0, stack.length);
            return true;
        }

        private boolean taken(int chunk) {
            free.clear((chunk - first) / size);
            return true;
        }

        private boolean returned(int chunk) {
            int index = (chunk - first) / size;
            if (free.get(index)) {
                throw new AssertionError("frame at " + chunk + " given back twice");
            }
            free.set(index);
            return true;
        }
    }
}
