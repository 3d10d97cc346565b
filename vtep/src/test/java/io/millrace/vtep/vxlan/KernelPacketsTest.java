package io.millrace.vtep.vxlan;

import static io.millrace.vtep.vxlan.OverlayLab.UNDERLAY;
import static io.millrace.vtep.vxlan.OverlayLab.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.vtep.network.Network.Vtep.Checksum;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the kernel's vxlan device made of frames, we make of them too; and we take out what it put in. */
class KernelPacketsTest {
    private static final String OTHER = "02:aa:00:00:00:0c";

    /** How the kernel's device was set when its packets were recorded, and we are accordingly. */
    enum Recording {
        V4("v4", 42, false),
        V4_CHECKSUM("v4-checksum", 16_777_215, false),
        V4_INHERIT("v4-inherit", 4096, false),
        V6("v6", 42, true),
        V6_ZERO("v6-zero", 1, true);

        private final String file;
        private final int vni;
        private final boolean v6;

        Recording(String file, int vni, boolean v6) {
            this.file = file;
            this.vni = vni;
            this.v6 = v6;
        }

        /** The host that sent what was recorded, or the one it was sent to. */
        OverlayLab lab(boolean sender) {
            var mine = sender ? "b" : "c";
            var theirs = sender ? "c" : "b";
            var peer = v6 ? "2001:db8::" + theirs : sender ? "192.0.2.12" : "192.0.2.11";
            var self = v6 ? "2001:db8::" + mine + "/64" : sender ? "192.0.2.11/24" : "192.0.2.12/24";
            var overlay = new TestOverlay("web", vni).peers(peer).ports("a").keepsTags();
            switch (this) {
                case V4_CHECKSUM -> overlay.checksum(Checksum.FULL);
                case V4_INHERIT -> overlay.dscp(null);
                case V6_ZERO -> overlay.checksum(Checksum.ZERO);
                default -> {}
            }
            var neighbor = Map.of(peer, sender ? OTHER : OverlayLab.MAC);
            return new OverlayLab(self, sender ? OverlayLab.MAC : OTHER, neighbor, UnaryOperator.identity(), overlay);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFrameIsWrappedAsTheKernelWrapsIt(Recording recording) {
        var frames = Recorded.frames(recording.file + ".inner.pcap");
        var packets = Recorded.frames(recording.file + ".outer.pcap");
        assertThat(frames).hasSameSizeAs(packets).hasSizeGreaterThan(10);
        try (var lab = recording.lab(true)) {
            for (int i = 0; i < frames.size(); i++) {
                byte[] packet = lab.given("a", frames.get(i)).takeOne(UNDERLAY);
                checkSums(packet, packets.get(i), recording.v6);
                assertThat(hex(chosenAlike(packet, recording.v6)))
                        .as("frame %d", i)
                        .isEqualTo(hex(chosenAlike(packets.get(i), recording.v6)));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatTheKernelWrappedIsUnwrapped(Recording recording) {
        var frames = Recorded.frames(recording.file + ".inner.pcap");
        var packets = Recorded.frames(recording.file + ".outer.pcap");
        try (var lab = recording.lab(false)) {
            for (int i = 0; i < frames.size(); i++) {
                lab.given(UNDERLAY, packets.get(i)).expect(frames.get(i), "a");
            }
        }
    }

    /** Our packets are also what the RFC's figures say, field by field, the checksums among them. */
    @ParameterizedTest
    @EnumSource
    void aPacketIsWhatTheRfcShows(Recording recording) {
        try (var lab = recording.lab(true)) {
            for (byte[] frame : Recorded.frames(recording.file + ".inner.pcap")) {
                byte[] packet = lab.given("a", frame).takeOne(UNDERLAY);
                var fields = ByteBuffer.wrap(packet);
                int udp = recording.v6 ? 54 : 34;
                int sourcePort = fields.getShort(udp) & 0xFFFF;
                assertThat(sourcePort).isBetween(49_152, 65_535);
                var outer = recording.v6
                        ? new Outer("2001:db8::b", "2001:db8::c", recording.vni)
                                .service(fields.getInt(14) >>> 20 & 0xFF)
                        : new Outer("192.0.2.11", "192.0.2.12", recording.vni).service(packet[15] & 0xFF);
                outer.macs(OTHER, OverlayLab.MAC).ports(sourcePort, 4789).label(fields.getInt(14) & 0xF_FFFF);
                outer.checksum(recording == Recording.V4_CHECKSUM || recording == Recording.V6);
                assertThat(hex(packet)).isEqualTo(hex(outer.around(frame)));
            }
        }
    }

    @Test
    void theBuilderOfPacketsAgreesWithTheKernel() {
        byte[] inner = Recorded.frames("v6.inner.pcap").getFirst();
        byte[] packet = Recorded.frames("v6.outer.pcap").getFirst();
        int sourcePort = ByteBuffer.wrap(packet).getShort(54) & 0xFFFF;
        var outer = new Outer("2001:db8::b", "2001:db8::c", 42)
                .macs(OTHER, OverlayLab.MAC)
                .ports(sourcePort, 4789);
        assertThat(hex(outer.around(inner))).isEqualTo(hex(packet));
    }

    /** Both have a checksum or both have none, and what is there is right. */
    private static void checkSums(byte[] packet, byte[] recorded, boolean v6) {
        int udp = v6 ? 54 : 34;
        boolean checked = ByteBuffer.wrap(recorded).getShort(udp + 6) != 0;
        assertThat(ByteBuffer.wrap(packet).getShort(udp + 6) != 0).isEqualTo(checked);
        for (byte[] each : new byte[][] {packet, recorded}) {
            assertThat(v6 ? 0xFFFF : Outer.sum(each, 14, 20)).isEqualTo(0xFFFF);
            assertThat(checked ? Outer.datagramSum(each, udp, each.length - udp) : 0xFFFF)
                    .isEqualTo(0xFFFF);
        }
    }

    /** Without the fields that are each sender's to choose, and the sums over them: source port, identification, flow label. */
    private static byte[] chosenAlike(byte[] packet, boolean v6) {
        var alike = ByteBuffer.wrap(Arrays.copyOf(packet, packet.length));
        int udp = v6 ? 54 : 34;
        alike.putShort(udp, (short) 0).putShort(udp + 6, (short) 0);
        if (v6) {
            alike.putInt(14, alike.getInt(14) & 0xFFF0_0000);
        } else {
            alike.putShort(18, (short) 0).putShort(24, (short) 0);
        }
        return alike.array();
    }
}
