package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** E10, short: {@code trial kills} is the long form. */
class KillsTest {
    @Test
    void whateverWasAcknowledgedIsThereAfterAKillAndConnectionsGoOn(@TempDir Path directory) throws Exception {
        try (var kills = new Kills(directory)) {
            var outcome = kills.run(2, 7);
            assertThat(outcome.acknowledged()).isPositive();
            assertThat(outcome.lost()).as("changes, %s", outcome).isZero();
            assertThat(outcome.doubled()).as("ports, %s", outcome).isZero();
            assertThat(outcome.dead()).as("connections, %s", outcome).isZero();
        }
    }
}
