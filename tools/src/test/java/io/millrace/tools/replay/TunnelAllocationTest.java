package io.millrace.tools.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.dataplane.port.NowherePort;
import io.millrace.tools.replay.VxlanOptions.Wanted;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A frame on its way through a tunnel of a replay costs no memory. */
class TunnelAllocationTest {
    private static final int FRAMES = 40_000;
    private static final Wanted ALL = new Wanted(-1, List.of(4789));

    @TempDir
    Path directory;

    /** Bytes allocated for the second half of a capture, when all classes are loaded and all tables have their size. */
    private static long allocated(Path capture, Function<CaptureFilePort, Board> wire) {
        var thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        var seen = new long[1];
        var port = new CaptureFilePort(
                "capture",
                List.of(CaptureReader.open(capture)),
                1_000_000_000,
                CaptureFilePort.Pace.TOP_SPEED,
                (at, file, time) -> seen[0]++);
        try (var board = wire.apply(port)) {
            long before = 0;
            while (!port.isExhausted()) {
                board.turn();
                if (before == 0 && seen[0] > FRAMES / 2) {
                    before = thread.getCurrentThreadAllocatedBytes();
                }
            }
            long after = thread.getCurrentThreadAllocatedBytes();
            assertThat(board.pool().inUse()).isZero();
            return after - before;
        } finally {
            port.close();
        }
    }

    private Path lan() throws IOException {
        var lan = Pcap.ethernet();
        for (int i = 0; i < FRAMES; i++) {
            lan.frame(1 + i * 1e-6, Pcap.station(i % 8), Pcap.station((i + 1) % 8));
        }
        return Path.of(lan.to(directory.resolve("lan.pcap")));
    }

    @Test
    void neitherTheWayInNorTheWayOutNorTheSwitchesInsideAllocate() throws IOException {
        var lan = lan();
        var outer = directory.resolve("outer.pcap").toString();
        var made = Shell.millrace(
                "replay",
                "--encap",
                outer,
                "--vni",
                "7",
                "--local",
                "10.9.0.1",
                "--remote",
                "10.9.0.2",
                lan.toString());
        assertThat(made.exit()).isZero();

        assertThat(allocated(Path.of(outer), port -> Tunnelled.outOf(ALL, port, new NowherePort("out"))))
                .isLessThan(FRAMES);
        assertThat(allocated(Path.of(outer), port -> new StationSwitch(port, NowherePort::new, 100, ALL)))
                .isLessThan(FRAMES);
    }
}
