package io.millrace.tools.replay;

import io.millrace.tools.words.Figures;
import java.io.Console;
import java.io.PrintStream;
import java.util.function.Consumer;

/** How far the replay is, on one line of the terminal; nothing where there is no terminal. */
final class Progress implements Consumer<Replay> {
    private static final long INTERVAL = 200_000_000;
    private static final int WIDTH = 24;
    private static final String CLEAR = "\r\u001b[K";

    private final PrintStream err;
    private final boolean shown;
    private long next = INTERVAL;

    Progress(PrintStream err, boolean shown) {
        this.err = err;
        this.shown = shown;
    }

    /** Shown on a terminal, and only there. */
    @SuppressWarnings("SystemConsoleNull") // JDK 25 returns null without a terminal, whatever JDK 22 did
    static Progress onTerminal() {
        Console console = System.console();
        return new Progress(System.err, console != null && console.isTerminal());
    }

    @Override
    public void accept(Replay replay) {
        if (!shown) {
            return;
        }
        long elapsed = replay.elapsedNanos();
        if (elapsed < next) {
            return;
        }
        next = elapsed + INTERVAL;
        err.print(CLEAR + line(replay.share(), replay.facts().frames(), elapsed));
        err.flush();
    }

    static String line(double share, long frames, long elapsedNanos) {
        double seconds = elapsedNanos / 1e9;
        String rate = Figures.count(frames) + " frames, " + Figures.count((long) (frames / seconds)) + " a second";
        if (share < 0) {
            return rate;
        }
        int full = (int) (share * WIDTH);
        String left = share > 0 ? ", " + Figures.duration((long) (elapsedNanos * (1 - share) / share)) + " left" : "";
        return "[" + "█".repeat(full) + "░".repeat(WIDTH - full) + "] " + (int) (100 * share) + " %  " + rate + left;
    }

    void end() {
        if (shown) {
            err.print(CLEAR);
            err.flush();
        }
    }
}
