package io.millrace.codec.capture;

import static io.millrace.codec.capture.Handmade.LITTLE;
import static io.millrace.codec.capture.Handmade.all;
import static io.millrace.codec.capture.Handmade.frame;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same frames in every shape that editcap can give them read the same; and what we write, editcap carries on. */
class ConversionTest {
    @TempDir
    Path folder;

    private Path original;

    @BeforeEach
    void aCaptureOfSomeFrames() throws IOException {
        List<byte[]> parts = new ArrayList<>(List.of(LITTLE.pcap()));
        for (int length = 14; length < 120; length++) {
            parts.add(LITTLE.record(1_700_000_000 + length, length * 1001, length, length + 4, frame(length)));
        }
        original = Files.write(folder.resolve("original.pcap"), all(parts.toArray(byte[][]::new)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pcap", "nsecpcap", "modpcap", "rh6_1pcap", "suse6_3pcap", "pcapng"})
    void whatEditcapConvertsReadsAsBefore(String format) {
        Tool.needs("editcap");
        Path converted = folder.resolve("converted");
        assertThat(Tool.run("editcap", "-F", format, original.toString(), converted.toString())
                        .exit())
                .isZero();
        Read read = Read.of(converted);
        assertThat(read.damage()).isNull();
        assertThat(read.essences()).isEqualTo(Read.of(original).essences()).hasSize(106);
    }

    @ParameterizedTest
    @ValueSource(strings = {"copy.pcap", "copy.pcapng"})
    void whatWeWriteGoesThroughEditcapAndBack(String name) {
        Tool.needs("editcap");
        Path copy = folder.resolve(name), back = folder.resolve("back.pcap");
        try (CaptureReader in = CaptureReader.open(original);
                CaptureWriter out = CaptureWriter.open(copy)) {
            int port = out.addInterface("lan", 1, 0);
            while (in.next()) {
                out.write(port, in.time(), in.buffer(), in.offset(), in.captured(), in.original(), null);
            }
        }
        Tool editcap = Tool.run("editcap", "-F", "nsecpcap", copy.toString(), back.toString());
        assertThat(editcap.complaints()).isEmpty();
        assertThat(Read.of(back).essences()).isEqualTo(Read.of(original).essences());
    }

    /** Files of ours put together by mergecap have several interfaces, sections or both. */
    @Test
    void whatMergecapPutsTogetherReadsWhole() {
        Tool.needs("mergecap");
        Path ours = folder.resolve("ours.pcapng"), both = folder.resolve("both.pcapng");
        UnsafeBuffer bytes = new UnsafeBuffer(frame(60));
        try (PcapngWriter out = PcapngWriter.open(ours)) {
            int port = out.addInterface("tun0", 101, 0);
            out.write(port, 1_700_000_050_000_000_001L, bytes, 0, 60, 60, "between the others");
        }
        Tool merge = Tool.run("mergecap", "-w", both.toString(), original.toString(), ours.toString());
        assertThat(merge.complaints()).isEmpty();
        Read read = Read.of(both);
        assertThat(read.count()).isEqualTo(107);
        assertThat(read.frames())
                .filteredOn(frame -> frame.linkType() == 101)
                .singleElement()
                .returns(1_700_000_050_000_000_001L, Read.Frame::time)
                .returns("tun0", Read.Frame::name);
    }
}
