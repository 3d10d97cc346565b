package io.millrace.bench;

import io.millrace.codec.IpProtocol;
import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.linux.HugePages;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Packets each of which begins a connection. Nobody answers, and the table is full from some moment on: the connection
 * that waited longest for an answer ends for each that begins. One operation is one connection.
 */
public class NewFlowBenchmark extends FrameBenchmark {
    private static final int FRAMES = 4096;

    /** "in": from outside to the published port; "out": from inside, masqueraded. */
    @Param({"in", "out"})
    public String way;

    /** The most connections there may be. */
    @Param("262144")
    public int sessions;

    private NatHost host;
    private long sent;

    @Setup
    public void plug() {
        var pool = new FramePool(FRAMES + 1, 0, HugePages::take);
        boolean in = way.equals("in");
        var flows = new FlowPort(in ? "uplink" : "web", FRAMES, this::flow);
        var sink = flows.sink(in ? "web" : "uplink");
        host = new NatHost(pool, sessions, name -> name.equals(flows.name()) ? flows : sink);
        if (in) {
            flows.like(NatHost.ROUTER, NatHost.UPLINK, NatHost.OUTSIDE, IpProtocol.UDP);
        } else {
            flows.like(NatHost.WEB, NatHost.GATEWAY, 0xC612_0001, IpProtocol.UDP);
        }
        flows.fill(pool, FRAMES);
    }

    /** No flow comes again within two thousand million packets; inside hosts have few ports, and write to many. */
    private long flow(long number) {
        if (way.equals("in")) {
            return (0xC612_0000L + (number >>> 15 & 0x1_FFFF)) << 32 | (10_000 + (number & 0x7FFF)) << 16 | 8080;
        }
        return (long) NatHost.INSIDE << 32 | (2000 + (number >>> 15 & 0x3FFF)) << 16 | (1000 + (number & 0x7FFF));
    }

    @Benchmark
    @OperationsPerInvocation(Worker.BATCH)
    public int open() {
        int came = host.turn();
        sent += came;
        return came;
    }

    @TearDown
    public void check() {
        host.check(sent, 0);
    }
}
