package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When frames are due, under a clock that is set by hand. */
class PaceTest {
    private static final long MS = 1_000_000;

    private long now = 777;

    private Pace pace(Pace.By by, double nanosPerUnit) {
        var pace = new Pace(by, nanosPerUnit, () -> now);
        pace.start(777);
        return pace;
    }

    @Test
    void asRecordedAFrameIsDueWhenAsMuchTimeHasPassedAsInTheCapture() {
        var pace = pace(Pace.By.CAPTURE, 1);

        assertThat(pace.isDue(0, 60)).isTrue();
        now += 10 * MS - 1;
        assertThat(pace.isDue(10 * MS, 60)).isFalse();
        now += 1;
        assertThat(pace.isDue(10 * MS, 60)).isTrue();
    }

    @Test
    void aFrameThatComesLateMakesNoFrameAfterItLater() {
        var pace = pace(Pace.By.CAPTURE, 0.5);
        now += 5 * MS;

        assertThat(pace.isDue(2 * MS, 60)).isTrue();
        assertThat(pace.isDue(10 * MS, 60)).isTrue();
        assertThat(pace.isDue(10 * MS + 2, 60)).isFalse();
    }

    @Test
    void aThousandFramesASecondComeOneAMillisecond() {
        var pace = pace(Pace.By.FRAMES, MS);
        int came = 0;
        for (int i = 0; i < 50; i++, now += MS / 5) {
            came += pace.isDue(0, 60) ? 1 : 0;
        }
        assertThat(came).isEqualTo(10);
    }

    @Test
    void aMegabitASecondIsAThousandFramesOfAThousandBits() {
        var pace = pace(Pace.By.BITS, 1000);
        int came = 0;
        for (int i = 0; i < 50; i++, now += MS / 5) {
            came += pace.isDue(0, 125) ? 1 : 0;
        }
        assertThat(came).isEqualTo(10);
    }
}
