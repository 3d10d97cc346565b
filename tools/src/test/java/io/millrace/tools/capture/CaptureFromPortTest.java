package io.millrace.tools.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Lab;
import io.millrace.tools.Main;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ports of a dataplane that runs, captured by commands of other processes while hosts talk through it. */
class CaptureFromPortTest {
    @TempDir
    Path folder;

    private static String[] millrace(String... words) {
        var path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        var all = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-ea",
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                path,
                Main.class.getName()));
        all.addAll(Arrays.asList(words));
        return all.toArray(String[]::new);
    }

    private static void await(Path file) throws InterruptedException {
        for (int i = 0; i < 6_000 && !Files.exists(file); i++) {
            Thread.sleep(10);
        }
        assertThat(file).exists();
    }

    private static String words(Process ended) throws Exception {
        var said = new String(ended.getInputStream().readAllBytes());
        return ended.waitFor() + " " + said.strip();
    }

    @Test
    void whatPassesAPortIsSeenByEachWhoAsksAsItsFilterSays() throws Exception {
        try (var lab = Lab.open()) {
            var one = lab.host("a", "10.78.0.1/24");
            var other = lab.host("b", "10.78.0.2/24");
            var topology = folder.resolve("lan.yaml");
            Files.writeString(topology, """
                    networks: { lan: {} }
                    services:
                      s1: { networks: [ lan ], x-millrace: { attach: { packet: %s } } }
                      s2: { networks: [ lan ], x-millrace: { attach: { packet: %s } } }
                    """.formatted(one.device(), other.device()));
            var socket = folder.resolve("m.sock");
            var up = lab.start(millrace("up", "-f", topology.toString(), "--socket", socket.toString()));
            await(socket);

            var echoes = folder.resolve("echo.pcapng");
            var all = folder.resolve("all.pcapng");
            var first = lab.start(millrace(
                    "capture", "s1", "--socket", socket.toString(), "-c", "4", "-w", echoes.toString(), "icmp"));
            var second = lab.start(
                    millrace("capture", "s1", "--socket", socket.toString(), "-s", "60", "-w", all.toString()));
            var lines = lab.start(millrace(
                    "capture", "s2", "--socket", socket.toString(), "-c", "1", "icmp[icmptype]", "=", "icmp-echo"));
            await(echoes);
            await(all);
            Thread.sleep(500); // the third has no file to tell by that it has begun
            one.run("ping", "-c", "4", "-i", "0.2", "10.78.0.2").ok();

            assertThat(words(first)).isEqualTo("0 millrace: 4 frames captured, 0 lost because the reader was slow");
            assertThat(words(lines))
                    .contains("10.78.0.1 > 10.78.0.2  ICMP  echo request 8/0")
                    .contains("millrace: 1 frame captured");
            second.toHandle().destroy(); // SIGTERM, as Ctrl-C
            assertThat(words(second)).startsWith("0 millrace: ").endsWith(" 0 lost because the reader was slow");
            assertThat(fields(echoes, "frame.packet_flags_direction", "icmp.type", "frame.cap_len"))
                    .containsExactly(
                            "0x00000001\t8\t98", "0x00000002\t0\t98", "0x00000001\t8\t98", "0x00000002\t0\t98");
            assertThat(fields(all, "arp.opcode", "frame.cap_len")).contains("1\t42", "2\t42", "\t60");

            assertThat(words(lab.start(millrace("capture", "s9", "--socket", socket.toString()))))
                    .isEqualTo("1 millrace: capturing from s9: no such device");
            up.toHandle().destroy();
            assertThat(up.waitFor()).isZero();
        }
    }

    private static List<String> fields(Path file, String... fields) {
        var command = new ArrayList<>(List.of("tshark", "-n", "-r", file.toString(), "-T", "fields"));
        for (var field : fields) {
            command.add("-e");
            command.add(field);
        }
        return Lab.run(command.toArray(String[]::new)).ok().lines().toList();
    }
}
