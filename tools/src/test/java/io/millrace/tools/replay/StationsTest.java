package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which port a station gets, and what happens when there are more stations, or longer frames, than anyone expects. */
class StationsTest {
    private static final String A = Pcap.station(1);
    private static final String B = Pcap.station(2);
    private static final String GROUP = "01:00:5e:00:00:01";
    private static final String ZERO = "00:00:00:00:00:00";

    @TempDir
    Path directory;

    private Shell.Result replay(Pcap capture, String... options) throws IOException {
        var words = new ArrayList<>(List.of("replay", "-o", "json"));
        words.addAll(List.of(options));
        words.add(capture.to(directory.resolve("in.pcap")));
        var result = Shell.millrace(words.toArray(String[]::new));
        assertThat(result.json()).containsEntry("conserved", true);
        return result;
    }

    @Test
    void whatNoStationCanHaveSentEntersByTheSharedPortAndIsDroppedByName() throws IOException {
        var result = replay(Pcap.ethernet()
                .frame(1, A, Pcap.BROADCAST)
                .frame(2, GROUP, A)
                .frame(3, ZERO, A)
                .frame(4, A, B, 13, 13)
                .frame(5, A, B, 10, 60)
                .frame(6, A, B, 0, 60));

        assertThat(names(result)).containsExactly(A, "others");
        assertThat(drops(result))
                .containsExactly(
                        Map.entry("ETHERNET_TRUNCATED", 1),
                        Map.entry("ETHERNET_CUT", 2),
                        Map.entry("SOURCE_IS_GROUP", 1),
                        Map.entry("NO_OTHER_PORT", 1));
        assertThat(port(result, A)).containsEntry("tx_frames", 1); // a source of zero may send, it is only not learned
    }

    @Test
    void stationsBeyondTheLimitShareOnePortAndTheUserIsTold() throws IOException {
        var capture = Pcap.ethernet();
        for (int i = 1; i <= 10; i++) {
            capture.frame(i, Pcap.station(i), Pcap.BROADCAST);
        }
        var result = replay(capture, "--stations", "4");

        assertThat(names(result)).hasSize(5).endsWith("others");
        assertThat(port(result, "others")).containsEntry("rx_frames", 6);
        assertThat(result.err()).contains("6 frames");
        assertThat((List<?>) result.json().get("fdb")).hasSize(10);
    }

    @Test
    void aFloodOfStationsToEverybodyLosesNothing() throws IOException {
        var capture = Pcap.ethernet();
        for (int i = 1; i <= 1200; i++) {
            capture.frame(i * 0.0001, Pcap.station(i), i % 20 == 0 ? Pcap.BROADCAST : Pcap.station(i - 1));
        }
        var result = replay(capture, "--stations", "1000");

        assertThat(names(result)).hasSize(1001);
        assertThat(drops(result)).containsOnlyKeys("NO_OTHER_PORT", "SAME_PORT");
    }

    @Test
    void aMacFloodDoesNotTakeThePlaceOfTwoStationsThatTalk() throws IOException {
        var capture = Pcap.ethernet().frame(0, A, B).frame(0, B, A);
        for (int i = 0; i < 70_000; i++) {
            capture.frame(1 + i * 1e-5, "06:00:00:%02x:%02x:%02x".formatted(i >> 16, i >> 8 & 0xFF, i & 0xFF), A);
            if (i % 100 == 0) {
                capture.frame(1 + i * 1e-5, A, B).frame(1 + i * 1e-5, B, A);
            }
        }
        var file = capture.to(directory.resolve("flood.pcap"));
        var out =
                Shell.millrace("replay", "-o", "json", "--stations", "2", file).out();

        assertThat(Pattern.compile("\"mac\":").matcher(out).results().count()).isEqualTo(65_536);
        // Only the first frame was flooded, to nobody; nothing of the two ever reached the port of the flood.
        assertThat(out)
                .contains("\"name\":\"others\",\"rx_frames\":70000,\"rx_bytes\":4200000,\"tx_frames\":0,")
                .contains("\"name\":\"" + A + "\",\"rx_frames\":701,\"rx_bytes\":42060,\"tx_frames\":70701,")
                .contains("\"name\":\"" + B + "\",\"rx_frames\":701,\"rx_bytes\":42060,\"tx_frames\":700,")
                .contains("\"conserved\":true");
    }

    @Test
    void longFramesAreFloodedToEveryPortHoweverManyThereAre() throws IOException {
        var capture = Pcap.ethernet();
        for (int i = 1; i <= 100; i++) {
            capture.frame(i, Pcap.station(i), Pcap.BROADCAST);
        }
        for (int i = 1; i <= 5; i++) {
            capture.frame(200, Pcap.station(i), Pcap.BROADCAST, 9018, 9018);
        }
        var result = replay(capture);

        assertThat(drops(result)).containsOnlyKeys("NO_OTHER_PORT");
        assertThat(port(result, Pcap.station(1))).containsEntry("tx_frames", 99 + 4);
    }

    @Test
    void aFrameLongerThanAnyIsDroppedByName() throws IOException {
        var result = replay(Pcap.ethernet()
                .frame(1, A, Pcap.BROADCAST)
                .frame(1, B, Pcap.BROADCAST)
                .frame(1, B, A, 67_584, 67_584)
                .frame(1, B, A, 67_585, 67_585)
                .frame(1, B, A, 200_000, 200_000));

        assertThat(drops(result)).containsEntry("FRAME_TOO_LONG", 2);
        assertThat(port(result, A)).containsEntry("tx_frames", 2);
    }

    @Test
    void otherLinkTypesAreAnalysedAndNotSwitched() throws IOException {
        byte[] ping = new byte[28];
        ping[0] = 0x45;
        ping[3] = 28;
        ping[9] = 1;
        var result = replay(Pcap.ofLinkType(101).bytes(1, ping, 28));

        assertThat(result.json().get("not_switched").toString()).contains("raw IP", "frames=1");
        assertThat(result.json().get("protocols").toString()).isEqualTo("{ICMP=1}");
        assertThat(result.exit()).isZero();
    }

    @Test
    void cutFramesAreSwitchedAndKeepTheLengthTheyHad() throws Exception {
        var out = directory.resolve("out");
        var result =
                replay(Pcap.ethernet().frame(1, A, Pcap.BROADCAST).frame(2, B, A, 96, 1514), "--out", out.toString());

        assertThat(result.json().get("capture").toString()).contains("bytes=1574", "captured_bytes=156", "truncated=1");
        var file = out.resolve(A.replace(':', '-') + ".pcapng").toString();
        assertThat(Shell.run("tshark", "-r", file, "-T", "fields", "-e", "frame.len", "-e", "frame.cap_len")
                        .strip())
                .isEqualTo("1514\t96");
    }

    @Test
    void aCaptureIsNotOverwrittenByItsOwnReplay() throws IOException {
        var capture = Pcap.ethernet().frame(1, A, B).to(directory.resolve("drops.pcapng"));
        byte[] before = Files.readAllBytes(Path.of(capture));
        var result = Shell.millrace("replay", "--out", directory.toString(), capture);

        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("drops.pcapng: is the capture that is read, and would be overwritten");
        assertThat(Path.of(capture)).hasBinaryContent(before);
    }

    @Test
    void thousandsOfPortsHaveAFileEach() throws IOException {
        var capture = Pcap.ethernet();
        for (int i = 1; i <= 300; i++) {
            capture.frame(i, Pcap.station(i), Pcap.BROADCAST);
        }
        var out = directory.resolve("many");
        replay(capture, "--out", out.toString());

        try (var files = Files.list(out)) {
            assertThat(files).hasSize(301);
        }
        assertThat(Files.size(out.resolve(Pcap.station(1).replace(':', '-') + ".pcapng")))
                .isGreaterThan(299 * 60);
    }

    private static Map<String, Object> port(Shell.Result result, String name) {
        return lines(result, "ports").stream()
                .filter(line -> name.equals(line.get("name")))
                .findFirst()
                .orElseThrow();
    }

    private static List<Object> names(Shell.Result result) {
        return lines(result, "ports").stream().map(line -> line.get("name")).toList();
    }

    private static Map<String, Integer> drops(Shell.Result result) {
        var drops = new LinkedHashMap<String, Integer>();
        lines(result, "drops").forEach(line -> drops.put((String) line.get("reason"), (Integer) line.get("frames")));
        return drops;
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> lines(Shell.Result result, String name) {
        return (List<Map<String, Object>>) result.json().get(name);
    }
}
