package io.millrace.tools.up;

import io.millrace.tools.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** A Millrace in a process of its own, as a user starts it; and its commands, in this one. */
final class Millrace implements AutoCloseable {
    private static final int PATIENCE_S = 60;

    private final Process process;
    private final Path log;

    private Millrace(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** What a command printed and how it ended. */
    record Result(int exit, String out, String err) {
        /** The output read as JSON by a parser that is not ours. */
        @SuppressWarnings("unchecked")
        Map<String, Object> json() {
            return (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(out);
        }
    }

    /** Starts {@code millrace …} and waits until it forwards. */
    static Millrace up(String... words) throws IOException, InterruptedException {
        return awaitUp(start(words));
    }

    /** Starts {@code millrace …} by another command, such as {@code ip netns exec …}, and waits until it forwards. */
    static Millrace upBy(List<String> before, String... words) throws IOException, InterruptedException {
        return awaitUp(startBy(before, words));
    }

    private static Millrace awaitUp(Millrace started) throws IOException, InterruptedException {
        for (int i = 0; i < PATIENCE_S * 20 && started.process.isAlive(); i++) {
            if (started.said().contains("millrace: up, ")) {
                return started;
            }
            Thread.sleep(50);
        }
        var said = started.said();
        started.close(); // its log goes with it
        throw new AssertionError("it does not come up:\n" + said);
    }

    /** Starts {@code millrace …}. */
    static Millrace start(String... words) throws IOException {
        return startBy(List.of(), words);
    }

    /** Starts {@code millrace …} by another command. */
    static Millrace startBy(List<String> before, String... words) throws IOException {
        var command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-ea",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "io.millrace.tools.Main"));
        command.addAll(List.of(words));
        var log = Files.createTempFile("millrace", ".log");
        var process = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new Millrace(process, log);
    }

    /** Runs a command in this process. */
    static Result run(String... words) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var stdout = System.out;
        var stderr = System.err;
        try {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
            int exit = Main.run(words);
            return new Result(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(stdout);
            System.setErr(stderr);
        }
    }

    long pid() {
        return process.pid();
    }

    /** All it has said so far. */
    String said() throws IOException {
        return Files.readString(log);
    }

    /** Waits until it has said something. */
    void awaitWords(String words) throws IOException, InterruptedException {
        for (int i = 0; !said().contains(words); i++) {
            if (i == PATIENCE_S * 20) {
                throw new AssertionError("it does not say '" + words + "':\n" + said());
            }
            Thread.sleep(50);
        }
    }

    /** Sends SIGTERM and waits; returns the exit code. */
    int terminate() throws InterruptedException {
        process.destroy();
        return await();
    }

    /** Sends SIGKILL and waits. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        await();
    }

    /** Waits for its end; returns the exit code. */
    int await() throws InterruptedException {
        if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
            throw new AssertionError("it does not end");
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(log);
    }
}
