package io.millrace.tools.probe;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code millrace up} as a process of its own in a namespace, and what it answers on its socket. */
public final class Started implements AutoCloseable {
    private final Process process;
    private final Path log;
    private final Path socket;

    /** Starts it; whether it forwards yet is for others to find out. */
    public Started(Lab.Host host, Path directory, String topology) throws IOException {
        var file = directory.resolve("topology.yaml");
        Files.writeString(file, topology);
        log = directory.resolve("log");
        socket = directory.resolve("socket");
        var command = new ArrayList<>(List.of("ip", "netns", "exec", host.namespace()));
        command.addAll(launcher());
        command.addAll(List.of("up", "-f", file.toString(), "--socket", socket.toString()));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /** As a user starts it, with the start-up cache, where {@code millrace.launcher} says how; else with assertions. */
    private static List<String> launcher() {
        var launcher = System.getProperty("millrace.launcher");
        if (launcher != null) {
            return List.of(launcher);
        }
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-ea",
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "io.millrace.tools.Main");
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** What it printed. */
    public String said() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether it can be asked by now. */
    boolean answers() {
        return Files.exists(socket);
    }

    /** What it answers to a GET. */
    public String api(String path) throws IOException {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            var request = "GET " + path + " HTTP/1.1\r\nHost: millrace\r\nConnection: close\r\n\r\n";
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            var answer = new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        }
    }

    /** Ends it with SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("millrace up did not end on SIGTERM:\n" + said());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }
}
