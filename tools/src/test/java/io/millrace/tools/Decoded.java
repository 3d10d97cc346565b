package io.millrace.tools;

import io.millrace.codec.TextBuffer;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.tools.decode.JsonLines;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** A capture as {@code decode -o jsonl} reads it. */
record Decoded(List<Map<?, ?>> frames, boolean damaged) {
    static Decoded of(Path capture) {
        var frames = new ArrayList<Map<?, ?>>();
        var writer = new JsonLines();
        var line = new TextBuffer();
        try (var reader = CaptureReader.open(capture)) {
            while (reader.next()) {
                line.clear();
                writer.write(reader, line);
                frames.add(parse(line.toString()));
            }
            return new Decoded(frames, reader.damage() != null);
        }
    }

    /** JSON is YAML. */
    static Map<?, ?> parse(String json) {
        var settings = LoadSettings.builder().setCodePointLimit(1 << 24).build();
        return (Map<?, ?>) new Load(settings).loadFromString(json);
    }
}
