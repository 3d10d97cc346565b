package io.millrace.vtep.vxlan;

import static io.millrace.vtep.vxlan.OverlayLab.UNDERLAY;
import static io.millrace.vtep.vxlan.OverlayLab.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Port;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames of every length go through a tunnel unchanged, up to the last byte that fits. */
class LengthsTest {
    /** The longest frame in a packet of 65,535 bytes, which is all that IPv4 can say: without the headers of IP, UDP and VXLAN. */
    private static final int MOST_V4 = 65_535 - 36;

    private static final int MOST_V6 = 65_535 - 56;

    private static byte[] frame(int length) {
        byte[] frame = new byte[length];
        for (int i = 0; i < length; i++) {
            frame[i] = (byte) (i * 31 + (i >> 8));
        }
        System.arraycopy(HexFormat.of().parseHex("02000000000b02000000000a88b5"), 0, frame, 0, 14);
        return frame;
    }

    private static OverlayLab host(boolean v6, boolean sender, UnaryOperator<Port> around) {
        var here = v6 ? "2001:db8::b" : "192.0.2.11";
        var there = v6 ? "2001:db8::c" : "192.0.2.12";
        var web = new TestOverlay("web", 42).ports("a").peers(sender ? there : here);
        var hops = Map.of(sender ? there : here, sender ? "02:aa:00:00:00:0c" : OverlayLab.MAC);
        var mac = sender ? OverlayLab.MAC : "02:aa:00:00:00:0c";
        return new OverlayLab((sender ? here : there) + (v6 ? "/64" : "/24"), mac, hops, around, web);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFrameOfAnyLengthArrivesAsItWas(boolean v6) {
        try (var one = host(v6, true, UnaryOperator.identity());
                var other = host(v6, false, UnaryOperator.identity())) {
            for (int length = 14; length <= 1514; length++) {
                through(one, other, length);
            }
            for (int length = FramePool.ROOM - 100; length <= FramePool.ROOM + 10; length++) {
                through(one, other, length);
            }
            for (int length : new int[] {4000, 9014, 16_000, 32_768, v6 ? MOST_V6 : MOST_V4}) {
                through(one, other, length);
            }
        }
    }

    private static void through(OverlayLab one, OverlayLab other, int length) {
        byte[] packet = one.given("a", frame(length)).takeOne(UNDERLAY);
        other.given(UNDERLAY, packet).expect(frame(length), "a");
        byte[] trailed = Arrays.copyOf(packet, packet.length + 7); // padding, or a frame check sequence
        other.given(UNDERLAY, trailed).expect(frame(length), "a");
    }

    @Test
    void aFrameBeforeItsHeadersIsNotTouched() {
        try (var lab = host(false, true, UnaryOperator.identity())) {
            long frame = lab.pool.allocate(100);
            int head = Frame.head(frame);
            lab.pool.buffer().setMemory(head - 64, 164, (byte) 0x5A);
            lab.pool.buffer().putBytes(head, frame(100));
            lab.put("a", frame).settle();
            lab.takeOne(UNDERLAY);
            for (int i = 57; i <= 64; i++) { // the first word of the headers may reach 6 bytes further
                assertThat(lab.pool.buffer().getByte(head - i)).isEqualTo((byte) 0x5A);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theLastByteThatFitsTheUnderlayPassesAndOneMoreDoesNot(boolean v6) {
        for (int mtu : new int[] {1280, 1500, 1550, 9000, 65_535, 65_536}) {
            int most = Math.min(mtu, 65_535) + 14 - (v6 ? 70 : 50);
            try (var lab = host(v6, true, port -> new Narrow(port, mtu))) {
                byte[] packet = lab.given("a", frame(most)).takeOne(UNDERLAY);
                assertThat(packet).hasSize(14 + Math.min(mtu, 65_535));
                lab.given("a", frame(most + 1)).nothingElse();
                assertThat(lab.drops(Drop.EXCEEDS_TUNNEL)).isOne();
            }
        }
    }

    /** Where the port has no limit IP's length field still has. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIpCannotSayTheLengthOfIsNotSent(boolean v6) {
        try (var lab = host(v6, true, UnaryOperator.identity())) {
            for (int length : new int[] {(v6 ? MOST_V6 : MOST_V4) + 1, 66_000, FramePool.LARGE_ROOM}) {
                lab.given("a", frame(length)).nothingElse();
            }
            assertThat(lab.drops(Drop.EXCEEDS_TUNNEL)).isEqualTo(3);
        }
    }

    @Test
    void aTagThatIsTakenOffDoesNotCount() {
        try (var lab = host(false, true, port -> new Narrow(port, 1500))) {
            byte[] plain = frame(1464);
            for (int tags = 1; tags <= 3; tags++) {
                var tagged = ByteBuffer.allocate(plain.length + 4 * tags).put(plain, 0, 12);
                for (int i = 0; i < tags; i++) {
                    tagged.putInt(i % 2 == 0 ? 0x8100_000A : 0x88A8_0014);
                }
                byte[] packet = lab.given(
                                "a", tagged.put(plain, 12, plain.length - 12).array())
                        .takeOne(UNDERLAY);
                assertThat(hex(Arrays.copyOfRange(packet, 50, packet.length))).isEqualTo(hex(plain));
            }
        }
    }

    // ------------------------------------------------------------------ captures that kept only the beginning

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ofACutFrameTheHeadersSayWhatItsWholeLengthWas(boolean v6) {
        int outer = v6 ? 70 : 50;
        try (var one = host(v6, true, port -> new Narrow(port, 1500));
                var other = host(v6, false, UnaryOperator.identity())) {
            for (int kept : new int[] {14, 15, 60, 96}) {
                long cut = one.pool.allocate(kept);
                one.pool.buffer().putBytes(Frame.head(cut), frame(1000), 0, kept);
                byte[] packet =
                        one.put("a", one.pool.cut(cut, 1000 - kept)).settle().takeOne(UNDERLAY);
                assertThat(packet).hasSize(outer + kept);
                assertThat(ByteBuffer.wrap(packet).getShort(outer - 12)).isEqualTo((short) 1016);
                assertThat(ByteBuffer.wrap(packet).getShort(outer - 10))
                        .as("nobody can sum what is not there")
                        .isZero();
                assertThat(ByteBuffer.wrap(packet).getShort(v6 ? 18 : 16)).isEqualTo((short) (v6 ? 1016 : 1036));

                long again = other.pool.allocate(packet.length);
                other.pool.buffer().putBytes(Frame.head(again), packet);
                other.put(UNDERLAY, other.pool.cut(again, 1000 - kept));
                other.turn();
                other.end("a").takeAll(bare -> {
                    assertThat(Frame.isCut(bare)).isTrue();
                    assertThat(Frame.length(bare)).isEqualTo(kept);
                    assertThat(other.pool.originalLength(bare)).isEqualTo(1000);
                    other.pool.free(bare);
                });
            }
            long tooLong = one.pool.allocate(60);
            one.pool.buffer().putBytes(Frame.head(tooLong), frame(60));
            one.put("a", one.pool.cut(tooLong, 1465 - 60)).settle();
            assertThat(one.drops(Drop.EXCEEDS_TUNNEL)).isOne();
        }
    }

    /** What a capture lacks may be no more than what followed the packet: then the frame is whole. */
    @Test
    void aFrameOfWhichOnlyTheTrailerIsMissingIsWhole() {
        try (var one = host(false, true, UnaryOperator.identity());
                var other = host(false, false, UnaryOperator.identity())) {
            byte[] packet = one.given("a", frame(100)).takeOne(UNDERLAY);
            long cut = other.pool.allocate(packet.length);
            other.pool.buffer().putBytes(Frame.head(cut), packet);
            other.put(UNDERLAY, other.pool.cut(cut, 4));
            other.turn();
            other.end("a").takeAll(bare -> {
                assertThat(Frame.isCut(bare)).isFalse();
                assertThat(Frame.length(bare)).isEqualTo(100);
                other.pool.free(bare);
            });
        }
    }
}
