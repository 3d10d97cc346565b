package io.millrace.codec.capture;

import static io.millrace.codec.capture.Handmade.LITTLE;
import static io.millrace.codec.capture.Handmade.all;
import static io.millrace.codec.capture.Handmade.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Captures that are not simply a mapped file: compressed, from a pipe, larger than an int can count. */
class CompressedCaptureTest {
    private static final int FRAMES = 500, LENGTH = 1500;

    @TempDir
    Path folder;

    private Path plain;

    @BeforeEach
    void aCaptureThatDoesNotCompressWell() throws IOException {
        Random random = new Random(7);
        byte[][] parts = new byte[FRAMES + 1][];
        parts[0] = LITTLE.pcap();
        for (int i = 1; i <= FRAMES; i++) {
            byte[] noise = frame(LENGTH);
            random.nextBytes(noise);
            parts[i] = LITTLE.record(noise);
        }
        plain = Files.write(folder.resolve("plain.pcap"), all(parts));
    }

    private Path compress(String program) {
        Tool.needs(program);
        Tool.run(program, "-k", plain.toString());
        return folder.resolve("plain.pcap." + (program.equals("gzip") ? "gz" : "zst"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void aCompressedCaptureReadsAsThePlainOne(String program) throws IOException {
        Path compressed = compress(program);
        assertThat(Read.of(compressed)).isEqualTo(Read.of(plain));
        assertThat(Read.of(Files.readAllBytes(compressed)).essences())
                .isEqualTo(Read.of(plain).essences());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void twoCompressedPartsInARowAreOneCapture(String program) throws IOException {
        byte[] first = Files.readAllBytes(compress(program));
        Files.delete(folder.resolve("plain.pcap." + (program.equals("gzip") ? "gz" : "zst")));
        Files.write(plain, LITTLE.record(frame(60)));
        byte[] second = Files.readAllBytes(compress(program));
        assertThat(Read.of(all(first, second)).count()).isEqualTo(FRAMES + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void aCompressedCaptureThatIsCutGivesTheFramesBeforeTheCut(String program) throws IOException {
        byte[] whole = Files.readAllBytes(compress(program));
        int before = 0;
        for (int part = 1; part < 20; part++) {
            Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, whole.length / 20 * part));
            Read read = Read.of(cut);
            assertThat(read.damage()).startsWith(cut + ": frame " + (read.count() + 1) + " at byte ");
            assertThat(read.damage()).contains("the compressed data ends too early");
            assertThat(read.essences()).isEqualTo(Read.of(plain).essences().subList(0, read.count()));
            assertThat(read.count()).isGreaterThanOrEqualTo(before);
            before = read.count();
        }
        assertThat(before).isGreaterThan(FRAMES / 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void aCompressedCaptureThatIsDamagedIsSaidToBe(String program) throws IOException {
        byte[] bytes = Files.readAllBytes(compress(program));
        Arrays.fill(bytes, bytes.length / 2, bytes.length / 2 + 2000, (byte) 0x5A);
        Read read = Read.of(bytes);
        assertThat(read.damage()).isNotNull();
        assertThat(read.count()).isLessThan(FRAMES + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1f8b0000", "1f8b0800", "28b52ffd", "28b52ffdffffffffff"})
    void aCompressedFileOfNothingIsRefusedInASentence(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertThatThrownBy(() -> Read.of(bytes))
                .isInstanceOf(CaptureException.class)
                .hasMessageMatching("handmade: the compressed data (is damaged|ends too early)");
    }

    @Test
    void theProgressOfACompressedFileIsToldInBytesOfThatFile() throws IOException {
        Path compressed = compress("gzip");
        try (CaptureReader in = CaptureReader.open(compressed)) {
            assertThat(in.size()).isEqualTo(Files.size(compressed));
            while (in.next()) {
                assertThat(in.bytesRead()).isBetween(1L, in.size());
            }
            assertThat(in.bytesRead()).isEqualTo(in.size());
        }
    }

    @Test
    void aDashIsStandardInput() throws IOException {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(Files.readAllBytes(plain)));
            Read read = Read.of(Path.of("-"));
            assertThat(read.essences()).isEqualTo(Read.of(plain).essences());
            System.setIn(new ByteArrayInputStream(new byte[0]));
            assertThatThrownBy(() -> Read.of(Path.of("-"))).hasMessage("standard input: the file is empty");
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void aPipeIsRead() {
        Tool.needs("bash");
        Path pipe = folder.resolve("pipe");
        assumeTrue(Tool.run("mkfifo", pipe.toString()).exit() == 0, "mkfifo is not installed");
        Thread writer = Thread.ofPlatform().start(() -> Tool.run("bash", "-c", "cat '" + plain + "' > '" + pipe + "'"));
        assertThat(Read.of(pipe).count()).isEqualTo(FRAMES);
        assertThat(writer.isDaemon()).isFalse();
    }

    /** Holes take no room on the disk: a skipped block of 100 MiB, thirty times, then a frame after 2 GiB. */
    @Test
    void aFrameAfterTwoGibibytesIsFound() throws IOException {
        int hole = 100 << 20;
        Path file = folder.resolve("large.pcapng");
        long at;
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.wrap(all(LITTLE.section(), LITTLE.iface())));
            for (int i = 0; i < 30; i++) {
                out.write(ByteBuffer.wrap(LITTLE.u32(0x99, hole)));
                out.position(out.position() + hole - 12);
                out.write(ByteBuffer.wrap(LITTLE.u32(hole)));
            }
            at = out.position();
            out.write(ByteBuffer.wrap(LITTLE.packet(0, frame(99))));
        } catch (IOException full) {
            assumeTrue(false, "no room on the disk for a sparse file of 3 GiB");
            return;
        }
        Read read = Read.of(file);
        assertThat(read.damage()).isNull();
        assertThat(read.frames())
                .singleElement()
                .returns(99, Read.Frame::captured)
                .returns(at, Read.Frame::at);
        assertThat(at).isGreaterThan(1L << 31);
        Files.delete(file);
    }
}
