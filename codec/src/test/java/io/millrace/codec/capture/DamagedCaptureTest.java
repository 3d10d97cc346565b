package io.millrace.codec.capture;

import static io.millrace.codec.capture.Handmade.BIG;
import static io.millrace.codec.capture.Handmade.LITTLE;
import static io.millrace.codec.capture.Handmade.all;
import static io.millrace.codec.capture.Handmade.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DamagedCaptureTest {
    @TempDir
    Path folder;

    @Test
    void aPcapCutAtAnyByteGivesTheFramesBeforeTheCut() throws IOException {
        for (Handmade in : List.of(LITTLE, BIG)) {
            byte[][] parts = {
                in.pcap(), in.record(frame(60)), in.record(frame(61)), in.record(frame(0)), in.record(frame(1))
            };
            cutAtEveryByte(parts, 1);
        }
    }

    @Test
    void aPcapngCutAtAnyByteGivesTheFramesBeforeTheCut() throws IOException {
        for (Handmade in : List.of(LITTLE, BIG)) {
            byte[][] parts = {
                in.section(),
                in.iface(1, 0, in.option(2, "eth0"), in.option(9, (byte) 9), in.endOfOptions()),
                in.packet(0, frame(60), in.option(1, "remark"), in.endOfOptions()),
                in.simple(33, frame(33)),
                in.block(5, in.u32(0, 0, 0)),
                in.packet(0, frame(61))
            };
            cutAtEveryByte(parts, 2);
        }
    }

    /** Cuts between two parts are no damage; a part from {@code firstFrame} on holds a frame unless it is statistics. */
    private void cutAtEveryByte(byte[][] parts, int firstFrame) throws IOException {
        byte[] whole = all(parts);
        List<Integer> ends = new ArrayList<>();
        int end = 0;
        for (byte[] part : parts) {
            ends.add(end += part.length);
        }
        Path file = folder.resolve("cut");
        for (int length = 4; length <= whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            int at = length;
            long expected = IntStream.range(firstFrame, parts.length)
                    .filter(i -> ends.get(i) <= at && parts[i].length != 24)
                    .count();
            Read mapped = Read.of(Files.write(file, cut));
            assertThat(mapped.count()).as("cut at byte %d", length).isEqualTo(expected);
            if (ends.contains(length)) {
                assertThat(mapped.damage()).as("cut at byte %d", length).isNull();
            } else {
                assertThat(mapped.damage())
                        .as("cut at byte %d", length)
                        .startsWith(file + ": frame " + (expected + 1) + " at byte ")
                        .contains("the file ends inside");
            }
            assertThat(Read.of(cut).essences()).isEqualTo(mapped.essences());
        }
        for (int length = 0; length < 4; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> Read.of(cut)).isInstanceOf(CaptureException.class);
        }
    }

    @Test
    void aStreamThatComesInSmallPiecesReadsTheSame() {
        byte[] file =
                all(LITTLE.section(), LITTLE.iface(), LITTLE.packet(0, frame(1500)), LITTLE.packet(0, frame(9000)));
        InputStream trickle = new FilterInputStream(new ByteArrayInputStream(file)) {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return super.read(into, offset, Math.min(length, 7));
            }
        };
        Read read = Read.all(CaptureReader.of(trickle, "trickle"));
        assertThat(read.essences()).isEqualTo(Read.of(file).essences()).hasSize(2);
    }

    @Test
    void aStreamThatFailsGivesTheFramesBeforeAndNoWordOfTheException() {
        byte[] file = all(LITTLE.pcap(), LITTLE.record(frame(60)), LITTLE.record(frame(60)));
        InputStream failing = new FilterInputStream(new ByteArrayInputStream(file, 0, file.length - 10)) {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                int got = super.read(into, offset, length);
                if (got < 0) {
                    throw new IOException("java.io.Internal: xyz");
                }
                return got;
            }
        };
        Read read = Read.all(CaptureReader.of(failing, "disk.pcap"));
        assertThat(read.count()).isEqualTo(1);
        assertThat(read.damage())
                .isEqualTo("disk.pcap: frame 2 at byte 100: the file cannot be read any further, inside a record: "
                        + "50 of 60 bytes are there");
    }

    /** A record may claim 128 MiB for some link types: memory is taken as bytes arrive, not as they are claimed. */
    @Test
    void aLengthThatIsClaimedTakesNoMemory() {
        byte[] file = all(LITTLE.pcap(0xA1B2C3D4, 2, 4, 0, 231), LITTLE.record(0, 0, 128 << 20, 128 << 20, frame(60)));
        for (int i = 0; i < 100; i++) {
            assertThat(Read.of(file).damage()).contains("60 of 134217728 bytes are there");
        }
    }

    /** The short form of the run that {@link CaptureFuzz} makes. */
    @Test
    void fiveThousandMutatedFilesGiveFramesOrASentence() throws IOException {
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(20_260_101);
        CaptureFuzz.Tally tally = CaptureFuzz.run(random, 5_000, folder);
        assertThat(tally.files()).isEqualTo(5_000);
        assertThat(tally.damaged()).as("mutations that hit").isGreaterThan(1_000);
        assertThat(tally.frames()).as("frames before the damage").isGreaterThan(5_000);
    }
}
