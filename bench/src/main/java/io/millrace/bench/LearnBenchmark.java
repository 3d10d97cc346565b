package io.millrace.bench;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.engine.Worker;
import io.millrace.vtep.network.SwitchPort;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** A million stations that nobody knew, one after the other. One operation is one frame with a new source address. */
public class LearnBenchmark extends FrameBenchmark {
    private static final int STATIONS = 1 << 20;

    private Rig rig;
    private Worker worker;

    @Setup(Level.Invocation)
    public void plug() {
        rig = new Rig(1024, STATIONS, false);
        rig.plug(new GeneratorPort("in", EthernetHeader.BROADCAST, STATIONS), SwitchPort.DEFAULT);
        rig.plug(new GeneratorPort("out", 0, 0), SwitchPort.DEFAULT);
        worker = rig.worker();
    }

    @Benchmark
    @OperationsPerInvocation(STATIONS)
    public int learn() {
        int came = 0;
        while (came < STATIONS) {
            came += worker.doWork();
        }
        return came;
    }

    @TearDown(Level.Invocation)
    public void check() {
        if (rig.table.size() != STATIONS) {
            throw new IllegalStateException("learned " + rig.table.size() + " of " + STATIONS);
        }
    }
}
