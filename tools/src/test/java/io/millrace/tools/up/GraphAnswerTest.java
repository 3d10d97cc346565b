package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.tools.topology.TopologyFile;
import io.millrace.tools.words.JsonReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code show graph} draws is there: every link is between nodes, or a node and a port. */
class GraphAnswerTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"keep", "drop"})
    @SuppressWarnings("unchecked")
    void everyLinkIsBetweenThingsThatThereAre(String tags) throws Exception {
        var file = Files.writeString(folder.resolve("t.yaml"), """
                x-millrace: { underlay: { interface: u0, address: 10.9.0.1/24 } }
                networks:
                  lan: { driver: overlay, x-millrace: { vtep: { peers: [ 10.9.0.2 ], inner_vlan: %s } } }
                  plain: { driver: overlay }
                services:
                  s1: { networks: [ lan ], x-millrace: { attach: { interface: s1 }, vlan: { access: 10 } } }
                  s2: { networks: [ lan ], x-millrace: { attach: { interface: s2 }, vlan: { trunk: [ 10, 20 ] } } }
                  s3: { networks: [ plain ], x-millrace: { attach: { interface: s3 } } }
                """.formatted(tags));
        var running = new Running(TopologyFile.read(file).topology());
        try {
            var answer = (Map<String, List<Map<String, String>>>) JsonReader.read(new GraphAnswer(running).json());
            var there = new HashSet<>(List.of("s1", "s2", "s3", "underlay"));
            answer.get("nodes").forEach(node -> there.add(node.get("name")));
            assertThat(answer.get("links"))
                    .isNotEmpty()
                    .allSatisfy(link -> assertThat(there).contains(link.get("from"), link.get("to")));
        } finally {
            running.close(new Screen(new PrintWriter(new StringWriter()), false));
        }
    }
}
