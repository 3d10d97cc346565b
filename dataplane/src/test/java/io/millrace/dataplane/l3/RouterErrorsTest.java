package io.millrace.dataplane.l3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.capture.CaptureReader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.l3.IcmpErrors.Unreachable;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A router's errors are Linux's, byte by byte but for what is a router's own choice: precedence, identification, flow label,
 * hops, and whether the error itself may be fragmented. Linux quotes some packets after it has taken a hop off them; ours are
 * as they came (RFC 1812 section 4.3.2.3). {@code router.sh} recorded Linux.
 */
class RouterErrorsTest {
    private static final int IP = 14;
    private static final int MTU = 1400;
    private static final long MAC = 0x0200_0000_0001L;
    private static final long GATEWAY_V4 = 0xFFFF_0A01_0001L;
    private static final long GATEWAY_HIGH = 0xFD00_0001_0000_0000L;
    private static final HexFormat HEX = HexFormat.of();

    private final FramePool pool = new FramePool(128, 1);
    private final Counters counters = new Counters();
    private final Graph graph = new Graph(pool, counters);
    private final IcmpErrors errors = new IcmpErrors(graph);
    private final List<byte[]> recorded = recorded();

    /** What is recorded, in order: a question and Linux's answer to it, first in IPv4, then in IPv6. */
    private enum Trouble {
        NO_ROUTE(errors -> errors.unreachable(Unreachable.NETWORK)),
        TIME_EXCEEDED(IcmpErrors::timeExceeded),
        SILENT(errors -> errors.unreachable(Unreachable.HOST)),
        PORT(errors -> errors.unreachable(Unreachable.PORT)),
        PROHIBITED(errors -> errors.unreachable(Unreachable.PROHIBITED)),
        TOO_BIG(errors -> errors.tooBig(MTU));

        private final ToLongFunction<IcmpErrors> tell;

        Trouble(ToLongFunction<IcmpErrors> tell) {
            this.tell = tell;
        }
    }

    private static List<byte[]> recorded() {
        var in = Objects.requireNonNull(RouterErrorsTest.class.getResourceAsStream("router.pcap"));
        try (var capture = CaptureReader.of(in, "router.pcap")) {
            var frames = new ArrayList<byte[]>();
            while (capture.next()) {
                var frame = new byte[capture.captured()];
                capture.buffer().getBytes(capture.offset(), frame);
                frames.add(frame);
            }
            return frames;
        }
    }

    private byte[] question(Trouble trouble, boolean v6) {
        return recorded.get(2 * (trouble.ordinal() + (v6 ? Trouble.values().length : 0)));
    }

    private byte[] linux(Trouble trouble, boolean v6) {
        return recorded.get(2 * (trouble.ordinal() + (v6 ? Trouble.values().length : 0)) + 1);
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(pool.inUse()).isZero();
    }

    private byte[] about(byte[] packet, Trouble trouble, long high, long low) {
        long frame = pool.allocate(packet.length);
        pool.buffer().putBytes(Frame.head(frame), packet);
        long error = errors.wrap(frame) ? trouble.tell.applyAsLong(errors.from(MAC, high, low)) : Frame.NONE;
        pool.free(frame);
        if (error == Frame.NONE) {
            return new byte[0];
        }
        var bytes = new byte[Frame.length(error)];
        pool.buffer().getBytes(Frame.head(error), bytes);
        pool.free(error);
        return bytes;
    }

    private byte[] v4(Trouble trouble) {
        return about(question(trouble, false), trouble, 0, GATEWAY_V4);
    }

    /** Frame as text, with ones in place of what is a matter of choice. */
    private static String withoutChoices(byte[] error) {
        var bytes = error.clone();
        int[] choices = bytes[12] == 0x08 ? new int[] {1, 4, 5, 6, 8, 10, 11} : new int[] {0, 1, 2, 3, 7};
        for (int choice : choices) {
            bytes[IP + choice] = 1;
        }
        if (bytes[12] == 0x08 && bytes[IP + 28 + 8] == 63) {
            bytes[IP + 28 + 8]++;
            bytes[IP + 28 + 10]--; // the quoted header's checksum
        } else if (bytes[12] != 0x08 && bytes[IP + 48 + 7] == 63) {
            bytes[IP + 48 + 7]++;
            bytes[IP + 43]--; // the ICMPv6 checksum
        }
        return HEX.formatHex(bytes);
    }

    @ParameterizedTest
    @EnumSource
    void anErrorIsWhatALinuxRouterTells(Trouble trouble) {
        assertThat(withoutChoices(v4(trouble))).isEqualTo(withoutChoices(linux(trouble, false)));
        assertThat(withoutChoices(about(question(trouble, true), trouble, GATEWAY_HIGH, 1)))
                .isEqualTo(withoutChoices(linux(trouble, true)));
        assertThat(counters.account(0).originated()).isEqualTo(2);
    }

    /** RFC 5508 section 8, REQ-8 leaves the code to the box; RFC 1812 section 5.2.7.1 has 13 for what a rule forbids. */
    @Test
    void nothingLeftToRememberAConnectionByIsToldAsProhibited() {
        var packet = question(Trouble.PROHIBITED, false);
        long frame = pool.allocate(packet.length);
        pool.buffer().putBytes(Frame.head(frame), packet);
        assertThat(errors.wrap(frame)).isTrue();
        long error = errors.from(MAC, 0, GATEWAY_V4).unreachable(Unreachable.EXHAUSTED);
        assertThat(pool.buffer().getByte(Frame.head(error) + 34)).isEqualTo((byte) 3);
        assertThat(pool.buffer().getByte(Frame.head(error) + 35)).isEqualTo((byte) 13);
        pool.free(error);
        pool.free(frame);
    }

    @Test
    void whoHasNoAddressOfThePacketsFamilyTellsNothing() {
        assertThat(about(question(Trouble.PORT, false), Trouble.PORT, GATEWAY_HIGH, 1))
                .isEmpty();
        assertThat(about(question(Trouble.PORT, true), Trouble.PORT, 0, GATEWAY_V4))
                .isEmpty();
        assertThat(counters.account(0).originated()).isZero();
    }

    @Test
    void nothingIsToldToOneself() {
        assertThat(about(question(Trouble.PORT, false), Trouble.PORT, 0, 0xFFFF_0A01_0002L))
                .isEmpty();
        assertThat(about(question(Trouble.PORT, true), Trouble.PORT, GATEWAY_HIGH, 2))
                .isEmpty();
    }

    @Test
    void whoTellsIsForgottenWithTheFrame() {
        v4(Trouble.PORT);
        long frame = pool.allocate(question(Trouble.PORT, false).length);
        pool.buffer().putBytes(Frame.head(frame), question(Trouble.PORT, false));
        assertThat(errors.wrap(frame)).isTrue();
        long error = errors.tooBig(MTU);
        assertThat(pool.buffer().getInt(Frame.head(error) + 26, ByteOrder.BIG_ENDIAN))
                .isEqualTo(0xC000_0209);
        pool.free(error);
        pool.free(frame);
    }

    /** What cannot be remembered is told ten times a second at most, and takes nothing from the others' hundred. */
    @Test
    void exhaustionIsToldTenTimesASecond() {
        assertThat(exhaustedAt(0, 20)).isOne();
        int second = 0;
        for (long now = 1_000_000; now < 1_000_000_000; now += 1_000_000) {
            second += exhaustedAt(now, 5);
        }
        assertThat(second).isEqualTo(IcmpErrors.EXHAUSTED_RATE - 1);
        for (int i = 0; i < IcmpErrors.BURST; i++) {
            assertThat(v4(Trouble.PORT)).as("the others' %d", i).isNotEmpty();
        }
        assertThat(v4(Trouble.PORT)).isEmpty();
    }

    private int exhaustedAt(long now, int asked) {
        graph.run(now);
        var packet = question(Trouble.PROHIBITED, false);
        int told = 0;
        for (int i = 0; i < asked; i++) {
            long frame = pool.allocate(packet.length);
            pool.buffer().putBytes(Frame.head(frame), packet);
            assertThat(errors.wrap(frame)).isTrue();
            long error = errors.from(MAC, 0, GATEWAY_V4).unreachable(Unreachable.EXHAUSTED);
            pool.free(frame);
            if (error != Frame.NONE) {
                told++;
                pool.free(error);
            }
        }
        return told;
    }
}
