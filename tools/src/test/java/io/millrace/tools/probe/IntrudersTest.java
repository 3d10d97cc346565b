package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packets of hosts that are no peers get nowhere. */
class IntrudersTest {
    @Test
    void packetsOfStrangersGetNowhereTeachNothingAndAreCountedAsThat(@TempDir Path directory)
            throws IOException, InterruptedException {
        var outcome = Intruders.run(directory, 10_000, 10_000);
        assertThat(outcome.isTight()).as("%s", outcome).isTrue();
        assertThat(outcome.lost()).as("%s", outcome).isLessThan(outcome.sent());
    }
}
