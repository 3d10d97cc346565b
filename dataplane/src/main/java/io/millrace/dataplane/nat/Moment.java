package io.millrace.dataplane.nat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * When it is, by both clocks of the machine.
 *
 * @param boot the kernel's name for the time since it was started; all 0: unknown
 * @param monotonic ns since some moment that is the same for all processes of this boot
 * @param wall ms since 1970; somebody may set that clock
 */
public record Moment(UUID boot, long monotonic, long wall) {
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final UUID UNKNOWN = new UUID(0, 0);

    /**
     * A moment of this boot.
     *
     * @param monotonic {@link System#nanoTime}, which in HotSpot is CLOCK_MONOTONIC (os_posix.cpp, javaTimeNanos)
     * @param wall {@link System#currentTimeMillis}
     */
    public static Moment ofThisBoot(long monotonic, long wall) {
        return new Moment(thisBoot(), monotonic, wall);
    }

    boolean isSameBoot(Moment other) {
        return boot.equals(other.boot) && !boot.equals(UNKNOWN);
    }

    private static UUID thisBoot() {
        try {
            return UUID.fromString(Files.readString(BOOT).strip());
        } catch (IOException | IllegalArgumentException e) {
            return UNKNOWN;
        }
    }
}
