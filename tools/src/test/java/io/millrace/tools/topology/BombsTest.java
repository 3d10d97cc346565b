package io.millrace.tools.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Files made to eat memory or time, or to run code. Each ends in one sentence; how soon, a person may read in the log. */
final class BombsTest {
    @Test
    void billionLaughs() {
        var yaml = new StringBuilder("a0: &a0 [lol]\n");
        for (int i = 1; i < 10; i++) {
            yaml.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(9)));
        }
        refuses(yaml + "services: *a9\n", "topology.yaml:7:30: more than 50 aliases; no topology needs that");
    }

    @Test
    void quadraticBlowUp() {
        refuses(
                "x-a: &a " + "a".repeat(100_000) + "\nx-b: [" + "*a,".repeat(100_000) + "]\nservices: {}\n",
                "topology.yaml:2:157: more than 50 aliases; no topology needs that");
    }

    @Test
    void doublingWithinTheAliasLimitCostsNothingBecauseTheTreeIsShared() {
        var yaml = new StringBuilder("x-0: &a0 {k: v}\n");
        for (int i = 1; i < 25; i++) {
            yaml.append("x-%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertThat(Yamls.read(yaml + "services: {}\n").notes()).isEmpty();
        refuses(
                yaml + "services: *a24\n",
                "topology.yaml:25:7: services is a mapping of keys to values, and this is a list");
    }

    @Test
    void deepNesting() {
        refuses(
                "[".repeat(100_000),
                "topology.yaml:1:51: values stand deeper in each other than 50; no topology needs that");
        refuses(
                "services: " + "{a: ".repeat(100_000),
                "topology.yaml:1:207: values stand deeper in each other than 50; no topology needs that");
        var block = new StringBuilder("services:\n");
        for (int i = 1; i < 1_000; i++) {
            block.append(" ".repeat(i)).append("a:\n");
        }
        refuses(
                block.toString(),
                "topology.yaml:51:51: values stand deeper in each other than 50; no topology needs that");
    }

    @Test
    void aMillionKeysWithCollidingHashes() {
        refuses(colliding(20), "topology.yaml: larger than 3 MB, which no topology is");
        refuses(colliding(16), "topology.yaml:1:1: unknown key '" + "Aa".repeat(16) + "' in a topology");
        refuses(
                "services: [" + "a,".repeat(300_000),
                "topology.yaml:1:500006: more than 250000 values; no topology needs that");
    }

    /** 2^bits keys, each made of Aa and BB, which have one hash. */
    private static String colliding(int bits) {
        var yaml = new StringBuilder();
        for (int i = 0; i < Math.min(1 << bits, 1_000_000); i++) {
            for (int bit = 0; bit < bits; bit++) {
                yaml.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            yaml.append(":\n");
        }
        return yaml.toString();
    }

    @Test
    void hugeNumbers() {
        var huge = "9".repeat(1_000_000);
        var shown = "9".repeat(60) + "…";
        refuses(
                "services: { s: { deploy: { replicas: " + huge + " } } }",
                "topology.yaml:1:38: replicas: '" + shown + "' is not a whole number from 0 to 4096");
        refuses(
                "networks: { n: { x-millrace: { ageing: " + huge + "h } } }",
                "topology.yaml:1:40: ageing: '" + shown
                        + "' is not a duration; one is written 300s, 5m or 1m30s (us, ms, s, m, h)");
        refuses(
                "services: { s: { deploy: { replicas: 1e9 } } }",
                "topology.yaml:1:38: replicas: '1e9' is not a whole number from 0 to 4096");
    }

    @Test
    void aCyclicAlias() {
        refuses("services: &a\n  s1: *a\n", "topology.yaml:1:11: this value contains itself by its own anchor");
        refuses("x-a: &a\n  <<: *a\nservices: {}\n", "topology.yaml:1:6: this value contains itself by its own anchor");
        refuses("x-a: &a [ *a ]\nservices: {}\n", "topology.yaml:1:6: this value contains itself by its own anchor");
    }

    @Test
    void byteOrderMarksAndUtf16() {
        for (var bytes : new byte[][] {
            "\uFEFFservices: {}".getBytes(StandardCharsets.UTF_8),
            "services: {}".getBytes(StandardCharsets.UTF_16),
            "\uFEFFservices: {}".getBytes(StandardCharsets.UTF_16LE),
        }) {
            assertThat(Yamls.refusal(bytes))
                    .isEqualTo("topology.yaml:1:1: starts with a byte order mark; save the file as UTF-8 without one");
        }
        assertThat(Yamls.refusal("services: {}".getBytes(StandardCharsets.UTF_16LE)))
                .isEqualTo("topology.yaml:1:1: a control character");
    }

    @Test
    void tabs() {
        refuses("services:\n\ts1: {}\n", "topology.yaml:2:1: a tab; YAML is indented with spaces");
        assertThat(Yamls.refusal("services:\n" + "\t".repeat(100_000) + "s1: {}\n"))
                .contains("a tab;");
    }

    @Test
    void mergeKeyChains() {
        var chain = new StringBuilder("x-0: &m0 {k0: v}\n");
        for (int i = 1; i <= 40; i++) {
            chain.append("x-%d: &m%d {<<: *m%d, k%d: v}\n".formatted(i, i, i - 1, i));
        }
        refuses(chain + "services: { s: { <<: *m40 } }\n", "topology.yaml:41:23: unknown key 'k40' in a service");
        chain.append("x-41: &m41 {<<: [" + "*m40,".repeat(20) + "]}\n");
        refuses(chain.toString(), "topology.yaml:42:68: more than 50 aliases; no topology needs that");
    }

    @Test
    void tagsThatNameAClass() {
        refuses(
                "services: !!javax.script.ScriptEngineManager [ !!java.net.URLClassLoader [[ !!java.net.URL [\"http://a\"] ]] ]",
                "topology.yaml:1:11: the tag 'tag:yaml.org,2002:javax.script.ScriptEngineManager' has no meaning here");
        refuses("services: !<!evil> {}\n", "topology.yaml:1:11: the tag '!evil' has no meaning here");
    }

    @Test
    void variablesThatStandInEachOther() {
        refuses(
                "services: { s: { x-millrace: { attach: { tap: \"" + "${A:-".repeat(1_000) + "}".repeat(1_000)
                        + "\" } } } }",
                "topology.yaml:1:47: variables stand deeper in each other than 10");
    }

    private static void refuses(String yaml, String sentence) {
        long start = System.nanoTime();
        var refusal = Yamls.refusal(yaml);
        System.out.printf("bomb: %4d ms %s%n", (System.nanoTime() - start) / 1_000_000, refusal);
        assertThat(refusal).isEqualTo(sentence);
    }
}
