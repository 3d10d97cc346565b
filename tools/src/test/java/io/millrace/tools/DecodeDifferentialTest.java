package io.millrace.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every capture of a folder (-Dmillrace.captures) against the reading of tshark that was recorded for it in golden/: the
 * frames, their layers and fields, and whether the file is whole.
 */
class DecodeDifferentialTest {
    private static final String GOLDEN = ".jsonl.gz";

    @TestFactory
    Stream<DynamicTest> everyCaptureReadsAsTsharkReadsIt() throws IOException {
        Path golden = captures().resolve("golden");
        assumeTrue(Files.isDirectory(golden), "not run: no captures with golden readings at " + golden);
        List<Path> readings;
        try (var files = Files.list(golden)) {
            readings = files.filter(file -> file.toString().endsWith(GOLDEN))
                    .sorted()
                    .toList();
        }
        return readings.stream().map(file -> {
            String name = file.getFileName().toString().replace(GOLDEN, "");
            return DynamicTest.dynamicTest(name, () -> compare(name, file));
        });
    }

    private static void compare(String name, Path reading) throws IOException {
        Path capture = captures().resolve(name);
        assumeTrue(Files.exists(capture), "not run: " + capture + " is not there");
        var ours = Decoded.of(capture);
        var golden = lines(reading);
        var differences = new ArrayList<String>();
        for (int i = 0; i < Math.min(golden.size(), ours.frames().size()); i++) {
            String difference = Readings.difference(golden.get(i), ours.frames().get(i));
            if (!difference.isEmpty()) {
                differences.add("frame " + (i + 1) + ": " + difference);
            }
        }
        assertThat(differences).as(name).isEmpty();
        assertThat(ours.frames()).as("frames of " + name).hasSameSizeAs(golden);
        var meta = Decoded.parse(
                Files.readString(reading.resolveSibling(name + ".meta.json")).strip());
        boolean damaged = !"0".equals(String.valueOf(meta.get("tshark_exit")));
        assertThat(ours.damaged())
                .as("tshark says of %s: %s", name, meta.get("tshark_messages"))
                .isEqualTo(damaged);
    }

    private static List<Map<?, ?>> lines(Path file) throws IOException {
        try (var in = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            return in.lines().<Map<?, ?>>map(Decoded::parse).toList();
        }
    }

    /** The folder named by millrace.captures, or ../shared/captures beside the repository. */
    static Path captures() {
        String named = System.getProperty("millrace.captures");
        return named != null ? Path.of(named) : root().resolve("../shared/captures");
    }

    /** The folder that holds the launcher. */
    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder.getParent() != null && !Files.isRegularFile(folder.resolve("millrace"))) {
            folder = folder.getParent();
        }
        return folder;
    }
}
