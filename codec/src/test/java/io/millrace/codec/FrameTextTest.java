package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.capture.LinkType;
import java.util.Arrays;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FrameTextTest {
    @Test
    void aPacketInVxlanIsOneLinePerLayer() {
        assertThat(text("vxlan sport")).isEqualTo("""
                        Ethernet  02:00:00:00:00:01 > 02:00:00:00:00:02  IPv4 (0x0800)
                        IPv4  10.0.0.1 > 10.0.0.2  UDP (17)  length 83  ttl 64
                        UDP  4789 > 999  length 63
                        VXLAN  VNI 5
                        Ethernet  02:00:00:00:00:01 > 02:00:00:00:00:02  IPv4 (0x0800)
                        IPv4  10.0.0.1 > 10.0.0.2  UDP (17)  length 33  ttl 64
                        UDP  1000 > 2000  length 13
                        payload  5 bytes
                        """);
    }

    @Test
    void aNameFromTheWireCannotCommandATerminal() {
        assertThat(text("tab cr")).contains("query 0x0001  \\t\\r\\033 type 1");
        assertThat(text("c1")).contains("\\u0085 type 1");
    }

    @Test
    void aNameThatPointsAtItselfEnds() {
        assertThat(text("ptr loop")).contains("<Name contains a pointer that loops> type 1");
    }

    @Test
    void anIcmpErrorSaysWhatItIsAbout() {
        assertThat(text("icmp 3/4 quoted tcp 8")).endsWith("""
                        ICMP  destination unreachable (3/4)  MTU 1500
                        about the packet
                        IPv4  10.0.0.1 > 10.0.0.2  TCP (6)  length 70  ttl 64
                        TCP  cut
                        """);
    }

    @Test
    void aWrongChecksumIsSaidAndACutOneIsNotJudged() {
        assertThat(text("tcp bad ck")).contains("checksum bad");
        assertThat(text("cut tcp at 60")).contains("checksum not verified").contains("payload  30 bytes, cut");
    }

    @Test
    void tunnelsInTunnelsEndSomewhere() {
        byte[] tags = new byte[14 + 4 * 300];
        for (int i = 12; i < tags.length - 2; i += 4) {
            tags[i] = (byte) 0x81;
        }
        String text = new FrameText().of(LinkType.ETHERNET, new UnsafeBuffer(tags), 0, tags.length, tags.length);
        assertThat(text.lines()).hasSize(FrameWalk.MOST_LAYERS + 1);
        assertThat(text).endsWith("note  " + Malformed.NESTED_TOO_DEEP.sentence() + "\n");
    }

    @Test
    void frameByFrameTheClassifierNamesWhatIsInside() {
        assertThat(classified("vlan ip")).isEqualTo(Protocol.UDP);
        assertThat(classified("vxlan sport")).isEqualTo(Protocol.UDP);
        assertThat(classified("dns tcp")).isEqualTo(Protocol.DNS);
        assertThat(classified("icmp 3/4 quoted tcp 8")).isEqualTo(Protocol.ICMP);
        assertThat(classified("gre")).isEqualTo(Protocol.GRE);
        assertThat(classified("llc stp")).isEqualTo(Protocol.STP);
        assertThat(classified("cdp snap")).isEqualTo(Protocol.CDP);
        assertThat(classified("pppoe")).isEqualTo(Protocol.PPPOE);
        assertThat(classified("arp")).isEqualTo(Protocol.ARP);
        assertThat(classified("ip frag mid")).isEqualTo(Protocol.IPV4);
        assertThat(classified("ip6 frag mid")).isEqualTo(Protocol.IPV6);
        assertThat(classified("eth 5")).isEqualTo(Protocol.ETHERNET);
    }

    @Test
    void classifyingAMillionFramesAllocatesNothing() {
        var thread = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        var classifier = new Classifier();
        var frames =
                OddFrame.all().stream().map(f -> new UnsafeBuffer(f.bytes())).toArray(UnsafeBuffer[]::new);
        long allocated = 0;
        for (int round = 0; round < 5; round++) {
            long before = thread.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 200_000; i++) {
                var frame = frames[i % frames.length];
                classifier.classify(LinkType.ETHERNET, frame, 0, frame.capacity(), frame.capacity());
            }
            allocated = thread.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated)
                .as("bytes in the last of five rounds of 200,000 frames")
                .isLessThan(1000);
    }

    private static String text(String name) {
        var frame = OddFrame.of(name);
        byte[] bytes = Arrays.copyOf(frame.bytes(), frame.bytes().length);
        return new FrameText().of(LinkType.ETHERNET, new UnsafeBuffer(bytes), 0, bytes.length, frame.original());
    }

    private static Protocol classified(String name) {
        var frame = OddFrame.of(name);
        return new Classifier()
                .classify(
                        LinkType.ETHERNET, new UnsafeBuffer(frame.bytes()), 0, frame.bytes().length, frame.original());
    }

    /** Found by the fuzzer: four bytes of TCP whose sum is good by chance. */
    @Test
    void aSegmentTooShortForItsChecksumIsReadNoFurther() {
        byte[] frame = HexFormat.of()
                .parseHex("020000000002" + "020000000001" + "0800" + "4500002100010000400666d40a00640464646464"
                        + "64646464");
        var text = new FrameText().of(LinkType.ETHERNET, new UnsafeBuffer(frame), 0, frame.length, frame.length);
        assertThat(text).contains("TCP");
    }
}
