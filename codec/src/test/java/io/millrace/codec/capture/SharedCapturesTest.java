package io.millrace.codec.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every capture of a folder against what tshark made of it: how many frames, when, how long, whole or damaged. Any folder
 * with golden files beside its captures will do: {@code -Dmillrace.captures=FOLDER}.
 */
class SharedCapturesTest {
    private static final Pattern LINE = Pattern.compile(
            "^\\{\"n\":(?<n>\\d+),(\"t\":\"(?<t>[-\\d.]+)\",)?\"len\":(?<len>\\d+),\"cap\":(?<cap>\\d+)");
    private static final Pattern EXIT = Pattern.compile("\"tshark_exit\": *(\\d+)");

    @TestFactory
    Stream<DynamicTest> tsharkSeesTheSameFrames() throws IOException {
        Path folder = folder(), golden = folder.resolve("golden");
        assumeTrue(Files.isDirectory(golden), folder + " has no captures with golden files");
        try (Stream<Path> metas = Files.list(golden)) {
            return metas
                    .filter(meta -> meta.toString().endsWith(".meta.json"))
                    .sorted()
                    .map(meta -> meta.getFileName().toString().replace(".meta.json", ""))
                    .map(name -> DynamicTest.dynamicTest(name, () -> agrees(folder, name)))
                    .toList()
                    .stream();
        }
    }

    private static void agrees(Path folder, String name) throws IOException {
        Read read = Read.of(folder.resolve(name));
        List<String> ours = read.frames().stream()
                .map(f -> f.number() + " " + (f.time() == CaptureReader.NO_TIME ? "-" : "" + f.time()) + " "
                        + f.original() + " " + f.captured())
                .toList();
        assertThat(ours).isEqualTo(golden(folder.resolve("golden").resolve(name + ".jsonl.gz")));

        Matcher exit = EXIT.matcher(Files.readString(folder.resolve("golden").resolve(name + ".meta.json")));
        assertThat(exit.find()).isTrue();
        assertThat(read.damage() == null)
                .as("whole: %s", read.damage())
                .isEqualTo(exit.group(1).equals("0"));
    }

    private static List<String> golden(Path file) throws IOException {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            return lines.lines().map(SharedCapturesTest::essence).toList();
        }
    }

    private static String essence(String line) {
        Matcher found = LINE.matcher(line);
        assertThat(found.find()).as(line).isTrue();
        String time = found.group("t");
        return found.group("n") + " " + (time == null ? "-" : "" + Long.parseLong(time.replace(".", ""))) + " "
                + found.group("len") + " " + found.group("cap");
    }

    /** The system property, or ../shared/captures of the repository's root, the folder that holds the launcher. */
    private static Path folder() {
        String given = System.getProperty("millrace.captures");
        if (given != null) {
            return Path.of(given);
        }
        Path root = Path.of("").toAbsolutePath();
        while (root.getParent() != null && !Files.isRegularFile(root.resolve("millrace"))) {
            root = root.getParent();
        }
        return root.resolveSibling("shared").resolve("captures");
    }
}
