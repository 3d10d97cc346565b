package io.millrace.tools.up;

import io.millrace.tools.words.Failure;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The same command once more, in the background: in a session of its own, its words in a file. */
final class Detached {
    private static final String MARK = "MILLRACE_DETACHED";
    private static final String UP = "millrace: up, ";
    private static final int PATIENCE_MS = 30_000;
    private static final int LOOK_MS = 10;

    private Detached() {}

    /** Whether this is the process in the background. */
    static boolean isChild() {
        return System.getenv(MARK) != null;
    }

    /** Starts it, and waits until it forwards or has failed; then its words and its exit code are ours. */
    static int start(String name, PrintWriter err) {
        var log = Home.made().resolve(name + "." + ProcessHandle.current().pid() + ".log");
        try {
            var process = process(log).start();
            for (int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
                boolean alive = process.isAlive();
                var said = said(log);
                if (!alive) {
                    said.forEach(err::println);
                    Files.deleteIfExists(log);
                    return process.exitValue();
                }
                if (said.stream().anyMatch(line -> line.startsWith(UP))) {
                    said.forEach(err::println);
                    err.println("millrace: in the background as pid " + process.pid() + "; its words go to " + log);
                    return 0;
                }
                Thread.sleep(LOOK_MS);
            }
            process.destroy();
            throw Failure.failed("it does not come up; see " + log);
        } catch (IOException e) {
            throw Failure.failed("cannot be started in the background: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.failed("interrupted");
        }
    }

    /** It has ended in order: nobody needs its words any more. */
    static void forgetLog() {
        var log = System.getenv(MARK);
        if (log != null) {
            try {
                Files.deleteIfExists(Path.of(log));
            } catch (IOException e) {
                System.err.println("millrace: " + log + ": cannot be removed: " + e.getMessage());
            }
        }
    }

    private static ProcessBuilder process(Path log) throws IOException {
        var command = new ArrayList<String>();
        if (Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "setsid")))) {
            command.add("setsid"); // not ended with the terminal's session
        }
        var words = new String(Files.readAllBytes(Path.of("/proc/self/cmdline")), StandardCharsets.UTF_8);
        command.addAll(List.of(words.substring(0, words.length() - 1).split("\0", -1)));
        var process = new ProcessBuilder(command)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(log.toFile())
                .redirectError(Redirect.appendTo(log.toFile()));
        process.environment().put(MARK, log.toString());
        return process;
    }

    private static List<String> said(Path log) throws IOException {
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }
}
