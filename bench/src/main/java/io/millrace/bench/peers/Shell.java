package io.millrace.bench.peers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Other programs: run to their end, or started and ended later by their own process id. */
final class Shell {
    private static final int PATIENCE = 60;

    /** More of a core than what else runs here: the strongest weight of a session, below the kernel's own threads. */
    private static final int AHEAD = -13;

    private static final Set<Process> STARTED = ConcurrentHashMap.newKeySet();
    private static volatile boolean closed;

    private Shell() {}

    /** What a program said, standard error after standard output. */
    record Said(int exit, String words) {
        /** The words of a program that was content. */
        String ok(String what) {
            if (exit != 0) {
                throw new NotMeasured(what + ": " + lastLine(words));
            }
            return words;
        }
    }

    /** Runs a program and waits for it, a minute at most. */
    static Said run(List<String> command) {
        try {
            var words = Files.createTempFile("millrace-peers", ".txt");
            try {
                var process = launch(command, words);
                if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new NotMeasured(command.getFirst() + " did not end within " + PATIENCE + " s");
                }
                return new Said(process.exitValue(), read(words));
            } finally {
                Files.delete(words);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotMeasured("interrupted");
        }
    }

    static Said run(String... command) {
        return run(List.of(command));
    }

    /** Starts a program whose words go to a file. Its standard input stays open until it is stopped. */
    static Process start(List<String> command, Path words) {
        try {
            return kept(launch(command, words));
        } catch (IOException e) {
            throw new NotMeasured(command.getFirst() + ": " + e.getMessage());
        }
    }

    private static Process launch(List<String> command, Path words) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(words.toFile()))
                .start();
    }

    /** Has a program ended by {@link #closeAll} if it still runs then. */
    static Process kept(Process process) {
        STARTED.removeIf(p -> !p.isAlive());
        STARTED.add(process);
        if (closed) {
            process.destroyForcibly();
            throw new NotMeasured("interrupted");
        }
        return process;
    }

    /** Ends every program that still runs, and each that would be started from now on. For the end by Ctrl-C. */
    static void closeAll() {
        closed = true;
        STARTED.forEach(Shell::stop);
    }

    static boolean isClosed() {
        return closed;
    }

    /** The command as it runs on one core in a session of its own, with more weight than what else runs here. */
    static List<String> pinned(int core, List<String> command) {
        var all = new ArrayList<>(List.of(
                "setsid",
                "sh",
                "-c",
                "echo " + AHEAD + " >/proc/self/autogroup 2>/dev/null; exec taskset -c " + core + " \"$@\"",
                "sh"));
        all.addAll(command);
        return all;
    }

    /** Asks a program to end and ends it after five seconds; returns when it is gone. */
    static void stop(Process process) {
        var family = new ArrayList<>(process.descendants().toList());
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        family.forEach(ProcessHandle::destroyForcibly);
    }

    static boolean has(String program) {
        for (var folder : System.getenv("PATH").split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return Files.isExecutable(Path.of("/usr/sbin", program)) || Files.isExecutable(Path.of("/sbin", program));
    }

    static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String lastLine(String words) {
        var lines = words.strip().split("\n", -1);
        return lines[lines.length - 1].strip();
    }
}
