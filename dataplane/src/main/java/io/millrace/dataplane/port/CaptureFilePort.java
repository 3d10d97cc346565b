package io.millrace.dataplane.port;

import io.millrace.codec.capture.CaptureReader;
import io.millrace.codec.capture.LinkType;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Capture files as a port: what was captured comes in, merged by time. It is also the clock of its worker, so that tables
 * live by the time of the recorded day however fast it is read: {@link #nanos} is the time of the next frame, and one
 * reception ends where the next tick of the tables begins.
 *
 * <p>Only Ethernet frames come in. Frames of other link types are shown to the {@link Observer}, as all are, and counted.
 * What is transmitted goes nowhere and is counted by whoever sent it.
 *
 * <p>The label of a frame bears its time and its {@linkplain #frameNumber number}. A frame longer than
 * {@link FramePool#LARGE_ROOM} comes in cut to that length.
 */
public final class CaptureFilePort implements Port {
    /** Says when a frame may come in. Never blocks. */
    @FunctionalInterface
    public interface Pace {
        /** As fast as it can be read. */
        Pace TOP_SPEED = (captureNanos, bytes) -> true;

        /**
         * Whether the next frame is due; once this is {@code true} the frame has come in.
         *
         * @param captureNanos the frame's time, in ns since the first frame
         * @param bytes its captured length
         */
        boolean isDue(long captureNanos, int bytes);
    }

    /** Sees every frame of the captures, whatever its link type, before it is switched. */
    @FunctionalInterface
    public interface Observer {
        /**
         * One frame.
         *
         * @param capture stands at the frame; not to be moved
         * @param file which capture this is, from 0
         * @param time when it was captured, in ns since 1970, or {@link CaptureReader#NO_TIME} when nobody knows
         */
        void frame(CaptureReader capture, int file, long time);
    }

    /** Says which frames begin a turn: all frames before them have then been switched. */
    @FunctionalInterface
    public interface Boundary {
        /** No frame. */
        Boundary NONE = (bytes, offset, length) -> false;

        /** Whether this frame does; the first {@code length} bytes from {@code offset} on were captured. */
        boolean isBefore(UnsafeBuffer bytes, int offset, int length);
    }

    /**
     * The longest step of the clock, in ns: a year. Tables count time in ticks of 32 bits; nothing in them lives that
     * long, and a capture of several decades does not wrap them round.
     */
    static final long LONGEST_STEP = 365L * 86_400 * 1_000_000_000;

    private static final int NUMBER_BITS = 48;
    private static final int MOST_PASSED_OVER = 1024;

    private final String name;
    private final long tick;
    private final Pace pace;
    private final Observer observer;
    private Boundary boundary = Boundary.NONE;
    private MergedCaptures captures;
    private long framesLeft = Long.MAX_VALUE;
    private int batch = Integer.MAX_VALUE;
    private int largeBatch = Integer.MAX_VALUE;
    private boolean clockRead;
    private long latest = CaptureReader.NO_TIME;
    private long nanos;
    private long notSwitched;
    private long clockWentBack;

    /**
     * A port that reads captures from where they stand.
     *
     * @param captures one or several; closed with the port
     * @param tick the resolution of the worker's tables, in ns
     */
    public CaptureFilePort(String name, List<CaptureReader> captures, long tick, Pace pace, Observer observer) {
        this.name = name;
        this.captures = new MergedCaptures(captures);
        this.tick = tick;
        this.pace = pace;
        this.observer = observer;
    }

    /** Goes on with these captures when the last ones are exhausted; the clock goes on from where it stands. */
    public void rewind(List<CaptureReader> again) {
        captures.close();
        captures = new MergedCaptures(again);
        latest = CaptureReader.NO_TIME;
    }

    /** Lets somebody say where turns begin. */
    public void boundary(Boundary boundary) {
        this.boundary = boundary;
    }

    /** Stops after this many more frames, switched or not. */
    public void stopAfter(long frames) {
        framesLeft = frames;
    }

    /**
     * Bounds a reception, so that all copies of its frames find room in the pool.
     *
     * @param frames the most frames
     * @param large the most of them that are longer than {@link FramePool#ROOM}; 0: none comes in until this is changed
     */
    public void bound(int frames, int large) {
        batch = frames;
        largeBatch = large;
    }

    /** Whether the next frame is one that {@link #bound} keeps out. */
    public boolean isKeptOut() {
        return !isExhausted()
                && largeBatch == 0
                && captures.current().captured() > FramePool.ROOM
                && captures.current().linkType() == LinkType.ETHERNET;
    }

    /** Whether every frame has come in. */
    public boolean isExhausted() {
        return !captures.isOpen() || framesLeft == 0;
    }

    /** The clock: the time of the next frame, in ns since the first; after the last frame it stands. Never goes back. */
    public long nanos() {
        if (clockRead || isExhausted()) {
            return nanos;
        }
        clockRead = true;
        long time = captures.time();
        if (time == CaptureReader.NO_TIME) {
            return nanos;
        }
        if (latest == CaptureReader.NO_TIME) {
            latest = time;
        } else if (time < latest) {
            clockWentBack++;
        } else {
            long step = time - latest < 0 ? LONGEST_STEP : Math.min(time - latest, LONGEST_STEP);
            nanos = Math.min(nanos, Long.MAX_VALUE / 2 - step) + step;
            latest = time;
        }
        return nanos;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        long endOfTick = (nanos() / tick + 1) * tick;
        int came = 0;
        int large = 0;
        int most = Math.min(atMost, batch);
        for (int seen = 0; came < most && seen < MOST_PASSED_OVER && !isExhausted(); seen++) {
            var capture = captures.current();
            if (nanos() >= endOfTick) {
                break;
            }
            boolean isSwitched = capture.linkType() == LinkType.ETHERNET;
            boolean isLarge = isSwitched && capture.captured() > FramePool.ROOM;
            boolean waits = (isLarge && large == largeBatch) || (isSwitched && came > 0 && isBoundary(capture));
            if (waits || !pace.isDue(nanos, capture.captured())) {
                break;
            }
            observer.frame(capture, captures.index(), captures.time());
            if (isSwitched) {
                boolean taken = into.offer(frame(capture, pool));
                assert taken : "the link said it had room";
                came++;
                large += isLarge ? 1 : 0;
            } else {
                notSwitched++;
            }
            advance();
        }
        return came;
    }

    private boolean isBoundary(CaptureReader capture) {
        return boundary.isBefore(capture.buffer(), capture.offset(), capture.captured());
    }

    private void advance() {
        framesLeft--;
        clockRead = false;
        captures.next();
    }

    private long frame(CaptureReader capture, FramePool pool) {
        int length = Math.min(capture.captured(), FramePool.LARGE_ROOM);
        long frame = pool.allocate(length);
        if (frame == Frame.NONE) {
            throw new IllegalStateException("the pool has no room for a frame that was let in");
        }
        pool.buffer().putBytes(Frame.head(frame), capture.buffer(), capture.offset(), length);
        long time = captures.time() == CaptureReader.NO_TIME ? 0 : captures.time();
        pool.label(frame, time, (long) captures.index() << NUMBER_BITS | capture.number());
        int original = Math.max(capture.original(), capture.captured());
        return original > length ? pool.cut(frame, original - length) : frame;
    }

    /** Which capture a frame's {@linkplain FramePool#number label} names, from 0. */
    public static int fileIndex(long label) {
        return (int) (label >>> NUMBER_BITS);
    }

    /** Which frame of its capture a frame's {@linkplain FramePool#number label} names, from 1. */
    public static long frameNumber(long label) {
        return label & (1L << NUMBER_BITS) - 1;
    }

    /** Frames passed over because their link type is not Ethernet. */
    public long notSwitched() {
        return notSwitched;
    }

    /** How often a frame was older than one before it. */
    public long clockWentBack() {
        return clockWentBack;
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return from.freeAll(pool);
    }

    @Override
    public void close() {
        captures.close();
    }
}
