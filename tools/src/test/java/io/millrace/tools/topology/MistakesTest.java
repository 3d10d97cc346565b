package io.millrace.tools.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** {@code mistakes.txt} holds files with one mistake each, and the sentence a person gets. */
final class MistakesTest {
    private record Mistake(String name, String yaml, String sentence) {}

    @TestFactory
    List<DynamicTest> eachMistakeIsOneSentenceWithItsPlace() {
        return mistakes().stream()
                .map(mistake -> DynamicTest.dynamicTest(
                        mistake.name,
                        () -> assertThat(Yamls.refusal(mistake.yaml)).isEqualTo("topology.yaml:" + mistake.sentence)))
                .toList();
    }

    @Test
    void thereAreAtLeastFiftyOfThem() {
        assertThat(mistakes()).hasSizeGreaterThanOrEqualTo(50);
    }

    @Test
    void textThatIsNotUtf8IsRefusedByAWord() {
        assertThat(Yamls.refusal(new byte[] {'a', ':', ' ', (byte) 0xC3, '\n'}))
                .isEqualTo("topology.yaml: not UTF-8 text");
    }

    @Test
    void aControlCharacterIsShownAsSuchAndNotPrinted() {
        assertThat(Yamls.refusal("services: { \"a\\e[31mb\": {} }"))
                .isEqualTo(
                        "topology.yaml:1:13: 'a\uFFFD[31mb' is not a name; names are letters, digits, '.', '_' and '-'");
    }

    private static List<Mistake> mistakes() {
        try (var in = Objects.requireNonNull(MistakesTest.class.getResourceAsStream("/topology/mistakes.txt"))) {
            var mistakes = new ArrayList<Mistake>();
            for (var part : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("### ", -1)) {
                int yaml = part.indexOf('\n') + 1;
                int arrow = part.indexOf("\n=> ");
                if (arrow > 0) {
                    mistakes.add(new Mistake(
                            part.substring(0, yaml - 1),
                            part.substring(yaml, arrow + 1),
                            part.substring(arrow + 4).strip()));
                }
            }
            return mistakes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
