package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.tools.Main;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Runs Millrace in this process, and other people's programs beside it. */
final class Shell {
    private Shell() {}

    /** What a command printed and how it ended. */
    record Result(int exit, String out, String err) {
        /** The output read as JSON, which YAML 1.2 contains; by a parser that is not ours. */
        @SuppressWarnings("unchecked")
        Map<String, Object> json() {
            return (Map<String, Object>)
                    new Load(LoadSettings.builder().setCodePointLimit(1 << 26).build()).loadFromString(out);
        }
    }

    static Result millrace(String... args) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var stdout = System.out;
        var stderr = System.err;
        try {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
            int exit = Main.run(args);
            return new Result(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(stdout);
            System.setErr(stderr);
        }
    }

    /** Runs a program and returns what it printed; the test is not run when it is not installed. */
    static String run(List<String> command) throws IOException, InterruptedException {
        String program = command.getFirst();
        assumeTrue(
                Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program))),
                () -> "needs the program " + program);
        var process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        byte[] out = process.getInputStream().readAllBytes();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
        return new String(out, StandardCharsets.UTF_8);
    }

    static String run(String... command) throws IOException, InterruptedException {
        return run(List.of(command));
    }

    /** The folder of captures with golden files; the test is not run where there is none. */
    static Path captures() {
        String named = System.getProperty("millrace.captures");
        var folder = named != null ? Path.of(named) : root().resolve("../shared/captures");
        assumeTrue(
                Files.isDirectory(folder.resolve("golden")),
                () -> "needs captures with golden files in " + folder + " (-Dmillrace.captures=FOLDER)");
        return folder;
    }

    /** The repository's root: the directory that holds the file {@code millrace}. */
    static Path root() {
        var at = Path.of("").toAbsolutePath();
        while (at != null && !Files.isRegularFile(at.resolve("millrace"))) {
            at = at.getParent();
        }
        return at == null ? Path.of("") : at;
    }
}
