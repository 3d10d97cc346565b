package io.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.bench.peers.Results.Kind;
import io.millrace.bench.peers.Results.Talk;
import io.millrace.tools.words.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of figures that are made up here. */
class ReportsTest {
    private static final Kind SMALL = new Kind(60, 1);
    private static final Kind LARGE = new Kind(1514, 1000);
    private static final Map<String, String> ENVIRONMENT =
            Map.of("cpu", "A <fast> & small one", "cores", "2", "kernel", "6.18");
    private static final List<String> NAMES =
            List.of("nothing", "linux-bridge", "vde", "millrace-packet", "millrace-xdp");

    private final Results results = new Results(NAMES);

    ReportsTest() {
        flood(SMALL, "generator", 0);
        flood(SMALL, "nothing", 1_300_000);
        flood(SMALL, "linux-bridge", 900_000, 1_000_000, 5);
        flood(SMALL, "millrace-packet", 800_000);
        flood(SMALL, "millrace-xdp", 1_100_000);
        flood(LARGE, "linux-bridge", 700_000);
        results.add(Talk.TCP_OFFLOADS, "linux-bridge", 20);
        results.add(Talk.TCP_OFFLOADS, "millrace-packet", 12);
        results.add(Talk.TCP_OFFLOADS, "millrace-packet", 16);
        results.add(Talk.PING_BUSY, "millrace-packet", 25);
        results.missing("vde", "frames", "needs vde_switch of the Debian package \"vde2\"");
    }

    private void flood(Kind kind, String device, double... forwarded) {
        for (double rate : forwarded) {
            results.add(kind, device, new Sample(6e6, 2e6, rate, 2, 0.9));
        }
    }

    @Test
    void theTableHoldsTheRoundInTheMiddleAndHowManyTimesAsFastEachOfOursIs() {
        var text = new TextReport(results).write(ENVIRONMENT);
        assertThat(text)
                .contains("64-byte frames, 1 flow (the generator alone: 2,000 thousand frames/s)")
                .containsPattern("linux-bridge +900 +2,000 +55.0 % +2.00 +0.90 +2222 +0.89 +generator-limited")
                .contains("1500-byte packets, 1000 flows")
                .contains("vde, frames: needs vde_switch of the Debian package \"vde2\"");
    }

    @Test
    void aRatioCountsOnlyWhenWhatDoesNothingIsAFifthFasterThanBoth() {
        var slow = results.ratio(SMALL, "millrace-packet", "linux-bridge");
        assertThat(slow).isNotNull();
        assertThat(slow.times()).isCloseTo(0.8 / 0.9, within(1e-9));
        assertThat(slow.limited()).isFalse();
        var fast = results.ratio(SMALL, "millrace-xdp", "linux-bridge");
        assertThat(fast).isNotNull();
        assertThat(fast.limited()).as("1.3 is less than 1.2 times 1.1").isTrue();
        assertThat(results.ratio(SMALL, "millrace-xdp", "vde")).isNull();
        var unknown = results.ratio(LARGE, "linux-bridge", "linux-bridge");
        assertThat(unknown).isNotNull();
        assertThat(unknown.limited()).as("what does nothing was not measured").isTrue();
    }

    @Test
    void tcpAndPingStandWithTheMedianOfTheirRounds() {
        var text = new TextReport(results).write(ENVIRONMENT);
        assertThat(text).containsPattern("millrace-packet +14.00 +25").containsPattern("linux-bridge +0.70");
    }

    @Test
    void thePictureIsXmlWithABarForEveryFigure() throws Exception {
        var svg = new Chart(results).write(ENVIRONMENT);
        var document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
        assertThat(document.getElementsByTagName("rect").getLength()).isEqualTo(1 + 4 + 1 + 2 + 1);
        assertThat(svg).contains("A &lt;fast&gt; &amp; small one").contains("1,100<");
    }

    @Test
    void theJsonIsWhatPythonReads(@TempDir Path folder) throws IOException {
        var options = Options.parse(List.of("--rounds", "3"), NAMES);
        var file = folder.resolve("peers.json");
        Files.writeString(file, new JsonReport(results).write(ENVIRONMENT, options));
        var said = Shell.run("python3", "-c", """
                import json, sys
                j = json.load(open(sys.argv[1]))
                small = j['floods'][0]
                ours = [d for d in small['devices'] if d['name'] == 'millrace-packet'][0]
                print(j['environment']['kernel'], j['rounds'], small['frame_bytes'], small['flows'])
                print([(r['to'], round(r['times'], 2), r['generator_limited']) for r in ours['ratios']])
                print([d['rounds_fps'] for d in small['devices'] if d['name'] == 'linux-bridge'])
                print([(h['name'], h['what'], h['median'], h['rounds']) for h in j['hosts']][1])
                print(j['not_measured'])
                """, file.toString());
        assertThat(said.words().lines())
                .containsExactly(
                        "6.18 3 60 1",
                        "[('nothing', 0.62, True), ('linux-bridge', 0.89, False), ('millrace-xdp', 0.73, True)]",
                        "[[900000.0, 1000000.0, 5.0]]",
                        "('millrace-packet', 'tcp_offloads', 14.0, [12.0, 16.0])",
                        "[{'name': 'vde', 'what': 'frames', 'why': 'needs vde_switch of the Debian package \"vde2\"'}]");
    }

    @Test
    void pingsRoundTripsAreReadInMicroseconds() {
        assertThat(Tcp.times("64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.045 ms\nand time=1.20 ms\n"))
                .containsExactly(45.0, 1200.0);
    }

    @Test
    void wordsThatAreNotUnderstoodAreToldInOneSentence() {
        assertThat(Options.parse(List.of("--only", "vde,nothing", "--quick"), NAMES)
                        .wants("linux-bridge"))
                .isFalse();
        assertThatThrownBy(() -> Options.parse(List.of("--only", "vda"), NAMES))
                .isInstanceOf(Failure.class)
                .hasMessage("bench peers: no device 'vda'; there are " + String.join(", ", NAMES));
        assertThatThrownBy(() -> Options.parse(List.of("--rounds"), NAMES))
                .hasMessage("bench peers: --rounds takes a number from 1.0 to 99.0");
        assertThatThrownBy(() -> Options.parse(List.of("--json"), NAMES))
                .hasMessage("bench peers: --json takes the name of a file");
        assertThatThrownBy(() -> Options.parse(List.of("--fast"), NAMES))
                .hasMessage("bench peers: what is '--fast'? See --help.");
    }
}
