package io.millrace.codec.capture;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program of others, which says what is right. */
record Tool(int exit, String out, String err) {
    /** The test is reported as not run where one of these programs is missing. */
    static void needs(String... programs) {
        for (String program : programs) {
            boolean there = List.of("/usr/bin/", "/usr/sbin/", "/bin/", "/usr/local/bin/").stream()
                    .anyMatch(directory -> Files.isExecutable(Path.of(directory + program)));
            assumeTrue(there, program + " is not installed");
        }
    }

    static Tool run(String... command) {
        try {
            Path out = Files.createTempFile("millrace", ".out"), err = Files.createTempFile("millrace", ".err");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
                process.getOutputStream().close();
                if (!process.waitFor(120, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError(String.join(" ", command) + " did not end");
                }
                return new Tool(process.exitValue(), text(out), text(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new AssertionError(stop);
        }
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    /** What it complained of, without tshark's remark about who runs it. */
    String complaints() {
        return err.lines()
                .filter(line -> !line.startsWith("Running as user"))
                .filter(line -> !line.startsWith("reading from file"))
                .reduce("", (all, line) -> all + line + "\n");
    }
}
