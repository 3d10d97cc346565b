package io.millrace.dataplane.trials;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Every experiment in its short form, so that each still runs when somebody starts the long one. */
class TrialsTest {
    @Test
    void aFloodOfRandomSourcesDisturbsNobodyWhoWasThereFirst() {
        assertThat(MacFlood.run(200_000, 8192, 1, false)).isTrue();
    }

    @Test
    void framesOfEveryLengthPassOrAreDroppedAsTheMtuSays() {
        assertThat(Lengths.run(9216)).isTrue();
    }

    @Test
    void whatIsLeftToANetworkCardIsDoneAsTheKernelDoesIt() {
        assertThat(Offloads.run(300, 211, 7)).isTrue();
    }

    @Test
    void aLoopOutsideIsSlowedDownNamedAndForgotten() {
        assertThat(Loop.run(1, false)).isTrue();
    }

    @Test
    void theTableHoldsExactlyItsLimit() {
        assertThat(Capacity.run(65_536, false)).isTrue();
    }

    @Test
    void aMillionMutatedFramesDoNoHarm() {
        assertThat(SwitchFuzz.run(1_000_000, 1)).isTrue();
    }

    @Test
    void twoHundredSimulatedNetworksKeepTheirPromises() {
        assertThat(Simulation.run(1, 200)).isTrue();
    }

    @Test
    void aFloodOfFragmentsHarmsNobody() {
        assertThat(FragmentFlood.run(20_000, 1)).isTrue();
    }
}
