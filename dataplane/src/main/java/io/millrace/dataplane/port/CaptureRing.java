package io.millrace.dataplane.port;

import io.millrace.codec.filter.BpfFilter;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * Copies of the frames that somebody wants to see, on their way from a worker to whoever writes them down: bounded, one
 * thread on each side. When it is full the copy is lost and counted; the frame goes its way either way.
 */
public final class CaptureRing {
    /** What is kept of a frame when nobody says less: in bytes, the longest frame there is. */
    public static final int WHOLE_FRAME = Frame.MAX_LENGTH;

    /** Bytes of a ring when nobody says otherwise: 95,000 of the shortest frames, 5,000 of 1,500 bytes, 125 of 64 KiB. */
    public static final int DEFAULT_SIZE = 8 << 20;

    private static final int IN = 1, OUT = 2;
    private static final int TIME = 0, ORIGINAL = 8, HEADER = 16;

    private final BpfFilter filter;
    private final int snapLength;
    private final OneToOneRingBuffer ring;
    private final AtomicLong matched = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();

    /**
     * An empty ring.
     *
     * @param snapLength how many bytes of a frame are copied at most, from 1
     * @param size bytes of memory, a power of two from 1 MiB on
     */
    public CaptureRing(BpfFilter filter, int snapLength, int size) {
        if (snapLength < 1) {
            throw new IllegalArgumentException("a copy has at least 1 byte, not " + snapLength);
        }
        if (size < 1 << 20 || Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("a ring has a power of two of bytes, 1 MiB at least, not " + size);
        }
        this.filter = filter;
        this.snapLength = Math.min(snapLength, WHOLE_FRAME - HEADER);
        this.ring = new OneToOneRingBuffer(
                new UnsafeBuffer(ByteBuffer.allocateDirect(size + RingBufferDescriptor.TRAILER_LENGTH)));
    }

    /** Sees a copied frame, which is gone when the method returns. */
    @FunctionalInterface
    public interface Reader {
        /**
         * One frame.
         *
         * @param time ns since 1970
         * @param outgoing whether it left by the port; otherwise it came in
         * @param captured how many bytes there are in {@code buffer}, from {@code offset} on
         * @param original how many the frame had
         */
        void frame(long time, boolean outgoing, DirectBuffer buffer, int offset, int captured, int original);
    }

    /**
     * Copies a frame if the filter takes it and there is room. The worker's side.
     *
     * @param time ns since 1970
     */
    void offer(FramePool pool, long frame, long time, boolean outgoing) {
        offer(pool.buffer(), Frame.head(frame), Frame.length(frame), pool.originalLength(frame), time, outgoing);
    }

    /** The same for a frame of {@code length} bytes that lies anywhere. */
    void offer(DirectBuffer bytes, int from, int length, int original, long time, boolean outgoing) {
        if (!filter.matches(bytes, from, length, original, outgoing)) {
            return;
        }
        matched.lazySet(matched.getPlain() + 1);
        int captured = Math.min(snapLength, length);
        int at = ring.tryClaim(outgoing ? OUT : IN, HEADER + captured);
        if (at < 0) {
            lost(1);
            return;
        }
        var memory = ring.buffer();
        memory.putLong(at + TIME, time);
        memory.putInt(at + ORIGINAL, original);
        memory.putBytes(at + HEADER, bytes, from, captured);
        ring.commit(at);
    }

    /** Counts frames that were lost on the way to here. The worker's side. */
    void lost(long frames) {
        lost.lazySet(lost.getPlain() + frames);
    }

    /** Shows at most {@code atMost} of the frames that wait, the oldest first; returns how many. The reader's side. */
    public int read(Reader reader, int atMost) {
        return ring.read(
                (type, memory, at, length) -> reader.frame(
                        memory.getLong(at + TIME),
                        type == OUT,
                        memory,
                        at + HEADER,
                        length - HEADER,
                        memory.getInt(at + ORIGINAL)),
                atMost);
    }

    /** What is kept of a frame at most, in bytes. */
    public int snapLength() {
        return snapLength;
    }

    /** Frames the filter took, copied or lost. Any thread. */
    public long matched() {
        return matched.get();
    }

    /** Frames that are not among the copies, because the reader was slow and there was no room. Any thread. */
    public long lost() {
        return lost.get();
    }
}
