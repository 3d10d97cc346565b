package io.millrace.tools.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Every experiment in its short form, so that each still runs when somebody starts the long one. */
class TunnelTrialsTest {
    @Test
    void packetsFromUnknownHostsReachNobodyTeachNothingAndDisturbNoTunnel() throws IOException {
        assertThat(UnknownPeers.run(200_000, 10_000, 1)).isTrue();
    }

    @Test
    void noFrameOfOneNetworkIsEverSeenInAnother() throws IOException {
        assertThat(EveryIdentifier.run(300_000, 257, 1)).isTrue();
    }
}
