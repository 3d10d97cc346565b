package io.millrace.tools.up;

import java.io.PrintWriter;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** What a person who started it sees: lines that stay, and below them, on a terminal, a view that is drawn anew. */
final class Screen {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final String UP_AND_CLEAR = "\u001b[A\u001b[2K";

    private final PrintWriter err;
    private final boolean isTerminal;
    private List<String> view = List.of();

    Screen(PrintWriter err, boolean isTerminal) {
        this.err = err;
        this.isTerminal = isTerminal;
    }

    @SuppressWarnings("SystemConsoleNull") // JDK 25 returns null without a terminal, whatever JDK 22 did
    static boolean hasTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    boolean isTerminal() {
        return isTerminal;
    }

    /** A line that stays. */
    synchronized void say(String line) {
        wipe();
        err.println("millrace: " + line);
        draw();
    }

    /** Something happened; the line has the time. */
    synchronized void event(String line) {
        wipe();
        err.println(LocalTime.now(ZoneId.systemDefault()).format(TIME) + " " + line);
        draw();
    }

    /** The view from now on; nothing where there is no terminal. */
    synchronized void view(List<String> lines) {
        if (isTerminal) {
            wipe();
            view = List.copyOf(lines);
            draw();
        }
    }

    private void wipe() {
        if (!view.isEmpty()) {
            err.print(UP_AND_CLEAR.repeat(view.size()));
        }
    }

    private void draw() {
        view.forEach(err::println);
        err.flush();
    }
}
