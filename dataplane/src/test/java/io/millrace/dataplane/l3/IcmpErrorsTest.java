package io.millrace.dataplane.l3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.capture.CaptureReader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Errors are Linux's, byte by byte but for the precedence that RFC 1812 asks for, and are told about nothing that RFC 1812
 * section 4.3.2.7 and RFC 4443 section 2.4 except. {@code too-big.sh} recorded Linux.
 */
class IcmpErrorsTest {
    private static final int IP = 14;
    private static final int MTU = 1450;
    private static final HexFormat HEX = HexFormat.of();

    private final FramePool pool = new FramePool(128, 1);
    private final Counters counters = new Counters();
    private final Graph graph = new Graph(pool, counters);
    private final IcmpErrors errors = new IcmpErrors(graph);
    private final List<byte[]> recorded = recorded();

    private static List<byte[]> recorded() {
        var in = Objects.requireNonNull(IcmpErrorsTest.class.getResourceAsStream("too-big.pcap"));
        try (var capture = CaptureReader.of(in, "too-big.pcap")) {
            var frames = new ArrayList<byte[]>();
            while (capture.next()) {
                var frame = new byte[capture.captured()];
                capture.buffer().getBytes(capture.offset(), frame);
                frames.add(frame);
            }
            return frames;
        }
    }

    private byte[] echoV4() {
        return recorded.get(0).clone();
    }

    private byte[] echoV6() {
        return recorded.get(2).clone();
    }

    private long frame(byte[] bytes) {
        long frame = pool.allocate(bytes.length);
        pool.buffer().putBytes(Frame.head(frame), bytes);
        return frame;
    }

    /** The error about a frame, or an empty array: none. */
    private byte[] about(byte[] packet) {
        return about(frame(packet));
    }

    private byte[] about(long frame) {
        long error = errors.wrap(frame) ? errors.tooBig(MTU) : Frame.NONE;
        pool.free(frame);
        if (error == Frame.NONE) {
            return new byte[0];
        }
        var bytes = new byte[Frame.length(error)];
        pool.buffer().getBytes(Frame.head(error), bytes);
        pool.free(error);
        return bytes;
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(pool.inUse()).isZero();
    }

    /** RFC 1071, the naive way. */
    private static int sum(byte[] bytes, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += (bytes[i] & 0xFF) << ((i - from) % 2 == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }

    private static void fixChecksum(byte[] frame) {
        frame[IP + 10] = 0;
        frame[IP + 11] = 0;
        int sum = ~sum(frame, IP, IP + 20);
        frame[IP + 10] = (byte) (sum >>> 8);
        frame[IP + 11] = (byte) sum;
    }

    @Test
    void anErrorIsWhatLinuxTells() {
        var linux = recorded.get(1).clone();
        linux[IP + 1] = (byte) 0xC0;
        fixChecksum(linux);
        assertThat(HEX.formatHex(about(echoV4()))).isEqualTo(HEX.formatHex(linux));
        var linuxV6 = recorded.get(3).clone();
        linuxV6[IP] = 0x6C;
        assertThat(HEX.formatHex(about(echoV6()))).isEqualTo(HEX.formatHex(linuxV6));
        assertThat(counters.account(0).originated()).isEqualTo(2);
    }

    @Test
    void itsChecksumsAreRight() {
        var error = about(echoV4());
        assertThat(sum(error, IP, IP + 20)).isEqualTo(0xFFFF);
        assertThat(sum(error, IP + 20, error.length)).isEqualTo(0xFFFF);
    }

    @ParameterizedTest
    @CsvSource({
        "a broadcast frame,            0, ffffffffffff",
        "a multicast frame,            0, 01005e000001",
        "a group as Ethernet source,   6, 010000000001",
        "IP version 6 in IPv4,        14, 65",
        "a header of 16 bytes,        14, 44",
        "a fragment in the middle,    20, 20b9",
        "the last fragment,           20, 00b9",
        "to a multicast group,        30, e0000001",
        "to broadcast,                30, ffffffff",
        "from no address,             26, 00000000",
        "from network 0,              26, 00010203",
        "from loopback,               26, 7f000001",
        "from a multicast group,      26, e0000001",
        "from broadcast,              26, ffffffff",
        "destination unreachable,     34, 03",
        "source quench,               34, 04",
        "redirect,                    34, 05",
        "time exceeded,               34, 0b",
        "parameter problem,           34, 0c"
    })
    void nothingIsToldAbout(String what, int at, String bytes) {
        var frame = echoV4();
        var other = HEX.parseHex(bytes);
        System.arraycopy(other, 0, frame, at, other.length);
        fixChecksum(frame);
        assertThat(about(frame)).as(what).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "a packet that may be fragmented, 20, 0000",
        "a first fragment,                20, 2000",
        "an echo reply,                   34, 00",
        "UDP,                             23, 11"
    })
    void butAbout(String what, int at, String bytes) {
        var frame = echoV4();
        var other = HEX.parseHex(bytes);
        System.arraycopy(other, 0, frame, at, other.length);
        fixChecksum(frame);
        assertThat(about(frame)).as(what).hasSize(IP + 576);
    }

    @Test
    void nothingIsToldAboutAHeaderThatIsWrongOrNotThere() {
        var frame = echoV4();
        frame[IP + 8]--;
        assertThat(about(frame)).as("a wrong checksum").isEmpty();
        assertThat(about(Arrays.copyOf(echoV4(), IP + 19))).as("cut in IPv4").isEmpty();
        assertThat(about(Arrays.copyOf(echoV6(), IP + 39))).as("cut in IPv6").isEmpty();
        assertThat(about(Arrays.copyOf(echoV6(), IP + 40))).as("no ICMPv6 type").isEmpty();
        assertThat(about(Arrays.copyOf(echoV4(), 13))).as("cut in Ethernet").isEmpty();
        var arp = echoV4();
        arp[13] = 6;
        assertThat(about(arp)).as("no IP").isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "from no address,            22, 00000000000000000000000000000000",
        "from loopback,              22, 00000000000000000000000000000001",
        "from a multicast group,     22, ff020000000000000000000000000001",
        "to a multicast group,       38, ff020000000000000000000000000001",
        "destination unreachable,    54, 01",
        "packet too big,             54, 02",
        "time exceeded,              54, 03",
        "parameter problem,          54, 04",
        "an error of the future,     54, 7f",
        "redirect,                   54, 89",
        "IP version 4 in IPv6,       14, 40",
        "a fragment in the middle,   20, 2c",
        "endless extension headers,  20, 3c"
    })
    void nothingIsToldInIpv6About(String what, int at, String bytes) {
        var frame = echoV6();
        Arrays.fill(frame, 62, frame.length, (byte) 0x3c);
        System.arraycopy(HEX.parseHex("3a0000b800000001"), 0, frame, 54, 8); // a fragment header, were it one
        frame[54] = (byte) (at == 20 ? 0x3c : 0x80);
        var other = HEX.parseHex(bytes);
        System.arraycopy(other, 0, frame, at, other.length);
        assertThat(about(frame)).as(what).isEmpty();
    }

    @Test
    void aFirstFragmentOfIpv6IsAnsweredAndAnErrorBehindExtensionHeadersIsNot() {
        var frame = echoV6();
        frame[20] = 0x2c;
        System.arraycopy(HEX.parseHex("3a00000100000001" + "8000"), 0, frame, 54, 10);
        assertThat(about(frame)).hasSize(IP + 1280);
        frame[62] = 1;
        assertThat(about(frame)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"81000064", "88a80005" + "81000064", "8100e007" + "81000064"})
    void tagsStayAsTheyWere(String tags) {
        var frame = HEX.formatHex(echoV4());
        var tagged = frame.substring(0, 24) + tags + frame.substring(24);
        var error = HEX.formatHex(about(HEX.parseHex(tagged)));
        assertThat(error).startsWith("020000000001" + "020000000002" + tags + "080045c0");
        assertThat(error.substring(24 + tags.length()))
                .isEqualTo(HEX.formatHex(about(echoV4())).substring(24));
        assertThat(errors.network()).isEqualTo(IP);
    }

    @Test
    void threeTagsAreTooMany() {
        var frame = HEX.formatHex(echoV4());
        var tagged = frame.substring(0, 24) + "81000001".repeat(3) + frame.substring(24);
        assertThat(about(HEX.parseHex(tagged))).isEmpty();
    }

    @Test
    void paddingIsNotQuoted() {
        var shortened = Arrays.copyOf(echoV4(), 60);
        shortened[IP + 2] = 0;
        shortened[IP + 3] = 30;
        fixChecksum(shortened);
        assertThat(about(shortened)).hasSize(IP + 28 + 30);
        var shortV6 = Arrays.copyOf(echoV6(), 66);
        shortV6[IP + 4] = 0;
        shortV6[IP + 5] = 10;
        assertThat(about(shortV6)).hasSize(IP + 48 + 50);
    }

    @Test
    void aLongSegmentWithItsChecksumUnfinishedIsQuotedAsItIs() {
        var segment = Arrays.copyOf(echoV4(), 60_000);
        segment[IP + 2] = 0; // Linux's BIG TCP: 16 bits do not hold it
        segment[IP + 3] = 0;
        segment[IP + 9] = 6;
        fixChecksum(segment);
        long frame = pool.offload(frame(segment), Offload.of(Offload.TCP_V4, 1460, 34, 16));
        var error = about(frame);
        assertThat(Arrays.copyOfRange(error, IP + 28, error.length))
                .isEqualTo(Arrays.copyOfRange(segment, IP, IP + 548));
    }

    @Test
    void soManyASecondAndNoMore() {
        assertThat(toldAt(0, 80)).isEqualTo(IcmpErrors.BURST);
        assertThat(toldAt(5_000_000, 10)).isZero();
        assertThat(toldAt(10_000_000, 10)).isOne();
        assertThat(toldAt(110_000_000, 80)).isEqualTo(IcmpErrors.RATE / 10);
        assertThat(toldAt(3_000_000_000L, 80)).isEqualTo(IcmpErrors.BURST);
    }

    private int toldAt(long now, int asked) {
        graph.run(now);
        int told = 0;
        for (int i = 0; i < asked; i++) {
            told += about(echoV4()).length > 0 ? 1 : 0;
        }
        return told;
    }

    @Test
    void withoutMemoryNothingIsToldAndNothingCounted() {
        var held = new ArrayList<Long>();
        while (pool.available() > 1) {
            held.add(pool.allocate(1));
        }
        assertThat(about(echoV4())).isEmpty();
        assertThat(counters.account(0).originated()).isZero();
        held.forEach(pool::free);
    }
}
