package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A loop outside is slowed down, named, and costs the others nothing. */
class OutsideLoopTest {
    @Test
    void twoPortsJoinedOutsideAreNamedAndTheOthersLoseNothing(@TempDir Path directory)
            throws IOException, InterruptedException {
        var outcome = OutsideLoop.run(directory, 2);
        assertThat(outcome.passes()).as("%s", outcome).isTrue();
        assertThat(outcome.flooded()).as("frames of the storm").isGreaterThan(100);
    }
}
