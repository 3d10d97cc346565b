package io.millrace.tools.nat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who floods a published port keeps nobody out. */
class FloodedHostsTest {
    /** More of them than connections are tracked. */
    @Test
    void besideAFloodOfSpoofedSynsConnectionsAreMadeAndNoneIsLost(@TempDir Path directory)
            throws IOException, InterruptedException {
        var outcome = FloodedHosts.run(directory, 4, 10_000, 16_384);
        assertThat(outcome.isRight()).as("%s", outcome).isTrue();
    }
}
