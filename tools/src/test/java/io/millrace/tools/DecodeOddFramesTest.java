package io.millrace.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Odd frames, then the same cut, shortened and damaged, against the tshark of this machine. */
class DecodeOddFramesTest {
    private static final String FRAMES = "codec/src/test/resources/io/millrace/codec/odd-frames.txt";

    /** An error about an error is not sent (RFC 1122 section 3.2.2); where tshark lists it is of no interest. */
    private static final String QUOTE_IN_QUOTE = "icmp>icmp";

    @TempDir
    Path folder;

    private record Frame(String name, byte[] bytes, int original) {}

    @BeforeEach
    void tsharkIsHere() {
        assumeTrue(Tshark.isHere(), "not run: tshark is not installed");
    }

    @Test
    void everyOddFrameReadsAsTsharkReadsIt() throws Exception {
        assertThat(differences(1, frames())).isEmpty();
    }

    @Test
    void cutAtEveryByteWhatIsLeftReadsTheSame() throws Exception {
        var cut = new ArrayList<Frame>();
        var shortened = new ArrayList<Frame>();
        for (var frame : frames()) {
            for (int length = 1; length < frame.bytes().length; length += frame.bytes().length > 200 ? 37 : 3) {
                byte[] rest = Arrays.copyOf(frame.bytes(), length);
                cut.add(new Frame(frame.name() + " cut at " + length, rest, frame.original()));
                shortened.add(new Frame(frame.name() + " ending at " + length, rest, length));
            }
        }
        assertThat(differences(1, cut)).isEmpty();
        assertThat(differences(1, shortened)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedFramesReadTheSameAsFarAsTheyCanBeRead(long seed) throws Exception {
        var random = new SplittableRandom(seed);
        var seeds = frames();
        var damaged = new ArrayList<Frame>();
        for (int i = 0; i < 1500; i++) {
            damaged.add(damage(seeds.get(random.nextInt(seeds.size())), random));
        }
        assertThat(differences(1, damaged)).as("seed %d", seed).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 02000000",
        "0, 00000002",
        "0, 0000001e",
        "108, 00000002",
        "101, ''",
        "12, ''",
        "14, ''",
        "228, ''",
        "113, 00000001000602000000000100000800",
        "276, 0800000000000003000100060200000000010000"
    })
    void otherLinkTypesReadTheSame(int linkType, String prefix) throws Exception {
        var frames = new ArrayList<Frame>();
        for (var frame : frames()) {
            if (frame.bytes().length > 14 && frame.bytes()[12] == 8 && frame.bytes()[13] == 0) {
                byte[] link = HexFormat.of().parseHex(prefix);
                byte[] bytes = Arrays.copyOf(link, link.length + frame.bytes().length - 14);
                System.arraycopy(frame.bytes(), 14, bytes, link.length, frame.bytes().length - 14);
                int original = Math.max(bytes.length, frame.original() - 14 + link.length);
                frames.add(new Frame(frame.name(), bytes, original));
            }
        }
        assertThat(differences(linkType, frames)).isEmpty();
    }

    private List<String> differences(int linkType, List<Frame> frames) throws Exception {
        Path capture = folder.resolve("odd.pcap");
        Files.write(capture, pcap(linkType, frames));
        var golden = Tshark.read(capture, folder);
        var ours = Decoded.of(capture).frames();
        assertThat(ours).hasSameSizeAs(golden);
        var differences = new ArrayList<String>();
        for (int i = 0; i < golden.size(); i++) {
            String difference = Readings.difference(golden.get(i), ours.get(i));
            if (!difference.isEmpty() && !difference.contains(QUOTE_IN_QUOTE)) {
                var frame = frames.get(i);
                differences.add(frame.name() + ": " + difference + " (" + frame.original() + " bytes on the wire) "
                        + HexFormat.of().formatHex(frame.bytes()));
            }
        }
        return differences;
    }

    private static byte[] pcap(int linkType, List<Frame> frames) throws IOException {
        var out = new ByteArrayOutputStream();
        var header = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(0xA1B2C3D4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putLong(0)
                .putInt(262144)
                .putInt(linkType);
        out.write(header.array());
        int second = 0;
        for (var frame : frames) {
            var record = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
            record.putInt(second++).putInt(0).putInt(frame.bytes().length).putInt(frame.original());
            out.write(record.array());
            out.write(frame.bytes());
        }
        return out.toByteArray();
    }

    private static Frame damage(Frame frame, SplittableRandom random) {
        byte[] bytes = frame.bytes().clone();
        int original = frame.original();
        for (int changes = random.nextInt(1, 4); changes > 0 && bytes.length > 1; changes--) {
            int at = random.nextInt(Math.min(bytes.length, 90));
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 ->
                    bytes[at] =
                            (byte) new int[] {0, 1, 4, 6, 17, 41, 43, 44, 58, 60, 0x45, 0x60, 0xFF}[random.nextInt(13)];
                case 3 -> bytes = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
                default -> {
                    bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(30));
                    original = Math.max(original, bytes.length);
                }
            }
        }
        return new Frame(
                frame.name() + " damaged",
                bytes,
                random.nextBoolean() ? bytes.length : Math.max(original, bytes.length));
    }

    private static List<Frame> frames() throws IOException {
        return Files.readAllLines(DecodeDifferentialTest.root().resolve(FRAMES)).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split(" \\| ?", 3))
                .map(part -> new Frame(part[0], HexFormat.of().parseHex(part[2]), Integer.parseInt(part[1])))
                .filter(frame -> frame.bytes().length > 0)
                .toList();
    }
}
