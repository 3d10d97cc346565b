package io.millrace.tools.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** docs/TOPOLOGY.md says what the reader does. */
final class DocumentationTest {
    private static final Pattern EXAMPLE = Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL);

    @TestFactory
    List<DynamicTest> everyExampleOfThePageIsReadWithoutANote() throws IOException {
        var examples = new ArrayList<DynamicTest>();
        var found = EXAMPLE.matcher(page());
        while (found.find()) {
            var yaml = found.group(1);
            examples.add(DynamicTest.dynamicTest(
                    "example " + (examples.size() + 1),
                    () -> assertThat(Yamls.read(yaml).notes()).isEmpty()));
        }
        assertThat(examples).hasSizeGreaterThan(5);
        return examples;
    }

    @Test
    void everyKeyThatIsReadIsOnThePage() throws IOException {
        var page = page();
        for (var keys : Keys.values()) {
            assertThat(keys.read).as("keys of " + keys.place).allMatch(key -> page.contains("`" + key + "`"));
            assertThat(keys.refused).as("keys of " + keys.place).allMatch(key -> page.contains("`" + key + "`"));
        }
    }

    private static String page() throws IOException {
        var root = Path.of("").toAbsolutePath();
        while (!Files.exists(root.resolve("millrace"))) {
            root = Objects.requireNonNull(root.getParent(), "the directory that holds the file 'millrace'");
        }
        return Files.readString(root.resolve("docs/TOPOLOGY.md"));
    }
}
