package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the command answers: what is printed where, and the exit code. */
class ReplayCommandTest {
    private static final String A = Pcap.station(1);
    private static final String B = Pcap.station(2);

    @TempDir
    Path directory;

    private Pcap two() {
        return Pcap.ethernet().frame(1, A, Pcap.BROADCAST).frame(2, B, A);
    }

    private static void failsWith(String sentence, int exit, String... words) {
        var result = Shell.millrace(words);
        assertThat(result.err()).isEqualTo("millrace: " + sentence + "\n");
        assertThat(result.exit()).isEqualTo(exit);
        assertThat(result.out()).isEmpty();
    }

    @Test
    void aCaptureThatIsNotThereOrIsNoneIsOneSentence() throws IOException {
        failsWith("/nowhere/x.pcap: no such file", 1, "replay", "/nowhere/x.pcap");
        var text = directory.resolve("text.pcap");
        Files.writeString(text, "this is no capture, whatever its name says");
        assertThat(Shell.millrace("replay", text.toString()).err())
                .startsWith("millrace: " + text + ": ")
                .hasLineCount(1);
        var empty = directory.resolve("empty.pcap");
        Files.write(empty, new byte[0]);
        var result = Shell.millrace("replay", empty.toString());
        assertThat(result.err()).startsWith("millrace: " + empty + ": ").hasLineCount(1);
        assertThat(result.exit()).isEqualTo(1);
    }

    @Test
    void wordsThatMakeNoSenseAreUsageErrors() throws IOException {
        var capture = two().to(directory.resolve("in.pcap"));

        failsWith("--loop must be 1 or more", 2, "replay", "--loop", "0", capture);
        failsWith("--limit must be 1 or more", 2, "replay", "--limit", "0", capture);
        failsWith("--stations must be from 1 to 16000", 2, "replay", "--stations", "0", capture);
        failsWith("--speed must be more than 0", 2, "replay", "--speed", "0", capture);
        failsWith("--in names a port of a topology: give the topology with -f", 2, "replay", "--in", "a", capture);
        failsWith("standard input (-) can be read only once", 2, "replay", "-", "-");
        assertThat(Shell.millrace("replay").exit()).isEqualTo(2);
        assertThat(Shell.millrace("replay", "--pps", "1", "--mbps", "1", capture)
                        .exit())
                .isEqualTo(2);
        assertThat(Shell.millrace("replay", "-o", "yaml", capture).exit()).isEqualTo(2);
    }

    @Test
    void aCaptureThatSomebodyShortensMeanwhileIsOneSentence() throws Exception {
        var capture = Pcap.ethernet();
        for (int i = 0; i < 20_000; i++) {
            capture.frame(i, A, B);
        }
        var file = Path.of(capture.to(directory.resolve("in.pcap")));
        var shorten = Thread.ofVirtual().start(() -> {
            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                Thread.sleep(300); // the replay takes two seconds
                channel.truncate(4096);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        var result = Shell.millrace("replay", "--pps", "10000", file.toString());
        shorten.join();
        assertThat(result.err())
                .contains("became shorter while it was being read")
                .hasLineCount(1);
        assertThat(result.exit()).isEqualTo(1);
    }

    @Test
    void framesBeforeTheDamageAreReplayedAndToldAndTheCommandFails() throws IOException {
        var whole = Path.of(two().to(directory.resolve("whole.pcap")));
        var damaged = directory.resolve("damaged.pcap");
        byte[] bytes = Files.readAllBytes(whole);
        Files.write(damaged, Arrays.copyOf(bytes, bytes.length - 1));
        var out = directory.resolve("out");
        var result = Shell.millrace("replay", "-o", "json", "--out", out.toString(), damaged.toString());

        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("millrace: " + damaged + ": frame 2 at byte 100: ")
                .hasLineCount(1);
        assertThat(result.json().get("capture").toString()).contains("frames=1");
        assertThat(result.json()).containsEntry("conserved", true);
        assertThat(out.resolve("drops.pcapng")).exists();
    }

    @Test
    void theTableHasTheFactsOfTheCapture() throws IOException {
        var capture = two().to(directory.resolve("in.pcap"));
        var out = Shell.millrace("replay", capture).out();

        assertThat(out)
                .contains("Capture   " + capture)
                .contains("2, 120 bytes, Ethernet")
                .contains("1  there is no other port to flood to  (switch)")
                .contains(A + "  behind its own port")
                .endsWith("2 received + 0 copied for flooding = 1 sent + 1 dropped\n");
        assertThat(out.lines()).allSatisfy(line -> assertThat(line).doesNotEndWith(" "));
    }

    @Test
    void thePageNeedsNothingButItselfAndShowsNamesAsTheyAre() throws Exception {
        var odd = directory.resolve("a<b>&.pcap");
        var page = directory.resolve("page.html");
        Shell.millrace("replay", "--report", page.toString(), two().to(odd));

        assertThat(page).content().contains("a&lt;b&gt;&amp;.pcap", A, B, "there is no other port to flood to");
        assertThat(page).content().doesNotContain("<b>", "http", "<script", "<link", "src=");
        assertThat(Shell.millrace("replay", "--report", directory.toString(), odd.toString())
                        .err())
                .contains(directory + ": cannot be written");
    }

    @Test
    void longListsAreCutInTheTableAndWholeInJson() throws IOException {
        var capture = Pcap.ethernet();
        for (int i = 1; i <= 50; i++) {
            capture.frame(i, Pcap.station(i), Pcap.BROADCAST);
        }
        var file = capture.to(directory.resolve("many.pcap"));

        assertThat(Shell.millrace("replay", file).out()).contains("… and 34 more (-o json has all)");
        assertThat((List<?>) Shell.millrace("replay", "-o", "json", file).json().get("fdb"))
                .hasSize(50);
    }

    @Test
    void aDirectoryThatCannotBeMadeIsOneSentence() throws IOException {
        var capture = two().to(directory.resolve("in.pcap"));
        failsWith(capture + ": is no directory and cannot be made one", 1, "replay", "--out", capture, capture);
    }

    @Test
    void aFullDiskIsOneSentence() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/dev/full")), "needs the device /dev/full");
        var out = directory.resolve("full");
        Files.createDirectories(out);
        var link = Files.createSymbolicLink(out.resolve("drops.pcapng"), Path.of("/dev/full"));
        var result = Shell.millrace("replay", "--out", out.toString(), two().to(directory.resolve("in.pcap")));
        Files.delete(link);

        assertThat(out.resolve(A.replace(':', '-') + ".pcapng")).isNotEmptyFile();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .contains("drops.pcapng: no space is left on the device")
                .hasLineCount(1);
    }

    @Test
    void standardInputIsACapture() throws Exception {
        byte[] capture = Files.readAllBytes(Path.of(two().to(directory.resolve("in.pcap"))));
        var process = inItsOwnJvm("replay", "-o", "json", "-");
        process.getOutputStream().write(capture);
        process.getOutputStream().close();
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isZero();
        assertThat(new Shell.Result(0, out, "").json()).containsEntry("conserved", true);
    }

    @Test
    void whenInterruptedItTellsWhatHappenedSoFarAndItsFilesAreWhole() throws Exception {
        var capture = Pcap.ethernet();
        for (int i = 0; i < 1000; i++) {
            capture.frame(i * 0.1, i % 2 == 0 ? A : B, i % 2 == 0 ? B : A);
        }
        var out = directory.resolve("out");
        var process = inItsOwnJvm(
                "replay",
                "-o",
                "json",
                "--speed",
                "1",
                "--out",
                out.toString(),
                capture.to(directory.resolve("in.pcap")));
        while (process.isAlive() && !Files.exists(out.resolve(A.replace(':', '-') + ".pcapng"))) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
        process.toHandle().destroy();
        var told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(new Shell.Result(0, told, "").json()).containsEntry("conserved", true);
        Shell.run("tshark", "-r", out.resolve(A.replace(':', '-') + ".pcapng").toString());
    }

    /** The command in a JVM of its own, so that it can be interrupted. */
    private static Process inItsOwnJvm(String... words) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "io.millrace.tools.Main"));
        command.addAll(List.of(words));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
