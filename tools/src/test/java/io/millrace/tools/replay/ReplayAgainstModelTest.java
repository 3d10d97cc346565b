package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replays every capture at hand and compares with tshark's reading of it, through a model of a switch. */
class ReplayAgainstModelTest {
    @TempDir
    Path directory;

    @Test
    void everyCaptureReplaysWithEveryFrameAccountedForAndTsharksVerdict() throws IOException {
        for (var capture : Golden.captures(Shell.captures())) {
            var result = Shell.millrace("replay", "-o", "json", capture.toString());
            boolean whole = Golden.isWhole(capture);

            assertThat(result.exit()).as(capture + result.err()).isEqualTo(whole ? 0 : 1);
            assertThat(result.json()).as("%s", capture).containsEntry("conserved", true);
            assertThat(result.json().get("damage") == null).as("%s", capture).isEqualTo(whole);
            assertThat(at(result, "capture"))
                    .as("%s", capture)
                    .containsEntry("frames", Golden.read(capture).size());
        }
    }

    @Test
    void everyFrameLeavesByThePortsThatASwitchOfAFewLinesSays() throws Exception {
        var files = new ArrayList<String>();
        var expected = new ArrayList<String>();
        for (var capture : Golden.captures(Shell.captures())) {
            var model = new ModelSwitch();
            Golden.read(capture).forEach(model::frame);
            var out = directory.resolve(String.valueOf(capture.getFileName()));
            Shell.millrace("replay", "--out", out.toString(), capture.toString());
            model.left.forEach((port, frames) -> {
                files.add(out.resolve(port.replace(':', '-') + ".pcapng").toString());
                frames.forEach(number -> expected.add(port + " frame " + number));
            });
            files.add(out.resolve("drops.pcapng").toString());
            model.dropped.forEach(number -> expected.add("drops frame " + number));
            assertThat(namesIn(out)).hasSize(model.left.size() + 1);
        }
        assertThat(commentsIn(files)).isEqualTo(expected);
    }

    @Test
    void theSameCaptureGivesTheSameBytes() throws IOException {
        for (var name : List.of("tcpreplay--test.pcap", "pcpp--many_interfaces-1.pcapng", "pcpp--example.pcap")) {
            var capture = Shell.captures().resolve(name).toString();
            var one = directory.resolve("one");
            var two = directory.resolve("two");
            var first = Shell.millrace("replay", "-o", "json", "--out", one.toString(), capture);
            var second = Shell.millrace("replay", "-o", "json", "--out", two.toString(), capture);

            assertThat(withoutRates(first)).isEqualTo(withoutRates(second));
            for (var file : namesIn(one)) {
                assertThat(two.resolve(file)).hasSameBinaryContentAs(one.resolve(file));
            }
        }
    }

    @Test
    void aPortsFileHoldsItsFramesByteForByteWithTheirTimes() throws Exception {
        for (var name : List.of("wireshark--dhcp-nanosecond.pcap", "tcpreplay--test.pcap", "pcpp--VlanPackets.pcap")) {
            var capture = Shell.captures().resolve(name);
            var model = new ModelSwitch();
            Golden.read(capture).forEach(model::frame);
            var out = directory.resolve(name);
            Shell.millrace("replay", "--out", out.toString(), capture.toString());
            for (var port : List.copyOf(model.left.entrySet()).subList(0, 2)) {
                var file = out.resolve(port.getKey().replace(':', '-') + ".pcapng");
                if (!port.getValue().isEmpty()) {
                    assertThat(asPcap(file, List.of())).isEqualTo(asPcap(capture, port.getValue()));
                }
            }
        }
    }

    /** A capture as nanosecond pcap by editcap, which drops all but lengths, times and bytes; all frames or some. */
    private byte[] asPcap(Path capture, List<Integer> frames) throws Exception {
        var to = directory.resolve("converted.pcap");
        var command = new ArrayList<>(List.of("editcap", "-F", "nsecpcap"));
        if (!frames.isEmpty()) {
            command.add("-r");
        }
        command.addAll(List.of(capture.toString(), to.toString()));
        frames.forEach(number -> command.add(number.toString()));
        Shell.run(command);
        byte[] bytes = Files.readAllBytes(to);
        Arrays.fill(bytes, 16, 20, (byte) 0); // the snap length says how the capture was made
        return bytes;
    }

    /** Interface and comment of every frame, as tshark reads them: "02:…:01 frame 17". */
    private List<String> commentsIn(List<String> files) throws Exception {
        var all = directory.resolve("all.pcapng").toString();
        var merge = new ArrayList<>(List.of("mergecap", "-a", "-I", "none", "-w", all));
        merge.addAll(files);
        Shell.run(merge);
        var fields = Shell.run(
                "tshark",
                "-r",
                all,
                "-T",
                "fields",
                "-E",
                "separator=/s",
                "-e",
                "frame.interface_name",
                "-e",
                "frame.comment");
        return fields.lines().map(line -> line.replaceFirst(": .*", "")).toList();
    }

    private static List<String> namesIn(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private static String withoutRates(Shell.Result result) {
        return result.out().replaceAll("\"(elapsed_s|pps|bps)\":[^,]*,", "");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> at(Shell.Result result, String name) {
        return (Map<String, Object>) result.json().get(name);
    }
}
