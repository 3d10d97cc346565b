package io.millrace.tools.interop;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code millrace up} with overlays in a namespace of its own, and the stations behind its ports in another one: a device
 * {@code v…} for each overlay there, a device {@code s…} here, and the underlay's {@code u} that a test cables.
 */
final class Site implements AutoCloseable {
    private static final int PATIENCE_S = 60;

    private final Lab.Host host;
    private final Lab.Host stations;
    private final Path directory;
    private final Path log;
    private final Path socket;
    private @Nullable Process process;

    /** @param name at most 7 letters */
    Site(Lab lab, Path directory, String name) {
        host = lab.bare(name + "m");
        stations = lab.bare(name + "s");
        this.directory = directory;
        log = directory.resolve(name + ".log");
        socket = directory.resolve(name + ".sock");
    }

    /** The namespace Millrace runs in. */
    Lab.Host host() {
        return host;
    }

    /** The namespace of the stations. */
    Lab.Host stations() {
        return stations;
    }

    /** Cables a station to a port. */
    void station(String port, int mtu, String... addresses) {
        Lab.cable(host, "s" + port, stations, "v" + port, mtu);
        Links.address(stations, "v" + port, addresses);
    }

    /** Cables the bare end of a cable to a port. */
    Wire wire(String port) {
        Lab.cable(host, "s" + port, stations, "v" + port, 1500);
        return Wire.open(stations.namespace(), "v" + port);
    }

    /**
     * Starts Millrace and waits until it forwards.
     *
     * @param underlay what stands under {@code underlay}
     */
    void up(String underlay, List<Overlay> overlays) {
        var topology = new StringBuilder("x-millrace: { underlay: { " + underlay + " } }\nnetworks:\n");
        overlays.forEach(overlay -> topology.append(overlay.network()));
        topology.append("services:\n");
        overlays.forEach(overlay -> topology.append(overlay.services()));
        try {
            Files.writeString(topology(), topology);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
    }

    private Path topology() {
        return directory.resolve(host.namespace() + ".yaml");
    }

    /** Starts it again as it was, after {@link #kill}. */
    void start() {
        try {
            process = new ProcessBuilder(
                            "ip",
                            "netns",
                            "exec",
                            host.namespace(),
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-ea",
                            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "io.millrace.tools.Main",
                            "up",
                            "-f",
                            topology().toString(),
                            "--socket",
                            socket.toString())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            for (int i = 0; i < PATIENCE_S * 50 && process.isAlive(); i++) {
                if (said().contains("millrace: up, ")) {
                    return;
                }
                Thread.sleep(20);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("it does not come up:\n" + said());
    }

    /** Takes it away without a word to anybody, as a power cut does. */
    void kill() {
        try {
            if (process != null) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** What it printed. */
    String said() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it answers to a GET. */
    String api(String path) {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            var request = "GET " + path + " HTTP/1.1\r\nHost: millrace\r\nConnection: close\r\n\r\n";
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            var answer = new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
            return answer.substring(answer.indexOf("\r\n\r\n") + 4);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What went wrong in it, for the message of a test that failed. */
    String story() {
        boolean answers = process != null && process.isAlive();
        return said() + (answers ? api("/millrace/drops") : "it runs no more");
    }

    @Override
    public void close() {
        if (process == null) {
            return;
        }
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("millrace up did not end on SIGTERM:\n" + said());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }
}
