package io.millrace.tools.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Experiments on NAT in their short form, so that each still runs when somebody starts the long one. */
class NatTrialsTest {
    @Test
    void oneContainerThatTakesEveryPortHarmsNoConnectionAndTheyComeBack() throws IOException {
        assertThat(PortExhaustion.run(0, 1)).isTrue();
    }

    @Test
    void withALimitTheOthersDoNotNotice() throws IOException {
        assertThat(PortExhaustion.run(20_000, 1)).isTrue();
    }

    @Test
    void aFloodOfSynsFromNobodyEndsNoConnectionAndKeepsNobodyOut() throws IOException {
        assertThat(SynFlood.run(100_000, 16_384, 1, false)).isTrue();
    }
}
