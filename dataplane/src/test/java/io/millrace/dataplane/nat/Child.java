package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** {@link Writer} in a process of its own. */
final class Child {
    private final Process process;
    private final BufferedReader out;

    Child(String what, Path path) throws IOException {
        this(List.of(), what, path);
    }

    /** @param before the command that starts it */
    Child(List<String> before, String what, Path path) throws IOException {
        var command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                what,
                path.toString()));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        out = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
    }

    /** All it said. */
    String ends() throws InterruptedException {
        var said = out.lines().collect(Collectors.joining("\n"));
        process.waitFor();
        return said;
    }

    void saysThatItWrites() throws IOException {
        assertThat(out.readLine()).isEqualTo("opened");
    }

    void kill() throws InterruptedException {
        process.destroyForcibly(); // SIGKILL
        process.waitFor();
    }
}
