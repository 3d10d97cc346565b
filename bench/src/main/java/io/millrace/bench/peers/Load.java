package io.millrace.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Processor time so far.
 *
 * @param busy nanoseconds that all cores together did not idle; the kernel counts them in hundredths of a second
 * @param own nanoseconds of the processes asked about, in user space and in the kernel
 */
record Load(long busy, long own) {
    private static final long TICK = 10_000_000;
    private static final int IDLE = 3;
    private static final int WAITING = 4;
    /** Behind it the kernel counts guests a second time. */
    private static final int STEAL = 7;

    static Load now(List<Process> processes) {
        long own = 0;
        for (var process : processes) {
            own += spent(process.pid());
            for (var child : process.descendants().toList()) {
                own += spent(child.pid());
            }
        }
        return new Load(spentByAll(), own);
    }

    /** Parts of a core. */
    double cores(Load before, long nanos) {
        return (double) (busy - before.busy) / nanos;
    }

    private static long spentByAll() {
        try (var lines = Files.lines(Path.of("/proc/stat"))) {
            var words = lines.findFirst().orElseThrow().strip().split("\\s+", -1);
            long ticks = 0;
            for (int i = 0; i <= STEAL; i++) {
                ticks += i == IDLE || i == WAITING ? 0 : Long.parseLong(words[1 + i]);
            }
            return ticks * TICK;
        } catch (IOException e) {
            throw new IllegalStateException("/proc/stat", e);
        }
    }

    private static long spent(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            var words = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(words[11]) + Long.parseLong(words[12])) * TICK;
        } catch (IOException e) {
            return 0; // it is gone
        }
    }
}
