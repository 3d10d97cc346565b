package io.millrace.tools.replay;

import io.millrace.dataplane.port.CaptureFilePort;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * When the next frame is due. The plan counts from the start and not from the last frame: a frame that comes late makes
 * none after it later.
 */
final class Pace implements CaptureFilePort.Pace {
    /** The last stretch before a frame is spent spinning: a parked thread wakes up to that much late, in ns. */
    private static final long SPIN = 200_000;

    /** The longest sleep, in ns; whoever wants to stop the replay, or to see how far it is, waits no longer. */
    private static final long NAP = 50_000_000;

    /** What the plan counts. */
    enum By {
        NOTHING,
        CAPTURE,
        FRAMES,
        BITS
    }

    private final By by;
    private final double nanosPerUnit;
    private final LongSupplier clock;
    private long start;
    private long due;
    private long units;

    Pace(By by, double nanosPerUnit, LongSupplier clock) {
        this.clock = clock;
        this.by = by;
        this.nanosPerUnit = nanosPerUnit;
    }

    /** As fast as it goes. */
    static Pace topSpeed() {
        return new Pace(By.NOTHING, 0, System::nanoTime);
    }

    /** As recorded, so many times faster. */
    static Pace speed(double times) {
        return new Pace(By.CAPTURE, 1 / times, System::nanoTime);
    }

    static Pace framesPerSecond(double frames) {
        return new Pace(By.FRAMES, 1e9 / frames, System::nanoTime);
    }

    /** So many millions of bits of captured frames a second. */
    static Pace megabitsPerSecond(double megabits) {
        return new Pace(By.BITS, 1e3 / megabits, System::nanoTime);
    }

    void start(long nanoTime) {
        start = nanoTime;
        due = nanoTime;
    }

    @Override
    public boolean isDue(long captureNanos, int bytes) {
        if (by == By.NOTHING) {
            return true;
        }
        due = start + (long) ((by == By.CAPTURE ? captureNanos : units) * nanosPerUnit);
        if (clock.getAsLong() - due < 0) {
            return false;
        }
        units += by == By.BITS ? 8L * bytes : 1;
        return true;
    }

    /** Waits until the frame is due that was not yet, or for a little while. */
    void await() {
        long left = due - clock.getAsLong();
        if (left > SPIN) {
            LockSupport.parkNanos(Math.min(left - SPIN, NAP));
            return;
        }
        while (clock.getAsLong() - due < 0) {
            Thread.onSpinWait();
        }
    }
}
