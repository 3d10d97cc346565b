package io.millrace.vtep.vxlan;

import static io.millrace.vtep.vxlan.OverlayLab.UNDERLAY;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Service bytes on the way in and out, RFC 6040. */
class CongestionTest {
    private static final int DROP = -1;

    /** Figure 4 of RFC 6040: rows are the inner mark, columns the outer one, both 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE. */
    private static final int[][] FIGURE_4 = {{0, 0, 0, DROP}, {1, 1, 1, 3}, {2, 1, 2, 3}, {3, 3, 3, 3}};

    private static OverlayLab lab(boolean v6, @Nullable Integer dscp) {
        var peer = v6 ? "2001:db8::c" : "192.0.2.12";
        var web = new TestOverlay("web", 42).ports("a").dscp(dscp).peers(peer);
        return new OverlayLab(v6 ? "2001:db8::b/64" : "192.0.2.11/24", Map.of(peer, "02:aa:00:00:00:0c"), web);
    }

    private static byte[] inner(boolean v6, int service) {
        var inner = new Inner(v6, false, 40);
        var frame = ByteBuffer.wrap(inner.finished());
        if (v6) {
            frame.putInt(14, 6 << 28 | service << 20 | 0xABCDE);
        } else {
            frame.put(15, (byte) service).putShort(24, (short) 0);
            frame.putShort(24, (short) ~Outer.sum(frame.array(), 14, 20));
        }
        return frame.array();
    }

    private static int service(byte[] frame, boolean v6) {
        return v6 ? ByteBuffer.wrap(frame).getInt(14) >>> 20 & 0xFF : frame[15] & 0xFF;
    }

    @ParameterizedTest
    @CsvSource({"false,false,false", "false,false,true", "false,true,false", "true,false,true", "true,true,true"})
    void marksOnTheOuterHeaderGoInsideAsTheFigureShows(boolean outerV6, boolean innerV6, boolean checksum) {
        try (var lab = lab(outerV6, 0)) {
            var outer =
                    outerV6 ? new Outer("2001:db8::c", "2001:db8::b", 42) : new Outer("192.0.2.12", "192.0.2.11", 42);
            outer.macs(OverlayLab.MAC, "02aa0000000c").checksum(checksum);
            for (int mark = 0; mark < 16; mark++) {
                byte[] frame = inner(innerV6, 0xB8 | mark >> 2);
                lab.given(UNDERLAY, outer.service(0x20 | mark & 3).around(frame));
                int expected = FIGURE_4[mark >> 2][mark & 3];
                var came = lab.take("a");
                assertThat(came).hasSize(expected == DROP ? 0 : 1);
                for (byte[] out : came) {
                    assertThat(OverlayLab.hex(out)).isEqualTo(OverlayLab.hex(inner(innerV6, 0xB8 | expected)));
                }
            }
            assertThat(lab.drops(Drop.INNER_CONGESTION)).isOne();
        }
    }

    /** Section 4.1, normal mode: the mark goes outside as it is; the code point as set, or as it is inside. */
    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void theServiceByteGoesOutside(boolean outerV6, boolean innerV6) {
        for (var dscp : Arrays.asList(null, 0, 46, 63)) {
            try (var lab = lab(outerV6, dscp)) {
                for (int service = 0; service < 256; service++) {
                    byte[] packet = lab.given("a", inner(innerV6, service)).takeOne(UNDERLAY);
                    int expected = dscp == null ? service : dscp << 2 | service & 3;
                    assertThat(service(packet, outerV6)).isEqualTo(expected);
                    assertThat(outerV6 ? 0xFFFF : Outer.sum(packet, 14, 20)).isEqualTo(0xFFFF);
                }
            }
        }
    }
}
