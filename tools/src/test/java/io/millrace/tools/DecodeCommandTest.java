package io.millrace.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecodeCommandTest {
    private static final String PCAP_HEADER = "d4c3b2a1" + "02000400" + "0000000000000000" + "00000400" + "01000000";

    @TempDir
    Path folder;

    @Test
    void aFileThatIsNotThereIsOneSentenceAndExitCodeOne() {
        String missing = folder.resolve("none.pcap").toString();
        assertThat(run("decode", missing)).isEqualTo("1 millrace: " + missing + ": no such file\n");
    }

    @Test
    void aFileThatEndsInTheMiddleIsOneSentenceAndExitCodeOne() throws Exception {
        Path cut = folder.resolve("cut.pcap");
        Files.write(cut, HexFormat.of().parseHex(PCAP_HEADER + "0000000000000000" + "40000000" + "40000000" + "0102"));
        assertThat(run("decode", cut.toString(), "-o", "jsonl"))
                .startsWith("1 millrace: " + cut + ": frame 1 at byte 24: ")
                .hasLineCount(1);
    }

    /** What tshark 4.0 prints as frame.time_epoch of these records. */
    @ParameterizedTest
    @CsvSource({
        "30303030, 40420f00, 808464432.1000000000",
        "30303030, 3f420f00, 808464432.999999000",
        "30303030, 30303030, 808464432.1010580352",
        "30303030, ffffffff, -808464432.000001000",
        "ffffffff, 00000080, 4294967295.000000000",
        "00000000, 40597307, 0.445948416"
    })
    void aFractionOfASecondIsWrittenAsItIs(String seconds, String fraction, String written) throws Exception {
        Path odd = folder.resolve("odd.pcap");
        Files.write(odd, HexFormat.of().parseHex(PCAP_HEADER + seconds + fraction + "02000000" + "02000000" + "0102"));
        assertThat(Decoded.of(odd).frames().getFirst().get("t")).hasToString(written);
    }

    /** What tshark 4.0 prints as frame.len and frame.cap_len of a record of 60 bytes; then one that holds nothing. */
    @ParameterizedTest
    @CsvSource({
        "1, 60, false",
        "123, 56, true",
        "139, 56, true",
        "196, 55, true",
        "201, 56, true",
        "204, 59, true",
        "209, 55, true",
        "245, 58, true",
        "254, 56, true"
    })
    void whatTellsHowAFrameWasCapturedIsNotCountedAsTheFrame(int linkType, int length, boolean damaged)
            throws Exception {
        Path file = folder.resolve("pseudo.pcap");
        String header = PCAP_HEADER.substring(0, 40) + "%02x000000".formatted(linkType);
        String record = "0000000000000000" + "3c0000003c000000" + "00".repeat(60);
        Files.write(file, HexFormat.of().parseHex(header + record + "0000000000000000" + "000000003c000000"));
        var decoded = Decoded.of(file);
        assertThat(decoded.frames().getFirst().get("len")).isEqualTo(length);
        assertThat(decoded.frames().getFirst().get("cap")).isEqualTo(length);
        assertThat(decoded.damaged()).isEqualTo(damaged);
    }

    @Test
    void anUnknownOutputIsAMistakeOfTheCaller() {
        assertThat(run("decode", "x.pcap", "-o", "xml")).startsWith("2 millrace: ");
    }

    /** The exit code and what stands on standard error. */
    private static String run(String... arguments) {
        var words = new ByteArrayOutputStream();
        var before = System.err;
        System.setErr(new PrintStream(words, true, StandardCharsets.UTF_8));
        try {
            int code = Main.run(arguments);
            return code + " " + words.toString(StandardCharsets.UTF_8);
        } finally {
            System.setErr(before);
        }
    }
}
