package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.millrace.codec.capture.LinkType;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class CodecFuzzTest {
    @Test
    void noDamagedFrameThrowsOrReadsWhatIsNotItsOwn() {
        long seed = Long.getLong("millrace.fuzz.seed", System.nanoTime());
        System.out.println("CodecFuzz: 200000 frames, seed " + seed);
        assertThatCode(() -> new CodecFuzz(seed).run(200_000))
                .as("CodecFuzz 200000 %d", seed)
                .doesNotThrowAnyException();
    }

    @Test
    void everyOddFrameCutAtEveryByteIsReadToItsEndAndNoFurther() {
        var text = new FrameText();
        for (var frame : OddFrame.all()) {
            for (int cut = 0; cut <= frame.bytes().length; cut++) {
                var buffer = new UnsafeBuffer(Arrays.copyOf(frame.bytes(), cut));
                text.of(LinkType.ETHERNET, buffer, 0, cut, frame.original());
                text.of(LinkType.ETHERNET, buffer, 0, cut, cut);
            }
        }
    }
}
