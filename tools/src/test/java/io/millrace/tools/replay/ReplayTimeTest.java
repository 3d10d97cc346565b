package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The time of a replay is that of the captures: tables age by it, captures are merged by it. */
class ReplayTimeTest {
    private static final String A = Pcap.station(1);
    private static final String B = Pcap.station(2);
    private static final String C = Pcap.station(3);

    @TempDir
    Path directory;

    /** Three stations speak; later B asks for A, which was last heard {@code gap} seconds before. */
    private Shell.Result afterAPauseOf(double gap) throws IOException {
        var file = Pcap.ethernet()
                .frame(1000, A, Pcap.BROADCAST)
                .frame(1000, C, Pcap.BROADCAST)
                .frame(1000, B, Pcap.BROADCAST)
                .frame(1000 + gap, B, A)
                .to(directory.resolve("pause.pcap"));
        return Shell.millrace("replay", "-o", "json", file);
    }

    @Test
    void aStationHeard299SecondsAgoInTheCaptureIsStillKnown() throws IOException {
        var result = afterAPauseOf(299);

        assertThat(sentBy(result, C)).isEqualTo(1); // B's broadcast, and not what B said to A
        assertThat(stations(result)).containsExactly(A, B, C);
    }

    @Test
    void aStationHeard301SecondsAgoInTheCaptureIsForgottenAndItsFramesAreFlooded() throws IOException {
        var result = afterAPauseOf(301);

        assertThat(sentBy(result, C)).isEqualTo(2);
        assertThat(stations(result)).containsExactly(B);
    }

    @Test
    void aFrameOlderThanTheOneBeforeMakesNoTableOlderAndIsTold() throws IOException {
        var file = Pcap.ethernet()
                .frame(1000, A, Pcap.BROADCAST)
                .frame(1299, B, Pcap.BROADCAST)
                .frame(500, B, A)
                .to(directory.resolve("back.pcap"));
        var result = Shell.millrace("replay", "-o", "json", file);

        assertThat(sentBy(result, A)).isEqualTo(2);
        assertThat(result.err()).contains("1 frame older than one before");
    }

    @Test
    void aGapOfDecadesForgetsEveryStation() throws IOException {
        for (double years : List.of(1.0, 7.0, 13.7, 40.0)) {
            var result = afterAPauseOf(years * 365 * 86_400);

            assertThat(stations(result)).as("%s years", years).containsExactly(B);
        }
    }

    @Test
    void severalCapturesAreReadAsMergecapMergesThem() throws Exception {
        var one = Shell.captures().resolve("tcpreplay--test.pcap");
        var shifted = directory.resolve("shifted.pcap");
        Shell.run("editcap", "-t", "0.7310001", one.toString(), shifted.toString());
        var merged = directory.resolve("merged.pcap");
        Shell.run("mergecap", "-F", "nsecpcap", "-w", merged.toString(), one.toString(), shifted.toString());

        var together = framesByPort("together", one.toString(), shifted.toString());
        assertThat(together).isNotEmpty().isEqualTo(framesByPort("merged", merged.toString()));
    }

    /** Time and length of every frame that left by each port, as tshark reads them. */
    private List<String> framesByPort(String name, String... captures) throws Exception {
        var out = directory.resolve(name);
        var words = new ArrayList<>(List.of("replay", "--out", out.toString()));
        words.addAll(List.of(captures));
        assertThat(Shell.millrace(words.toArray(String[]::new)).exit()).isZero();
        var lines = new ArrayList<String>();
        for (var mac : List.of("f8-1e-df-e5-84-3a", "ac-1f-6b-ac-27-da")) {
            var file = out.resolve(mac + ".pcapng").toString();
            lines.add(Shell.run("tshark", "-r", file, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len"));
        }
        return lines;
    }

    @Test
    void ofTwoFramesAtTheSameTimeTheOneOfTheCaptureNamedFirstComesFirst() throws IOException {
        var one = Pcap.ethernet()
                .frame(1, A, Pcap.BROADCAST)
                .frame(2, A, Pcap.BROADCAST)
                .to(directory.resolve("one.pcap"));
        var two = Pcap.ethernet().frame(1, B, A).frame(2, B, A).to(directory.resolve("two.pcap"));

        assertThat(portNames(Shell.millrace("replay", "-o", "json", one, two))).containsExactly(A, B);
        assertThat(portNames(Shell.millrace("replay", "-o", "json", two, one))).containsExactly(B, A);
    }

    @Test
    void aCaptureReadThreeTimesIsSwitchedThreeTimes() throws IOException {
        var file = Pcap.ethernet().frame(1, A, Pcap.BROADCAST).frame(2, B, A).to(directory.resolve("loop.pcap"));
        var result = Shell.millrace("replay", "-o", "json", "--loop", "3", file);

        assertThat(map(result.json().get("capture"))).containsEntry("frames", 6);
        assertThat(sentBy(result, A)).isEqualTo(3);
        assertThat(sentBy(result, B)).isEqualTo(2);
    }

    @Test
    void aLimitStopsInTheMiddle() throws IOException {
        var file = Pcap.ethernet()
                .frame(1, A, Pcap.BROADCAST)
                .frame(2, B, A)
                .frame(3, A, B)
                .to(directory.resolve("limit.pcap"));
        var result = Shell.millrace("replay", "-o", "json", "--limit", "2", file);

        assertThat(map(result.json().get("capture"))).containsEntry("frames", 2);
        assertThat(result.json()).containsEntry("conserved", true);
    }

    private static int sentBy(Shell.Result result, String port) {
        return ports(result).stream()
                .filter(line -> port.equals(line.get("name")))
                .mapToInt(line -> (Integer) line.get("tx_frames"))
                .findFirst()
                .orElse(-1);
    }

    private static List<Object> portNames(Shell.Result result) {
        return ports(result).stream().map(line -> line.get("name")).toList();
    }

    private static List<Object> stations(Shell.Result result) {
        return list(result.json().get("fdb")).stream()
                .map(line -> line.get("mac"))
                .toList();
    }

    private static List<Map<String, Object>> ports(Shell.Result result) {
        return list(result.json().get("ports"));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Object value) {
        return (List<Map<String, Object>>) value;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }
}
