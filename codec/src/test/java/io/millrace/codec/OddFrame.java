package io.millrace.codec;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** Frames made by hand, one for each corner. */
record OddFrame(String name, byte[] bytes, int original) {
    static List<OddFrame> all() {
        var resource = Objects.requireNonNull(OddFrame.class.getResourceAsStream("odd-frames.txt"));
        try (var in = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
            return in.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" \\| ?", 3))
                    .map(part -> new OddFrame(part[0], HexFormat.of().parseHex(part[2]), Integer.parseInt(part[1])))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static OddFrame of(String name) {
        return all().stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
    }
}
