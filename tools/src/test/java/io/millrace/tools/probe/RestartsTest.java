package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections outlive the process that translates them. */
class RestartsTest {
    @Test
    void downloadsAndConversationsGoOnWhileMillraceIsStoppedAndKilledAndStartedAgain(@TempDir Path directory)
            throws Exception {
        try (var restarts = new Restarts(directory)) {
            var outcome = restarts.run(100_000_000, 3, 1_000, 5);
            assertThat(outcome.inFlight()).as("%s", outcome).isTrue();
            assertThat(outcome.isWhole()).as("%s", outcome).isTrue();
            assertThat(outcome.goesOn()).as("%s", outcome).isTrue();
        }
    }
}
