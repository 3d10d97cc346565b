package io.millrace.dataplane.port;

import java.time.Instant;

/**
 * The time of day in ns since 1970 for frames that are captured: read once for a batch, never going back. It follows the
 * monotonic clock from what the time of day was when the process asked first.
 */
final class WallClock {
    private static final long OFFSET = offset();

    private WallClock() {}

    static long nanos() {
        return System.nanoTime() + OFFSET;
    }

    private static long offset() {
        var now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000 + now.getNano() - System.nanoTime();
    }
}
