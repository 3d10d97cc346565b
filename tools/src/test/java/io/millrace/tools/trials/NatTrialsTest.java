package io.millrace.tools.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The experiments on translation in their short form. */
class NatTrialsTest {
    @Test
    void oneContainerThatTakesEveryPortHarmsNoConnectionAndTheyComeBack() throws IOException {
        assertThat(PortExhaustion.run(0, 1)).isTrue();
    }

    @Test
    void withALimitTheOthersDoNotNotice() throws IOException {
        assertThat(PortExhaustion.run(20_000, 1)).isTrue();
    }
}
