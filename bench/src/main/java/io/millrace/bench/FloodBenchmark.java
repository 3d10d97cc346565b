package io.millrace.bench;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.engine.Worker;
import io.millrace.vtep.network.SwitchPort;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** Head-end replication: a broadcast of 64 bytes comes in by one port and leaves by all others. One operation is one frame that came in; generator and sinks are part of it. */
public class FloodBenchmark extends FrameBenchmark {
    /** How many ports it leaves by. */
    @Param({"3", "8"})
    public int outlets;

    private Rig rig;
    private Worker worker;
    private long sent;

    @Setup
    public void plug() {
        rig = new Rig(16_384, 65_536, false);
        rig.plug(new GeneratorPort("in", EthernetHeader.BROADCAST, 1), SwitchPort.DEFAULT);
        for (int i = 0; i < outlets; i++) {
            rig.plug(new GeneratorPort("out" + i, 0, 0), SwitchPort.DEFAULT);
        }
        worker = rig.worker();
    }

    @Benchmark
    @OperationsPerInvocation(Worker.BATCH)
    public int flood() {
        int came = worker.doWork();
        sent += came;
        return came;
    }

    @TearDown
    public void check() {
        rig.check(sent, sent * (outlets - 1), 0);
    }
}
