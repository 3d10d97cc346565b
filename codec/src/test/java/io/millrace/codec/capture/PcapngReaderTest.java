package io.millrace.codec.capture;

import static io.millrace.codec.capture.Handmade.BIG;
import static io.millrace.codec.capture.Handmade.FRAME;
import static io.millrace.codec.capture.Handmade.LITTLE;
import static io.millrace.codec.capture.Handmade.MICROSECONDS;
import static io.millrace.codec.capture.Handmade.all;
import static io.millrace.codec.capture.Handmade.frame;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PcapngReaderTest {
    private static final long SECOND = 1_000_000_000L;

    /** The example of a section header in the draft, an interface and a packet. */
    @Test
    void theSmallestFileIsRead() {
        byte[] file = HexFormat.of().parseHex("""
                0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
                01000000 14000000 0100 0000 00000400 14000000
                06000000 24000000 00000000 260a0600 7bc00002 03000000 dc050000 010203 00 24000000
                """.replaceAll("\\s", ""));
        Read read = Read.of(file);
        long ticks = 0x00060A26_0200C07BL;
        assertThat(read.frames()).containsExactly(new Read.Frame(1, ticks * 1000, 3, 1500, 1, 0, "", 48, "010203"));
        assertThat(read.format()).isEqualTo("pcapng, little endian");
        assertThat(read.damage()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void bothByteOrdersReadTheSame(boolean reversed) {
        Handmade in = reversed ? BIG : LITTLE;
        Read read = Read.of(all(in.section(), in.iface(), in.packet(0, FRAME)));
        assertThat(read.frames().getFirst())
                .returns(MICROSECONDS * 1000, Read.Frame::time)
                .returns(60, Read.Frame::captured)
                .returns(HexFormat.of().formatHex(FRAME), Read.Frame::bytes);
    }

    @Test
    void everySectionHasItsByteOrderAndItsOwnInterfaces() {
        byte[] file = all(
                LITTLE.section(),
                LITTLE.iface(1, 0, LITTLE.option(2, "eth0"), LITTLE.endOfOptions()),
                LITTLE.packet(0, FRAME),
                BIG.section(1, 2, 44 + 92),
                BIG.iface(101, 0, BIG.option(2, "tun0")),
                BIG.packet(0, FRAME),
                LITTLE.section(),
                LITTLE.iface(113, 0),
                LITTLE.packet(0, FRAME));
        Read read = Read.of(file);
        assertThat(read.damage()).isNull();
        assertThat(read.format()).isEqualTo("pcapng, both byte orders");
        assertThat(read.frames()).extracting(Read.Frame::linkType).containsExactly(1, 101, 113);
        assertThat(read.frames()).extracting(Read.Frame::name).containsExactly("eth0", "tun0", "");
        assertThat(read.frames()).extracting(Read.Frame::number).containsExactly(1L, 2L, 3L);
    }

    @Test
    void aPacketOfAnInterfaceOfTheSectionBeforeIsDamage() {
        byte[] file = all(
                LITTLE.section(),
                LITTLE.iface(),
                LITTLE.iface(),
                LITTLE.packet(1, FRAME),
                LITTLE.section(),
                LITTLE.iface(),
                LITTLE.packet(1, FRAME));
        Read read = Read.of(file);
        assertThat(read.count()).isEqualTo(1);
        assertThat(read.damage())
                .isEqualTo(
                        "handmade: frame 2 at byte 208: a packet of interface 1, but this section has declared only 1");
    }

    @Test
    void aSectionOfAVersionThatIsNotKnownIsPassedOverAndSaid() {
        byte[] file = all(
                LITTLE.section(2, 0, -1),
                LITTLE.iface(),
                LITTLE.packet(0, FRAME),
                BIG.section(),
                BIG.iface(),
                BIG.packet(0, FRAME));
        Read read = Read.of(file);
        assertThat(read.frames()).extracting(Read.Frame::at).containsExactly(28L + 20 + 92 + 28 + 20);
        assertThat(read.damage()).contains("section 1 has version 2.0, which is not known, and was passed over");
    }

    /** Ticks, if_tsresol and what Wireshark makes of them; 0x88 is 2^-8. */
    @ParameterizedTest
    @CsvSource({
        "06, 1700000000123456, 1700000000123456000",
        "09, 1700000000123456789, 1700000000123456789",
        "00, 1700000000, 1700000000000000000",
        "03, 1700000000123, 1700000000123000000",
        "0c, 1700000000123456, 1700000000123",
        "13, 1700000000123456789, 170000000",
        "14, 1700000000123456789, 17000000",
        "1c, 1700000000123456789, 0",
        "7f, 1700000000123456789, 0",
        "80, 1700000000, 1700000000000000000",
        "88, 435200000077, 1700000000300781250",
        "94, 1782579200524288, 1700000000500000000",
        "bf, 4611686018427387904, 500000000",
        "c0, -9223372036854775808, 500000000",
        "c4, -9223372036854775808, 31250000",
        "ff, -1, 0"
    })
    void theInterfaceSaysWhatATickIsWorth(String resolution, long ticks, long time) {
        byte[] file = all(
                BIG.section(),
                BIG.iface(1, 0, BIG.option(9, HexFormat.of().parseHex(resolution)), BIG.endOfOptions()),
                BIG.packet(0, ticks, 60, 60, FRAME));
        assertThat(Read.of(file).frames().getFirst().time()).isEqualTo(time);
    }

    @Test
    void theInterfaceSaysWhenItsClockStarted() {
        byte[] file = all(
                LITTLE.section(),
                LITTLE.iface(1, 0, LITTLE.option(14, LITTLE.i64(-1_700_000_001L))),
                LITTLE.iface(1, 0, LITTLE.option(14, LITTLE.i64(100)), LITTLE.option(9, (byte) 9)),
                LITTLE.packet(0, 1_700_000_000_000_007L, 60, 60, FRAME),
                LITTLE.packet(1, 5, 60, 60, FRAME));
        assertThat(Read.of(file).frames())
                .extracting(Read.Frame::time)
                .containsExactly(-SECOND + 7000, 100 * SECOND + 5);
    }

    @Test
    void aTimeThatCannotBeToldInNanosecondsIsTheNearestThatCan() {
        byte[] file = all(
                LITTLE.section(),
                LITTLE.iface(),
                LITTLE.iface(1, 0, LITTLE.option(14, LITTLE.i64(Long.MIN_VALUE))),
                LITTLE.iface(1, 0, LITTLE.option(14, LITTLE.i64(Long.MAX_VALUE))),
                LITTLE.packet(0, -1, 60, 60, FRAME),
                LITTLE.packet(1, 0, 60, 60, FRAME),
                LITTLE.packet(2, -1, 60, 60, FRAME));
        Read read = Read.of(file);
        assertThat(read.frames())
                .extracting(Read.Frame::time)
                .containsExactly(Long.MAX_VALUE, Long.MIN_VALUE + 1, Long.MAX_VALUE);
        assertThat(read.warnings()).singleElement().asString().endsWith("in 3 frames");
    }

    @Test
    void aSimplePacketHasNoTimeAndIsCutAtTheSnapLengthOfTheFirstInterface() {
        byte[] file = all(
                LITTLE.section(),
                LITTLE.iface(1, 20),
                LITTLE.iface(101, 0),
                LITTLE.simple(1500, frame(20)),
                LITTLE.simple(18, frame(18)));
        Read read = Read.of(file);
        assertThat(read.damage()).isNull();
        assertThat(read.frames()).extracting(Read.Frame::time).containsOnly(CaptureReader.NO_TIME);
        assertThat(read.frames()).extracting(Read.Frame::captured).containsExactly(20, 18);
        assertThat(read.frames()).extracting(Read.Frame::original).containsExactly(1500, 18);
        assertThat(read.frames()).extracting(Read.Frame::linkType).containsOnly(1);
    }

    @Test
    void aSnapLengthOfZeroIsNoLimit() {
        byte[] file = all(BIG.section(), BIG.iface(1, 0), BIG.simple(61, frame(61)));
        assertThat(Read.of(file).frames().getFirst().captured()).isEqualTo(61);
    }

    @Test
    void theObsoletePacketBlockIsRead() {
        byte[] body =
                all(BIG.u16(1), BIG.u16(77), BIG.u32((int) (MICROSECONDS >>> 32), (int) MICROSECONDS, 60, 99), FRAME);
        byte[] file = all(BIG.section(), BIG.iface(), BIG.iface(101, 0), BIG.block(2, body));
        assertThat(Read.of(file).frames().getFirst())
                .returns(1, Read.Frame::on)
                .returns(101, Read.Frame::linkType)
                .returns(MICROSECONDS * 1000, Read.Frame::time)
                .returns(99, Read.Frame::original);
    }

    @Test
    void otherBlocksArePassedOver() {
        byte[] names = all(
                LITTLE.u16(1),
                LITTLE.u16(9),
                new byte[] {10, 0, 0, 1},
                "host\0".getBytes(StandardCharsets.US_ASCII),
                new byte[3],
                LITTLE.u32(0));
        byte[] file = all(
                LITTLE.section(),
                LITTLE.block(4, names),
                LITTLE.iface(1, 0, LITTLE.option(0x7ABC, "an option nobody knows"), LITTLE.option(2, "lan")),
                LITTLE.block(5, LITTLE.u32(0, 1, 2), LITTLE.option(4, LITTLE.i64(9)), LITTLE.endOfOptions()),
                LITTLE.block(0xBAD, LITTLE.u32(32473), "custom".getBytes(StandardCharsets.US_ASCII)),
                LITTLE.block(0x4000_0BAD, LITTLE.u32(32473)),
                LITTLE.block(0x8000_0001, new byte[4000]),
                LITTLE.block(0x0000_000A, LITTLE.u32(0x544C534B, 4), new byte[4]),
                LITTLE.packet(0, FRAME, LITTLE.option(1, "a remark"), LITTLE.endOfOptions()));
        Read read = Read.of(file);
        assertThat(read.damage()).isNull();
        assertThat(read.frames()).extracting(Read.Frame::name).containsExactly("lan");
    }

    @Test
    void aNameFromAFileCannotSteerATerminal() {
        byte[] file = all(
                LITTLE.section(), LITTLE.iface(1, 0, LITTLE.option(2, "e\u001b[2Jth\0\n0")), LITTLE.packet(0, FRAME));
        assertThat(Read.of(file).frames().getFirst().name()).isEqualTo("e[2Jth0");
    }

    /** What is wrong with a block that follows one good frame, and the sentence for it. */
    enum Fault {
        SHORT(all(LITTLE.u32(9, 8, 8)), "a block length of 8 bytes is less than 12"),
        ODD(all(LITTLE.u32(9, 15), new byte[4], LITTLE.u32(15)), "a block length of 15 bytes is no multiple of four"),
        HUGE(LITTLE.u32(9, 0x7FFF_FFFC, 0), "a block length of 2147483644 bytes is more than any block has"),
        UNSIGNED(LITTLE.u32(9, 0xFFFF_FFFC, 0), "a block length of 4294967292 bytes is more than any block has"),
        UNEQUAL(LITTLE.u32(9, 16, 0, 20), "the block's two lengths differ: 16 bytes before it, 20 after it"),
        NO_MAGIC(LITTLE.block(0x0A0D0D0A, new byte[16]), "a section header without the byte-order magic 1a2b3c4d"),
        SHORT_INTERFACE(LITTLE.block(1, new byte[4]), "a block length of 16 bytes is too short for this type of block"),
        SHORT_PACKET(LITTLE.block(6, new byte[16]), "a block length of 28 bytes is too short for this type of block"),
        UNDECLARED(LITTLE.packet(-1, FRAME), "a packet of interface 4294967295, but this section has declared only 1"),
        OVER_BLOCK(LITTLE.packet(0, 0, 64, 64, FRAME), "the packet's length of 64 bytes is more than its block holds"),
        OVER_FRAME(
                LITTLE.packet(0, 0, 0x8000_0000, 60, FRAME),
                "the packet's length of 2147483648 bytes is more than any frame has"),
        SIMPLE_OVER_BLOCK(LITTLE.simple(64, FRAME), "the packet's length of 64 bytes is more than its block holds"),
        OPTION(
                LITTLE.packet(0, FRAME, LITTLE.u16(1), LITTLE.u16(200), LITTLE.u32(0)),
                "an option's length is more than its block holds"),
        INTERFACE_OPTION(
                LITTLE.iface(1, 0, LITTLE.u16(2), LITTLE.u16(9), LITTLE.u32(0)),
                "an option's length is more than its block holds");

        private final String block;
        private final String sentence;

        Fault(byte[] block, String sentence) {
            this.block = HexFormat.of().formatHex(block);
            this.sentence = sentence;
        }
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void aFaultyBlockIsDamageAndTheFramesBeforeItAreGiven(Fault fault) {
        byte[] file = all(
                LITTLE.section(),
                LITTLE.iface(),
                LITTLE.packet(0, FRAME),
                HexFormat.of().parseHex(fault.block),
                LITTLE.packet(0, FRAME));
        Read read = Read.of(file);
        assertThat(read.count()).isEqualTo(1);
        assertThat(read.damage()).isEqualTo("handmade: frame 2 at byte 140: " + fault.sentence);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 6, 2})
    void aPacketBeforeAnyInterfaceIsDamage(int type) {
        byte[] file = all(LITTLE.section(), LITTLE.block(type, new byte[40]));
        assertThat(Read.of(file).damage())
                .isEqualTo("handmade: frame 1 at byte 28: a packet of interface 0, but this section has declared none");
    }

    @Test
    void aFileOfNothingButInterfacesEndsBeforeItFillsTheMemory() {
        byte[] one = LITTLE.iface();
        byte[][] parts = new byte[70_000][];
        Arrays.fill(parts, one);
        parts[0] = LITTLE.section();
        assertThat(Read.of(all(parts)).damage()).endsWith("more than 65536 interfaces in one section");
    }
}
