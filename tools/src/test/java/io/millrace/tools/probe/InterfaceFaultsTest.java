package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.hex;
import static io.millrace.tools.probe.Bytes.numbered;
import static io.millrace.tools.probe.Bytes.station;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Interfaces that go down or vanish take nothing with them. */
class InterfaceFaultsTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"packet", "xdp", "pcap"})
    void whileAnInterfaceGoesDownVanishesAndComesBackTheOthersLoseNothingAndNothingLeaks(String kind)
            throws IOException, InterruptedException {
        var outcome = InterfaceFaults.run(directory, kind, 10);
        assertThat(outcome.passes()).as("%s", outcome).isTrue();
    }

    @Test
    void stationsBehindAnInterfaceThatGoesDownAreForgottenAtOnce() throws IOException, InterruptedException {
        try (var bridge = new RunningSwitch(directory, "interface", "{ driver: bridge }", 1500)) {
            bridge.learn(4, station(0x44));
            var first = numbered(station(0x44), station(0x41), 1);
            assertThat(bridge.send(1, first)).containsExactly(List.of(), List.of(), List.of(), List.of(hex(first)));

            bridge.dut().run("ip", "link", "set", "s4", "down").ok();
            TimeUnit.MILLISECONDS.sleep(200);
            var second = numbered(station(0x44), station(0x41), 2);
            bridge.wire(1).send(second);
            assertThat(bridge.wire(2).all(500)).containsExactly(hex(second));
            assertThat(bridge.wire(3).all(500)).containsExactly(hex(second));
            assertThat(bridge.api("/millrace/fdb")).doesNotContain("02:00:00:00:00:44");

            bridge.dut().run("ip", "link", "set", "s4", "up").ok();
            bridge.awaitPath(3, 4);
            bridge.learn(4, station(0x44));
            var third = numbered(station(0x44), station(0x41), 3);
            assertThat(bridge.send(1, third)).containsExactly(List.of(), List.of(), List.of(), List.of(hex(third)));
        }
    }
}
