package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A peer that is too slow costs the others nothing, and what it costs itself is counted to the frame. */
class SlowPeersTest {
    @TempDir
    Path directory;

    @Test
    void aPortWithTwiceWhatItsLinkTakesDropsTheRestByNameAndOthersLoseNothing()
            throws IOException, InterruptedException {
        var outcome = SlowPeers.full(directory, 2);
        assertThat(outcome.passes()).as("%s", outcome).isTrue();
    }

    @Test
    void aPeerThatDoesNotReadKeepsABoundedQueueAndOthersLoseNothing() throws IOException, InterruptedException {
        var outcome = SlowPeers.still(directory, 2);
        assertThat(outcome.passes()).as("%s", outcome).isTrue();
    }
}
