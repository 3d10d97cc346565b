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
 * Into the tunnel: a frame of 64 bytes comes in by a port, is learned, looked up and encapsulated, and leaves by the
 * underlay port; then it goes round without its new headers. One operation is one frame.
 */
public class EncapsulationBenchmark extends FrameBenchmark {
    /** Other hosts. */
    @Param({"1", "1000"})
    public int vteps;

    /** Flows, each to a station of its own; the stations are dealt to the hosts in turn. */
    @Param("1000")
    public int flows;

    /** Frames that go round; 65,536 of them are four times what the third-level cache holds. */
    @Param("65536")
    public int frames;

    private static final long SOURCE = 0x0600_0000_0001L;

    private OverlayHost host;
    private long sent;

    @Setup
    public void plug() {
        var pool = new FramePool(frames, 0, HugePages::take);
        var cable = MemoryPort.cable("s0", "generator", frames);
        host = new OverlayHost(
                pool,
                vteps + 1,
                vteps,
                1,
                flows,
                name -> name.equals("s0") ? cable.near() : new TurnBackPort(name, cable.far(), InnerFrame.OUTER));
        for (int i = 0; i < frames; i++) {
            long frame = pool.allocate(InnerFrame.LENGTH);
            int flow = i * 7919 % flows;
            InnerFrame.write(pool, frame, Rig.mac(flow), SOURCE, flow);
            cable.far().put(frame);
        }
    }

    @Benchmark
    @OperationsPerInvocation(Worker.BATCH)
    public int encapsulate() {
        int came = host.turn();
        sent += came;
        return came;
    }

    @TearDown
    public void check() {
        host.check(sent, 0, 0);
    }
}
