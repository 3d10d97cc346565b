package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a sender left undone is known by the bytes alone, and nothing else is ever taken for it. */
class UnfinishedChecksumTest {
    private static final String MACS = "020000000002" + "020000000001";
    private static final String VLAN = "81000064";
    private static final String SERVICE = "88a80007";
    // 192.0.2.1 to 192.0.2.2: their sum is 0x8403.
    private static final String UDP4 = "0800" + "45000021000040004011b6c8" + "c0000201" + "c0000202";
    private static final int SUM4 = 0xc000 + 0x0201 + 0xc000 + 0x0202;

    private final FramePool pool = new FramePool(16, 2);

    @AfterEach
    void nothingIsLost() {
        assertThat(pool.inUse()).isZero();
    }

    /** The state after looking at these bytes; 0: none. */
    private long state(String hex, int mtu) {
        var bytes = HexFormat.of().parseHex(hex);
        long frame = pool.allocate(bytes.length);
        pool.buffer().putBytes(Frame.head(frame), bytes);
        long marked = UnfinishedChecksum.mark(pool, frame, mtu);
        long state = pool.offload(marked);
        pool.free(marked);
        return state;
    }

    private long state(String hex) {
        return state(hex, 1500);
    }

    private static String hex16(int value) {
        return HexFormat.of().toHexDigits((short) value);
    }

    private static int fold(int sum) {
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    /** A datagram of 5 bytes of payload. */
    private static String udp(int checksum) {
        return "30390035000d" + hex16(checksum) + "68656c6c6f";
    }

    private static final int PARTIAL = fold(SUM4 + 17 + 13);
    private static final int RIGHT =
            ~fold(fold(SUM4 + 17 + 13 + 0x3039 + 0x35 + 13 + 0x6865 + 0x6c6c + 0x6f00)) & 0xFFFF;

    @Test
    void aFieldThatHoldsThePseudoHeadersSumIsUnfinished() {
        assertThat(state(MACS + UDP4 + udp(PARTIAL))).isEqualTo(Offload.of(Offload.WHOLE, 0, 34, 6));
        assertThat(state(MACS + VLAN + UDP4 + udp(PARTIAL))).isEqualTo(Offload.of(Offload.WHOLE, 0, 38, 6));
        assertThat(state(MACS + SERVICE + VLAN + UDP4 + udp(PARTIAL))).isEqualTo(Offload.of(Offload.WHOLE, 0, 42, 6));
        assertThat(state(MACS + VLAN + VLAN + VLAN + UDP4 + udp(PARTIAL))).isZero();
    }

    @Test
    void aRightOneAWrongOneAndNoneStayWhatTheyAre() {
        assertThat(state(MACS + UDP4 + udp(RIGHT))).isZero();
        assertThat(state(MACS + UDP4 + udp(0))).isZero();
        var random = new SplittableRandom(1);
        for (int i = 0; i < 2000; i++) {
            int checksum = random.nextInt(0x10000);
            assertThat(state(MACS + UDP4 + udp(checksum)) != 0).isEqualTo(checksum == PARTIAL);
        }
    }

    @Test
    void aRightOneThatLooksUnfinishedIsRight() {
        // The payload's last word makes the whole checksum equal to the sum of the pseudo-header.
        int rest = fold(fold(0x3039 + 0x35 + 14 + 0x6865 + 0x6c6c));
        int partial = fold(SUM4 + 17 + 14);
        int last = 0xFFFF - fold(fold(partial + partial + rest));
        var ip = UDP4.replace("45000021", "45000022");
        assertThat(state(MACS + ip + "30390035000e" + hex16(partial) + "68656c6c" + hex16(last)))
                .isZero();
        assertThat(state(MACS + ip + "30390035000e" + hex16(partial) + "68656c6c" + hex16(last ^ 1)))
                .isNotZero();
    }

    @Test
    void fragmentsAndCutPacketsAreLeftAlone() {
        assertThat(state(MACS + UDP4.replace("00004000", "00002000") + udp(PARTIAL)))
                .isZero();
        assertThat(state(MACS + UDP4.replace("45000021", "45000022") + udp(PARTIAL)))
                .isZero();
        var whole = MACS + UDP4 + udp(PARTIAL);
        for (int length = 0; length < whole.length() / 2; length++) {
            assertThat(state(whole.substring(0, 2 * length))).isZero();
        }
    }

    @Test
    void theSameOverIpv6AlsoBehindOptions() {
        var addresses = "fe80000000000000" + "0000000000000001" + "fe80000000000000" + "0000000000000002";
        int sum = fold(0xfe80 + 1 + 0xfe80 + 2 + 17 + 13);
        assertThat(state(MACS + "86dd" + "60000000000d11ff" + addresses + udp(sum)))
                .isEqualTo(Offload.of(Offload.WHOLE, 0, 54, 6));
        assertThat(state(MACS + "86dd" + "60000000001500ff" + addresses + "1100010400000000" + udp(sum)))
                .isEqualTo(Offload.of(Offload.WHOLE, 0, 62, 6));
        assertThat(state(MACS + "86dd" + "6000000000152cff" + addresses + "1100000100000000" + udp(sum)))
                .isZero();
    }

    @Test
    void insideVxlanTheInnerChecksumMayBeTheUnfinishedOne() {
        var inner = MACS + UDP4 + udp(PARTIAL);
        int length = inner.length() / 2 + 16;
        var outer = MACS + UDP4.replace("45000021", "4500" + hex16(length + 20)) + "c00012b5" + hex16(length) + "0000"
                + "0800000000000500";
        assertThat(state(outer + inner)).isEqualTo(Offload.of(Offload.WHOLE, 0, 50 + 34, 6));
        assertThat(state(outer + MACS + UDP4 + udp(RIGHT))).isZero();
    }

    @Test
    void aTcpSegmentLongerThanTheMtuIsSeveralInOne() {
        int payload = 4000;
        int partial = fold(SUM4 + 6 + 20 + payload);
        var ip = "0800" + "4500" + hex16(40 + payload) + "000040004006b6c8" + "c0000201" + "c0000202";
        var data = "00".repeat(payload);
        var tcp = "30390050" + "00000001" + "00000000" + "5010ffff" + hex16(partial) + "0000";
        assertThat(state(MACS + ip + tcp + data)).isEqualTo(Offload.of(Offload.TCP_V4, 1460, 34, 16));
        assertThat(state(MACS + VLAN + ip + tcp + data, 1400)).isEqualTo(Offload.of(Offload.TCP_V4, 1360, 38, 16));
        assertThat(state(MACS + ip + tcp.replace("5010", "5090") + data, 1500))
                .isEqualTo(Offload.of(Offload.TCP_V4 | Offload.ECN, 1460, 34, 16));
        assertThat(state(MACS + ip + tcp + data, 9000)).isEqualTo(Offload.of(Offload.WHOLE, 0, 34, 16));
        int sum = partial + 0x3039 + 0x50 + 1 + 0x5010 + 0xffff;
        var right = tcp.replace(hex16(partial) + "0000", hex16(~fold(fold(sum))) + "0000");
        assertThat(state(MACS + ip + right + data)).isEqualTo(Offload.of(Offload.TCP_V4, 1460, 34, 16));
        assertThat(state(MACS + ip + right + "01" + data.substring(2))).isZero();
    }
}
