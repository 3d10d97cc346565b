package io.millrace.dataplane.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Every frame has its own bytes, with room in front, until it is given back. */
class FramePoolTest {
    private static final int HEADROOM = 128;

    @Test
    void noTwoFramesShareAByte() {
        for (long seed = 1; seed <= 50; seed++) {
            var random = new SplittableRandom(seed);
            var pool = new FramePool(1 + random.nextInt(40), random.nextInt(5));
            var held = new ArrayList<long[]>();
            for (int step = 0; step < 500; step++) {
                if (random.nextInt(5) < 3) {
                    long frame = pool.allocate(random.nextInt(random.nextInt(6) == 0 ? 70_000 : 1900));
                    if (frame != Frame.NONE) {
                        long mark = random.nextLong();
                        fill(pool, frame, mark);
                        held.add(new long[] {frame, mark});
                    }
                } else if (!held.isEmpty()) {
                    var one = held.remove(random.nextInt(held.size()));
                    assertIntact(pool, one[0], one[1], seed);
                    pool.free(one[0]);
                }
                assertThat(pool.inUse()).as("seed %d", seed).isEqualTo(held.size());
            }
            for (var one : held) {
                assertIntact(pool, one[0], one[1], seed);
                pool.free(one[0]);
            }
            assertThat(pool.inUse()).isZero();
            assertThat(pool.available()).isEqualTo(pool.capacity());
        }
    }

    /** Writes the whole frame, the headroom in front of it and its label. */
    private static void fill(FramePool pool, long frame, long mark) {
        var from = new SplittableRandom(mark);
        for (int at = Frame.head(frame) - HEADROOM; at < Frame.head(frame) + Frame.length(frame); at++) {
            pool.buffer().putByte(at, (byte) from.nextInt());
        }
        pool.label(frame, mark, ~mark);
    }

    private static void assertIntact(FramePool pool, long frame, long mark, long seed) {
        var from = new SplittableRandom(mark);
        for (int at = Frame.head(frame) - HEADROOM; at < Frame.head(frame) + Frame.length(frame); at++) {
            if (pool.buffer().getByte(at) != (byte) from.nextInt()) {
                throw new AssertionError("byte " + at + " was overwritten, seed " + seed);
            }
        }
        assertThat(pool.time(frame)).as("seed %d", seed).isEqualTo(mark);
        assertThat(pool.number(frame)).as("seed %d", seed).isEqualTo(~mark);
    }

    @Test
    void lengthsUpToRoomTakeSmallChunksAndUpToLargeRoomLargeOnes() {
        var pool = new FramePool(4, 1);
        long small = pool.allocate(FramePool.ROOM);
        assertThat(pool.available()).isEqualTo(3);
        long large = pool.allocate(FramePool.ROOM + 1);
        assertThat(pool.available()).isEqualTo(3);
        assertThat(pool.allocate(FramePool.LARGE_ROOM))
                .as("both large chunks are one")
                .isEqualTo(Frame.NONE);
        pool.free(large);
        large = pool.allocate(FramePool.LARGE_ROOM);
        assertThat(Frame.length(large)).isEqualTo(FramePool.LARGE_ROOM);
        assertThat(Frame.head(large) + FramePool.LARGE_ROOM)
                .isLessThanOrEqualTo(pool.buffer().capacity());
        pool.free(large);
        assertThat(pool.allocate(FramePool.LARGE_ROOM + 1)).isEqualTo(Frame.NONE);
        pool.free(small);
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void anEmptyPoolGivesNoFrameAndRecovers() {
        var pool = new FramePool(2, 0);
        long first = pool.allocate(60);
        long second = pool.allocate(60);
        assertThat(pool.allocate(60)).isEqualTo(Frame.NONE);
        assertThat(pool.copy(first)).isEqualTo(Frame.NONE);
        pool.free(second);
        assertThat(pool.allocate(60)).as("the chunk freed last comes first").isEqualTo(second);
        pool.free(first);
        pool.free(second);
    }

    @Test
    void aFrameGivenBackTwiceStopsTheWorker() {
        assumeTrue(FramePool.class.desiredAssertionStatus(), "needs assertions: java -ea");
        var pool = new FramePool(4, 2);
        long frame = pool.allocate(60);
        pool.free(frame);
        assertThatThrownBy(() -> pool.free(frame)).isInstanceOf(AssertionError.class);
        long segment = pool.allocate(9000);
        pool.free(Frame.pull(segment, 14)); // wherever its head is by now, it is the same chunk
        assertThatThrownBy(() -> pool.free(segment)).isInstanceOf(AssertionError.class);
    }

    @Test
    void aFrameKeepsItsChunkWhereverItsHeadIs() {
        var pool = new FramePool(8, 2);
        for (int length : new int[] {0, 60, FramePool.ROOM, 9000, FramePool.LARGE_ROOM}) {
            long frame = pool.allocate(length);
            pool.free(Frame.push(frame, HEADROOM));
            frame = pool.allocate(length);
            pool.free(Frame.pull(frame, length));
            assertThat(pool.inUse()).isZero();
        }
    }

    @Test
    void theLastSmallFramePulledToNothingIsStillASmallOne() {
        var pool = new FramePool(1, 2);
        long frame = pool.allocate(FramePool.ROOM);
        pool.label(frame, 5, 6);
        long nothing = Frame.pull(frame, FramePool.ROOM);
        assertThat(pool.time(nothing)).isEqualTo(5);
        assertThat(pool.number(nothing)).isEqualTo(6);
        pool.free(nothing);
        assertThat(pool.available()).isOne();
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void aCopyHasTheSameBytesLabelAndIngressAndItsOwnMemory() {
        var pool = new FramePool(4, 2);
        for (int length : new int[] {0, 60, 1700, 9000}) {
            long frame = Frame.from(pool.allocate(length), 32_767);
            fill(pool, frame, 5);
            frame = pool.offload(pool.cut(frame, 77), 0x0123_4567_89AB_CDEFL);
            frame = Frame.push(frame, 4);
            long copy = pool.copy(frame);
            assertThat(Frame.length(copy)).isEqualTo(length + 4);
            assertThat(Frame.ingress(copy)).isEqualTo(32_767);
            assertThat(Frame.isCut(copy)).isTrue();
            assertThat(pool.originalLength(copy)).isEqualTo(length + 4 + 77);
            assertThat(pool.offload(copy)).isEqualTo(0x0123_4567_89AB_CDEFL);
            assertThat(pool.time(copy)).isEqualTo(5);
            assertThat(pool.number(copy)).isEqualTo(~5L);
            byte[] bytes = bytes(pool, frame);
            assertThat(bytes(pool, copy)).isEqualTo(bytes);
            fill(pool, copy, 6);
            assertThat(bytes(pool, frame)).isEqualTo(bytes);
            pool.free(frame);
            pool.free(copy);
        }
    }

    @Test
    void whatIsNotCutIsAsLongAsItWas() {
        var pool = new FramePool(1, 0);
        long frame = pool.allocate(60);
        assertThat(pool.originalLength(frame)).isEqualTo(60);
        assertThat(pool.offload(frame)).isZero();
        assertThat(Frame.isCut(frame)).isFalse();
        assertThat(Frame.isOffloaded(frame)).isFalse();
        pool.free(frame);
    }

    @Test
    void aFrameIsItsHeadLengthAndIngress() {
        var random = new SplittableRandom(1);
        for (int i = 0; i < 10_000; i++) {
            int head = random.nextInt(1 << 30);
            int length = random.nextInt(Frame.MAX_LENGTH + 1);
            int ingress = random.nextInt(Frame.MAX_INGRESS + 1);
            long frame = Frame.from(Frame.from(Frame.of(head, length), random.nextInt(Frame.MAX_INGRESS + 1)), ingress);
            assertThat(Frame.head(frame)).isEqualTo(head);
            assertThat(Frame.length(frame)).isEqualTo(length);
            assertThat(Frame.ingress(frame)).isEqualTo(ingress);
        }
    }

    @Test
    void moreThanAGibibyteIsRefused() {
        assertThatThrownBy(() -> new FramePool(1_000_000, 0)).hasMessageContaining("at most 1073741824");
        assertThatThrownBy(() -> new FramePool(0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new FramePool(1, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    private static byte[] bytes(FramePool pool, long frame) {
        byte[] bytes = new byte[Frame.length(frame)];
        pool.buffer().getBytes(Frame.head(frame), bytes);
        return bytes;
    }
}
