package io.millrace.bench;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.linux.HugePages;
import io.millrace.dataplane.port.MemoryPort;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Out of the tunnel: a VXLAN packet with a frame of 64 bytes comes in by the underlay port, is judged, decapsulated, learned,
 * looked up, and leaves by a port; then it goes round with its old headers. One operation is one frame.
 */
public class DecapsulationBenchmark extends FrameBenchmark {
    /** Other hosts, all of which send. */
    @Param({"1", "1000"})
    public int vteps;

    /** Stations that send, dealt to the hosts in turn; at least one of each host. */
    @Param("1")
    public int flows;

    /** Frames that go round; 65,536 of them are four times what the third-level cache holds. */
    @Param("65536")
    public int frames;

    private static final long DESTINATION = 0x0600_0000_0001L;

    private OverlayHost host;
    private long sent;

    @Setup
    public void plug() {
        var pool = new FramePool(frames + 1, 0, HugePages::take);
        var cable = MemoryPort.cable("underlay", "generator", frames);
        var port = MemoryPort.cable("tap", "station", 1);
        host = new OverlayHost(
                pool,
                vteps + 1,
                vteps,
                1,
                0,
                name -> name.equals("underlay")
                        ? cable.near()
                        : new Speaking(new TurnBackPort(name, cable.far(), -InnerFrame.OUTER), port.near()));
        greet(pool, port.far());
        cable.far().takeAll(pool::free);
        int stations = Math.max(flows, vteps);
        for (int i = 0; i < frames; i++) {
            // The outer header is where a port that receives would put it.
            long frame = Frame.pull(pool.allocate(InnerFrame.OUTER + InnerFrame.LENGTH), InnerFrame.OUTER);
            int station = i * 7919 % stations;
            InnerFrame.write(pool, frame, DESTINATION, Rig.mac(station), station);
            cable.far().put(InnerFrame.wrap(pool, frame, 1 + station % vteps, vteps + 1, OverlayHost.FIRST_VNI));
        }
        sent = 1;
    }

    /** Has the switch learn where the destination is. */
    private void greet(FramePool pool, MemoryPort station) {
        long frame = pool.allocate(InnerFrame.LENGTH);
        InnerFrame.write(pool, frame, DESTINATION, DESTINATION, 0);
        station.put(frame);
        host.turn();
    }

    @Benchmark
    @OperationsPerInvocation(Worker.BATCH)
    public int decapsulate() {
        int came = host.turn();
        sent += came;
        return came;
    }

    @TearDown
    public void check() {
        host.check(sent, 0, 1);
    }
}
