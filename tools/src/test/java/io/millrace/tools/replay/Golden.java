package io.millrace.tools.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * One frame as tshark reads it.
 *
 * @param time in ns since 1970, or {@link #NO_TIME}
 * @param source as text; empty when there is no whole Ethernet header
 */
record Golden(int number, long time, boolean ethernet, String destination, String source) {
    static final long NO_TIME = Long.MIN_VALUE;

    private static final Pattern NUMBER = Pattern.compile("^\\{\"n\":(\\d+)");
    private static final Pattern TIME = Pattern.compile("\"t\":\"(-?)(\\d+)\\.(\\d{9})\"");
    private static final Pattern LINK_TYPE = Pattern.compile("\"encap\":(\\d+)");
    private static final Pattern ADDRESSES =
            Pattern.compile("\"layers\":\\[\\{\"p\":\"eth\",\"dst\":\"([0-9a-f:]{17})\",\"src\":\"([0-9a-f:]{17})\"");

    /** The captures of a folder that have a golden file. */
    static List<Path> captures(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> Files.exists(goldenOf(file))).sorted().toList();
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    private static Path goldenOf(Path capture) {
        return capture.resolveSibling("golden/" + capture.getFileName() + ".jsonl.gz");
    }

    /** Whether tshark found the capture whole. */
    static boolean isWhole(Path capture) throws IOException {
        return Files.readString(capture.resolveSibling("golden/" + capture.getFileName() + ".meta.json"))
                .contains("\"tshark_exit\": 0");
    }

    static List<Golden> read(Path capture) throws IOException {
        return text(capture).lines().map(Golden::of).toList();
    }

    /** What tshark said of all frames, a line for each. */
    static String text(Path capture) throws IOException {
        try (var lines = new GZIPInputStream(Files.newInputStream(goldenOf(capture)))) {
            return new String(lines.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Golden of(String line) {
        Matcher addresses = ADDRESSES.matcher(line);
        boolean whole = addresses.find();
        return new Golden(
                Integer.parseInt(find(NUMBER, line).group(1)),
                time(line),
                find(LINK_TYPE, line).group(1).equals("1"),
                whole ? addresses.group(1) : "",
                whole ? addresses.group(2) : "");
    }

    private static long time(String line) {
        var time = TIME.matcher(line);
        if (!time.find()) {
            return NO_TIME;
        }
        long nanos = Long.parseLong(time.group(2)) * 1_000_000_000 + Long.parseLong(time.group(3));
        return time.group(1).isEmpty() ? nanos : -nanos;
    }

    private static Matcher find(Pattern pattern, String line) {
        var matcher = pattern.matcher(line);
        if (!matcher.find()) {
            throw new IllegalArgumentException("no " + pattern + " in " + line);
        }
        return matcher;
    }
}
