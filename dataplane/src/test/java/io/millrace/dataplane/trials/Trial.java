package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.FramePool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What every experiment prints: its seed, the versions it ran with, its figures, and whether each is good enough. */
public final class Trial {
    private final String name;
    private final boolean alone;
    private boolean failed;

    /**
     * Begins an experiment; the first lines it prints are what is needed to repeat it.
     *
     * @param alone whether it has the machine for itself, so that speed and memory can be judged
     */
    public Trial(String name, long seed, boolean alone) {
        this.name = name;
        this.alone = alone;
        say("%s: seed %d", name, seed);
        say(
                "java %s (%s), %s %s, %d cores, assertions %s",
                System.getProperty("java.runtime.version"),
                System.getProperty("java.vm.name"),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                Runtime.getRuntime().availableProcessors(),
                FramePool.class.desiredAssertionStatus() ? "on" : "off");
    }

    /** One line. */
    public void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    /** A figure that must be right; {@code wanted} says what would be. */
    public void check(String figure, Object found, boolean isRight, String wanted) {
        failed |= !isRight;
        say("%-44s %14s   %s (%s)", figure, found, isRight ? "ok" : "WRONG", wanted);
    }

    /** A figure that depends on the machine: it is judged only when nothing else runs. */
    public void checkAlone(String figure, Object found, boolean isRight, String wanted) {
        check(figure, found, isRight || !alone, alone ? wanted : "not judged here");
    }

    /** Says PASS or FAIL; returns whether it passed. */
    public boolean end() {
        say("%s: %s", name, failed ? "FAIL" : "PASS");
        return !failed;
    }

    /** Resident memory of this process in KiB, or -1 where the system does not tell. */
    public static long residentKib() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(-1);
        } catch (IOException e) {
            return -1;
        }
    }

    /** The {@code i}-th argument, or what is taken when there is none. */
    public static long argument(String[] args, int i, long otherwise) {
        return i < args.length ? Long.parseLong(args[i].replace("_", "")) : otherwise;
    }

    /** Frames a second, in thousands. */
    public static double thousandsPerSecond(long frames, long nanos) {
        return frames * 1e6 / Math.max(1, nanos);
    }
}
