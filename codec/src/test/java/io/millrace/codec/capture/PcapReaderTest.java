package io.millrace.codec.capture;

import static io.millrace.codec.capture.Handmade.BIG;
import static io.millrace.codec.capture.Handmade.FRAME;
import static io.millrace.codec.capture.Handmade.LITTLE;
import static io.millrace.codec.capture.Handmade.SECONDS;
import static io.millrace.codec.capture.Handmade.all;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PcapReaderTest {
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path folder;

    @Test
    void aFrameIsGivenWithItsBytesItsTimeAndBothItsLengths() {
        byte[] file = HexFormat.of().parseHex("""
                d4c3b2a1 0200 0400 00000000 00000000 60000000 01000000
                00f15365 40e20100 04000000 dc050000 01020304
                """.replaceAll("\\s", ""));
        Read read = Read.of(file);
        assertThat(read.frames())
                .containsExactly(new Read.Frame(1, SECONDS * SECOND + 123_456_000, 4, 1500, 1, 0, "", 24, "01020304"));
        assertThat(read.damage()).isNull();
        assertThat(read.warnings()).isEmpty();
        assertThat(read.format()).isEqualTo("pcap, microseconds, little endian");
    }

    @Test
    void bothByteOrdersReadTheSame() {
        for (int magic : new int[] {0xA1B2C3D4, 0xA1B23C4D}) {
            Read little = Read.of(all(LITTLE.pcap(magic, 2, 4, 65535, 113), LITTLE.record(FRAME)));
            Read big = Read.of(all(BIG.pcap(magic, 2, 4, 65535, 113), BIG.record(FRAME)));
            assertThat(big.frames()).isEqualTo(little.frames()).hasSize(1);
        }
    }

    @Test
    void nanosecondsAreKeptExactly() {
        byte[] file = all(BIG.pcap(0xA1B23C4D, 2, 4, 65535, 1), BIG.record(SECONDS, 987_654_321, 60, 60, FRAME));
        assertThat(Read.of(file).frames().getFirst().time()).isEqualTo(SECONDS * SECOND + 987_654_321);
    }

    @Test
    void timesGoOnAfter2038() {
        byte[] file = all(LITTLE.pcap(), LITTLE.record(0xFFFF_FFFF, 999_999, 60, 60, FRAME));
        assertThat(Read.of(file).frames().getFirst().time()).isEqualTo(4_294_967_295L * SECOND + 999_999_000);
    }

    @Test
    void aFractionOfMoreThanASecondIsWarnedOf() {
        byte[] file = all(
                LITTLE.pcap(),
                LITTLE.record(FRAME),
                LITTLE.record(SECONDS, 1_000_000, 60, 60, FRAME),
                LITTLE.record(SECONDS, -1, 60, 60, FRAME));
        Read read = Read.of(file);
        assertThat(read.count()).isEqualTo(3);
        assertThat(read.frames().get(1).time()).isEqualTo((SECONDS + 1) * SECOND);
        assertThat(read.warnings())
                .containsExactly("handmade: the fraction of a second is a whole second or more in 2 frames");
    }

    /** tshark 4.0 reads four frames: what an odd record makes of those behind it does not speak for another variant. */
    @Test
    void theFirstOddRecordDecidesWhichVariantItIs() {
        byte[] zeros = new byte[60];
        Read read = Read.of(all(
                LITTLE.pcap(),
                LITTLE.record(SECONDS, 0, 60, -1, zeros),
                LITTLE.record(SECONDS, 0, 60, 1 << 31, zeros),
                LITTLE.record(SECONDS, 0, 60, 10, zeros),
                LITTLE.record(SECONDS, 0, 60, 0, zeros)));
        assertThat(read.count()).isEqualTo(4);
    }

    @Test
    void theLengthOfTheFcsIsNotPartOfTheLinkType() {
        byte[] file = all(LITTLE.pcap(0xA1B2C3D4, 2, 4, 65535, 0x2400_0001), LITTLE.record(FRAME));
        assertThat(Read.of(file).frames().getFirst().linkType()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "0, NULL",
        "1, ETHERNET",
        "12, RAW",
        "14, RAW",
        "101, RAW",
        "108, LOOP",
        "113, LINUX_SLL",
        "228, IPV4",
        "229, IPV6",
        "276, LINUX_SLL2",
        "9999, OTHER"
    })
    void aLinkTypeHasItsName(int number, LinkType expected) {
        assertThat(LinkType.of(number)).isEqualTo(expected);
    }

    /** Files of before 1998 hold the original length first, some of version 2.3 too; DG/UX wrote version 543. */
    @ParameterizedTest
    @CsvSource({"2,1", "2,2", "2,3", "543,0"})
    void inOldFilesTheLengthsStandTheOtherWayRound(int major, int minor) {
        byte[] file = all(
                LITTLE.pcap(0xA1B2C3D4, major, minor, 65535, 1),
                LITTLE.record(SECONDS, 1, 1500, 60, FRAME),
                LITTLE.record(SECONDS, 2, 60, 60, FRAME));
        Read read = Read.of(file);
        assertThat(read.damage()).isNull();
        assertThat(read.frames().getFirst()).returns(60, Read.Frame::captured).returns(1500, Read.Frame::original);
        assertThat(read.count()).isEqualTo(2);
    }

    @Test
    void aFileOfVersion23WithItsLengthsInOrderIsReadAsItIs() {
        byte[] file = all(LITTLE.pcap(0xA1B2C3D4, 2, 3, 65535, 1), LITTLE.record(SECONDS, 1, 60, 1500, FRAME));
        assertThat(Read.of(file).frames().getFirst())
                .returns(60, Read.Frame::captured)
                .returns(1500, Read.Frame::original);
    }

    /** The magic number is shared: which record header it is shows in the first records. */
    @ParameterizedTest
    @CsvSource({
        "a1b2c3d4, 0100000008000000, pcap as patched on 1999-04-17",
        "a1b2c3d4, 01b6bf9f, pcap of Nokia devices",
        "a1b2cd34, 0100000008000000, modified pcap",
        "a1b2cd34, 010000000800000000000000, modified pcap as patched on 1999-09-15"
    })
    void recordHeadersOfOtherLengthsAreRead(String magic, String more, String format) throws IOException {
        byte[] extra = HexFormat.of().parseHex(more);
        byte[] record = LITTLE.record(SECONDS, 5, 60, 60, all(extra, FRAME));
        byte[] file = all(LITTLE.pcap(HexFormat.fromHexDigits(magic), 2, 4, 65535, 1), record, record, record);
        Read read = Read.of(Files.write(folder.resolve("odd.pcap"), file));
        assertThat(read.format()).isEqualTo(format + ", little endian");
        assertThat(read.damage()).isNull();
        assertThat(read.frames())
                .extracting(Read.Frame::bytes)
                .containsOnly(HexFormat.of().formatHex(FRAME))
                .hasSize(3);
    }

    @Test
    void ixiaFilesTellTheirLengthAfterTheHeader() {
        for (Handmade in : List.of(LITTLE, BIG)) {
            byte[] file = all(in.pcap(0x1C0001AC, 2, 4, 65535, 1), in.u32(76), in.record(SECONDS, 7, 60, 60, FRAME));
            assertThat(Read.of(file).frames().getFirst().time()).isEqualTo(SECONDS * SECOND + 7);
        }
    }

    @Test
    void aixWritesNanosecondsAndTypesOfItsOwn() {
        byte[] file = all(BIG.pcap(0xA1B2C3D4, 2, 2, 65535, 6), BIG.record(SECONDS, 500_000_000, 60, 60, FRAME));
        assertThat(Read.of(file).frames().getFirst())
                .returns(SECONDS * SECOND + 500_000_000, Read.Frame::time)
                .returns(1, Read.Frame::linkType);
    }

    @Test
    void aRecordLongerThanTheSnapLengthIsKeptAndWarnedOf() {
        byte[] file = all(LITTLE.pcap(0xA1B2C3D4, 2, 4, 20, 1), LITTLE.record(FRAME), LITTLE.record(FRAME));
        Read read = Read.of(file);
        assertThat(read.count()).isEqualTo(2);
        assertThat(read.damage()).isNull();
        assertThat(read.warnings())
                .containsExactly("handmade: more bytes than the snap length allows were kept in 2 frames");
    }

    @ParameterizedTest
    @ValueSource(ints = {262_145, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF})
    void aRecordLongerThanAnyFrameIsDamage(int length) {
        byte[] file = all(LITTLE.pcap(), LITTLE.record(FRAME), LITTLE.record(SECONDS, 1, length, length, FRAME));
        Read read = Read.of(file);
        assertThat(read.count()).isEqualTo(1);
        assertThat(read.damage())
                .isEqualTo("handmade: frame 2 at byte 100: the record's length of " + Integer.toUnsignedString(length)
                        + " bytes is more than any frame has");
    }

    @Test
    void anOriginalLengthThatCannotBeIsToldInAWarning() {
        byte[] file = all(
                LITTLE.pcap(),
                LITTLE.record(SECONDS, 1, 60, 0xFFFF_FFFF, FRAME),
                LITTLE.record(SECONDS, 1, 60, 10, FRAME));
        Read read = Read.of(file);
        assertThat(read.frames()).extracting(Read.Frame::original).containsExactly(Integer.MAX_VALUE, 10);
        assertThat(read.warnings())
                .containsExactly(
                        "handmade: more bytes were captured than there were on the wire, so the record says, in 1 frame",
                        "handmade: 2 GiB or more on the wire, so the record says, in 1 frame");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a1e2cb12 | pcap of a kind that is not read (magic number a1e2cb12, Navtel)",
                "736e6f6f | a snoop file, not pcap or pcapng",
                "504b0304 | not a capture that is known here: pcap or pcapng, plain, gzip or zstd (it starts with 504b0304)"
            })
    void whatIsNoCaptureIsRefusedInOneSentence(String start, String sentence) {
        byte[] file = all(HexFormat.of().parseHex(start), new byte[100]);
        assertThatThrownBy(() -> Read.of(file))
                .isInstanceOf(CaptureException.class)
                .hasMessage("handmade: " + sentence);
    }

    @Test
    void aVersionBeforeTwoAndReservedBitsAreRefused() {
        assertThatThrownBy(() -> Read.of(LITTLE.pcap(0xA1B2C3D4, 1, 4, 65535, 1)))
                .hasMessage("handmade: pcap version 1.4 is not known");
        assertThatThrownBy(() -> Read.of(LITTLE.pcap(0xA1B2C3D4, 2, 4, 65535, 0x0001_0001)))
                .hasMessage("handmade: reserved bits of the link type are set: 00010001");
    }

    @Test
    void aFileThatIsNotThereOrNoFileIsRefusedInOneSentence() throws IOException {
        Path missing = folder.resolve("none.pcap"), empty = Files.createFile(folder.resolve("empty.pcap"));
        assertThatThrownBy(() -> CaptureReader.open(missing)).hasMessage(missing + ": no such file");
        assertThatThrownBy(() -> CaptureReader.open(folder))
                .hasMessage(folder + ": is a directory, not a capture file");
        assertThatThrownBy(() -> CaptureReader.open(empty)).hasMessage(empty + ": the file is empty");
        Path tiny = Files.write(folder.resolve("tiny.pcap"), new byte[] {1, 2, 3});
        assertThatThrownBy(() -> CaptureReader.open(tiny))
                .hasMessage(tiny + ": not a capture: the file is only 3 bytes long");
        Path below = empty.resolve("x.pcap");
        assertThatThrownBy(() -> CaptureReader.open(below)).isInstanceOf(CaptureException.class);
    }

    @Test
    void howFarTheReadingHasComeIsToldInBytesOfTheFile() throws IOException {
        byte[] file = all(LITTLE.pcap(), LITTLE.record(FRAME), LITTLE.record(FRAME));
        try (CaptureReader in = CaptureReader.open(Files.write(folder.resolve("x.pcap"), file))) {
            assertThat(in.size()).isEqualTo(file.length);
            assertThat(in.next()).isTrue();
            assertThat(in.next()).isTrue();
            assertThat(in.bytesRead()).isBetween(24L + 76, (long) file.length);
            assertThat(in.next()).isFalse();
            assertThat(in.bytesRead()).isEqualTo(file.length);
            assertThat(in.next()).isFalse();
            assertThat(in.number()).isEqualTo(2);
        }
    }
}
