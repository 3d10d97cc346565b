package io.millrace.codec.capture;

import static io.millrace.codec.capture.Handmade.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What we write, as tshark, tcpdump and capinfos read it. */
class CaptureWriterTest {
    private static final long SECOND = 1_000_000_000L, FIRST = 1_700_000_000L * SECOND + 123_456_789;

    @TempDir
    Path folder;

    /** Frames of every length from 14 to 400 bytes and a few long ones, two interfaces, a time each. */
    private Path write(String name, boolean twoLinkTypes) {
        Path file = folder.resolve(name);
        try (CaptureWriter out = CaptureWriter.open(file)) {
            int lan = out.addInterface("lan", 1, 0);
            int tunnel = out.addInterface("tün0", twoLinkTypes ? 101 : 1, 0);
            for (int i = 0; i < lengths().size(); i++) {
                byte[] bytes = frame(lengths().get(i));
                UnsafeBuffer buffer = new UnsafeBuffer(new byte[bytes.length + 9]);
                buffer.putBytes(9, bytes);
                out.write(i % 5 == 4 ? tunnel : lan, time(i), buffer, 9, bytes.length, bytes.length + i % 3, null);
            }
        }
        return file;
    }

    private static List<Integer> lengths() {
        List<Integer> lengths = new ArrayList<>();
        for (int length = 14; length <= 400; length++) {
            lengths.add(length);
        }
        lengths.addAll(List.of(1514, 9018, 65_535, 65_536, 70_000, 262_144, 14));
        return lengths;
    }

    private static long time(int i) {
        return FIRST + i * 1_000_003L;
    }

    @ParameterizedTest
    @ValueSource(strings = {"x.pcap", "x.pcapng"})
    void tsharkReadsEveryByteLengthAndTimeThatWasWritten(String name) {
        Tool.needs("tshark");
        Path file = write(name, name.endsWith("ng"));
        Tool tshark = Tool.run(
                "tshark",
                "-n",
                "-r",
                file.toString(),
                "-T",
                "fields",
                "-e",
                "frame.time_epoch",
                "-e",
                "frame.len",
                "-e",
                "frame.cap_len",
                "-e",
                "frame.interface_name");
        assertThat(tshark.complaints()).isEmpty();
        assertThat(tshark.exit()).isZero();
        List<String> lines = tshark.out().lines().toList();
        assertThat(lines).hasSameSizeAs(lengths());
        for (int i = 0; i < lines.size(); i++) {
            int length = lengths().get(i);
            String time = time(i) / SECOND + "."
                    + String.valueOf(time(i) % SECOND + SECOND).substring(1);
            assertThat(lines.get(i)).startsWith(time + "\t" + (length + i % 3) + "\t" + length);
        }
        assertThat(lines.getFirst()).endsWith(name.endsWith("ng") ? "\tlan" : "\t");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x.pcap", "x.pcapng"})
    void tcpdumpReadsEveryByteWithoutAWarning(String name) throws IOException {
        Tool.needs("tcpdump");
        Path file = write(name, false), copy = folder.resolve("copy.pcap");
        Tool tcpdump = Tool.run("tcpdump", "-r", file.toString(), "--time-stamp-precision=nano", "-w", copy.toString());
        assertThat(tcpdump.complaints()).isEmpty();
        assertThat(Read.of(copy).essences()).isEqualTo(expected());
        assertThat(Read.of(file).essences()).isEqualTo(expected());
        if (name.equals("x.pcap")) {
            assertThat(Files.readAllBytes(copy)).isEqualTo(Files.readAllBytes(file));
        }
    }

    private static List<String> expected() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < lengths().size(); i++) {
            int length = lengths().get(i);
            all.add((i + 1) + " " + time(i) + " " + length + " " + (length + i % 3) + " 1 "
                    + HexFormat.of().formatHex(frame(length)));
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"x.pcap", "x.pcapng"})
    void capinfosCountsWhatWasWritten(String name) {
        Tool.needs("capinfos");
        Tool capinfos =
                Tool.run("capinfos", "-M", "-c", "-s", "-d", write(name, false).toString());
        assertThat(capinfos.complaints()).isEmpty();
        int bytes = 0;
        for (int i = 0; i < lengths().size(); i++) {
            bytes += lengths().get(i) + i % 3;
        }
        assertThat(capinfos.out())
                .containsPattern("Number of packets: +" + lengths().size() + "\n")
                .containsPattern("Data size: +" + bytes + " bytes");
    }

    @Test
    void aCommentStandsWithItsFrame() {
        Tool.needs("tshark");
        Path file = folder.resolve("remarks.pcapng");
        UnsafeBuffer bytes = new UnsafeBuffer(frame(61));
        List<String> remarks = List.of("a", "ab", "abc", "abcd", "frame 7: größer, 大きい", "x".repeat(60_000));
        try (PcapngWriter out = PcapngWriter.open(file)) {
            int port = out.addInterface("web", 1, 96);
            for (String remark : remarks) {
                out.write(port, FIRST, bytes, 0, 61, 61, remark);
                out.write(port, FIRST, bytes, 0, 61, 61, "");
            }
        }
        Tool tshark = Tool.run("tshark", "-n", "-r", file.toString(), "-T", "fields", "-e", "frame.comment");
        assertThat(tshark.complaints()).isEmpty();
        List<String> lines = new String(tshark.out().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isEmpty())
                .toList();
        assertThat(lines).isEqualTo(remarks);
        assertThat(Read.of(file)).returns(12, Read::count).returns(null, Read::damage);
    }

    @Test
    void theWayOfAFrameAndWhatWasLostAreToldAsTsharkReadsThem() {
        Tool.needs("tshark", "capinfos");
        Path file = folder.resolve("ways.pcapng");
        UnsafeBuffer bytes = new UnsafeBuffer(frame(61));
        try (PcapngWriter out = PcapngWriter.open(file)) {
            int port = out.addInterface("s1", 1, 96);
            out.write(port, FIRST, bytes, 0, 61, 61, true);
            out.write(port, FIRST + 1, bytes, 0, 61, 1500, false);
            out.statistics(port, FIRST + 2, 1_000_000_000_002L, 1_000_000_000_000L);
        }
        String ways = Tool.run(
                        "tshark",
                        "-n",
                        "-r",
                        file.toString(),
                        "-T",
                        "fields",
                        "-e",
                        "frame.packet_flags_direction",
                        "-e",
                        "frame.len")
                .out();
        assertThat(ways.lines()).containsExactly("0x00000002\t61", "0x00000001\t1500");
        assertThat(Tool.run("capinfos", "-c", "-I", "-M", file.toString()))
                .returns("", Tool::complaints)
                .extracting(Tool::out)
                .asString()
                .containsPattern("Number of packets: +2\n")
                .containsPattern("Number of stat entries = 1\n");
        assertThat(Read.of(file)).returns(2, Read::count).returns(null, Read::damage);
    }

    @Test
    void aCommentThatIsTooLongIsCutBetweenTwoCharacters() {
        Path file = folder.resolve("long.pcapng");
        UnsafeBuffer bytes = new UnsafeBuffer(frame(60));
        try (PcapngWriter out = PcapngWriter.open(file)) {
            int port = out.addInterface("", 1, 0);
            out.write(port, FIRST, bytes, 0, 60, 60, "x".repeat(70_000));
            out.write(port, FIRST, bytes, 0, 60, 60, "ü".repeat(40_000));
        }
        assertThat(Read.of(file)).returns(2, Read::count).returns(null, Read::damage);
        Tool.needs("capinfos");
        assertThat(Tool.run("capinfos", "-c", file.toString()).complaints()).isEmpty();
    }

    @Test
    void timesBefore1970AndAfter2262AreKeptAsFarAsTheFormatTellsThem() {
        List<Long> times = List.of(0L, -1L, -SECOND, FIRST, -8_000_000_000L * SECOND, Long.MAX_VALUE - 3 * SECOND);
        UnsafeBuffer bytes = new UnsafeBuffer(frame(60));
        Path file = folder.resolve("old.pcapng");
        try (PcapngWriter out = PcapngWriter.open(file)) {
            int port = out.addInterface("eth0", 1, 0);
            times.forEach(time -> out.write(port, time, bytes, 0, 60, 60, null));
        }
        assertThat(Read.of(file).frames()).extracting(Read.Frame::time).isEqualTo(times);
        assertThat(Read.of(file).frames()).extracting(Read.Frame::name).containsOnly("eth0");

        Path classic = folder.resolve("old.pcap");
        try (PcapWriter out = PcapWriter.open(classic)) {
            int port = out.addInterface("eth0", 1, 0);
            times.forEach(time -> out.write(port, time, bytes, 0, 60, 60, null));
        }
        assertThat(Read.of(classic).frames())
                .extracting(Read.Frame::time)
                .containsExactly(0L, 0L, 0L, FIRST, 0L, 4_294_967_296L * SECOND - 1);
    }

    @Test
    void aFileWithoutFramesIsAWholeCapture() {
        Tool.needs("capinfos");
        for (String name : List.of("none.pcap", "none.pcapng")) {
            Path file = folder.resolve(name);
            CaptureWriter.open(file).close();
            assertThat(Read.of(file)).returns(0, Read::count).returns(null, Read::damage);
            assertThat(Tool.run("capinfos", "-c", file.toString()).complaints()).isEmpty();
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsOneSentence() throws IOException {
        Path below = folder.resolve("no").resolve("such.pcap");
        assertThatThrownBy(() -> CaptureWriter.open(below))
                .hasMessage(below + ": cannot be written: there is no such directory");
        assertThatThrownBy(() -> CaptureWriter.open(folder))
                .hasMessage(folder + ": is a directory, not a file to write a capture to");
        Path full = Path.of("/dev/full");
        if (Files.exists(full)) {
            PcapngWriter out = PcapngWriter.open(full);
            assertThatThrownBy(out::close)
                    .isInstanceOf(CaptureException.class)
                    .hasMessage("/dev/full: no space is left on the device");
        }
        try (PcapWriter out = PcapWriter.open(folder.resolve("two.pcap"))) {
            assertThat(out.addInterface("a", 1, 0)).isZero();
            assertThat(out.addInterface("b", 1, 0)).isOne();
            assertThatThrownBy(() -> out.addInterface("c", 101, 0))
                    .hasMessageEndingWith("two.pcap: a pcap file holds one link type only, not 1 and 101");
        }
    }
}
