package io.millrace.tools.words;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
    @Test
    void whatJsonWritesIsReadAsItWas() {
        var text = new Json()
                .object()
                .name("a\"\\\n\u0001é\uD83D\uDE00")
                .array()
                .value(-1)
                .value(true)
                .value((String) null)
                .number("0.5")
                .value("\t")
                .endArray()
                .name("b")
                .object()
                .endObject()
                .endObject()
                .toString();

        var expected = new LinkedHashMap<String, Object>();
        expected.put("a\"\\\n\u0001é\uD83D\uDE00", Arrays.asList(-1L, true, null, 0.5, "\t"));
        expected.put("b", new LinkedHashMap<>());
        assertThat(JsonReader.read(text)).isEqualTo(expected);
    }

    @Test
    void spaceAndEscapesAreRead() {
        assertThat(JsonReader.read(" [ 1 , 2e3 , \"\\u00e9\\/\\b\" ] ")).isEqualTo(List.of(1L, 2000.0, "é/\b"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[1,]",
                "{\"a\" 1}",
                "tru",
                "\"a",
                "\"\\x\"",
                "\"\\u00g0\"",
                "1 2",
                "--1",
                "{1:2}",
                "\"\n\""
            })
    void whatIsNoJsonIsRefused(String text) {
        assertThatThrownBy(() -> JsonReader.read(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nestingHasABound() {
        assertThatThrownBy(() -> JsonReader.read("[".repeat(100_000))).isInstanceOf(IllegalArgumentException.class);
    }
}
