package io.millrace.bench;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.linux.HugePages;
import io.millrace.dataplane.port.MemoryPort;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * From host to host: bridge, encapsulation, decapsulation, bridge. Two hosts take turns on one thread; the underlay is a
 * cable in memory; half of the frames go each way, for ever. One operation is one frame through both hosts.
 */
public class TunnelBenchmark extends FrameBenchmark {
    /** Overlays, all of which have traffic. */
    @Param({"1", "1000"})
    public int vnis;

    /** Frames that go round; 65,536 of them are four times what the third-level cache holds. */
    @Param("65536")
    public int frames;

    private OverlayHost west;
    private OverlayHost east;
    private long sent;

    @Setup
    public void plug() {
        var pool = new FramePool(frames, 0, HugePages::take);
        var underlay = MemoryPort.cable("underlay", "underlay", frames);
        var circles = new MemoryPort.Cable[vnis];
        for (int i = 0; i < vnis; i++) {
            circles[i] = MemoryPort.cable("s" + i, "s" + i, frames);
        }
        west = new OverlayHost(
                pool, 1, 1, vnis, 0, name -> name.equals("underlay") ? underlay.near() : circles[number(name)].near());
        east = new OverlayHost(
                pool, 2, 1, vnis, 0, name -> name.equals("underlay") ? underlay.far() : circles[number(name)].far());
        for (int i = 0; i < frames; i++) {
            long frame = pool.allocate(InnerFrame.LENGTH);
            int vni = i % vnis;
            boolean eastward = i / vnis % 2 == 0;
            long left = Rig.mac(0) + 1;
            long right = Rig.mac(1) + 1;
            InnerFrame.write(pool, frame, eastward ? right : left, eastward ? left : right, i % 1000);
            // A port receives what the other end of its cable was given.
            (eastward ? circles[vni].far() : circles[vni].near()).put(frame);
        }
    }

    private static int number(String port) {
        return Integer.parseInt(port.substring(1));
    }

    @Benchmark
    @OperationsPerInvocation(Worker.BATCH)
    public int roundTrip() {
        int came = west.turn() + east.turn();
        sent += came;
        return came;
    }

    @TearDown
    public void check() {
        if (sent % Worker.BATCH != 0) {
            throw new IllegalStateException("turns were not full: " + sent);
        }
    }
}
