package io.millrace.tools.topology;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.tools.words.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/** Reads files that tests write in place. */
final class Yamls {
    private Yamls() {}

    static TopologyFile read(String yaml) {
        return read(yaml, Map.of());
    }

    static TopologyFile read(String yaml, Map<String, String> environment) {
        return read(yaml.getBytes(StandardCharsets.UTF_8), environment);
    }

    static TopologyFile read(byte[] content, Map<String, String> environment) {
        return TopologyFile.read("topology.yaml", "lab", content, environment::get);
    }

    /** The sentence by which a file is refused. */
    static String refusal(byte[] content) {
        var failure = catchThrowableOfType(Failure.class, () -> read(content, Map.of()));
        return failure == null ? "accepted" : Objects.requireNonNull(failure.getMessage());
    }

    static String refusal(String yaml) {
        return refusal(yaml.getBytes(StandardCharsets.UTF_8));
    }
}
