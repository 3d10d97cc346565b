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
 * Packets of connections that are known already, through the gateways and the network's switch: received, found,
 * translated, forwarded, transmitted; 64 bytes, written anew for each. One operation is one frame.
 */
public class NatBenchmark extends FrameBenchmark {
    /** Connections, whose packets come in turn. */
    @Param({"1", "1000", "100000", "1000000"})
    public int sessions;

    /** "in": from outside to the published port; "out": from inside, masqueraded. */
    @Param({"in", "out"})
    public String way;

    @Param({"udp", "tcp"})
    public String protocol;

    /** Frames that go round. */
    @Param("65536")
    public int frames;

    private static final int STEP = 7919;

    private NatHost host;
    private int number;
    private long sent;

    @Setup
    public void plug() {
        var pool = new FramePool(frames + 1, 0, HugePages::take);
        boolean in = way.equals("in");
        int count = sessions;
        var flows = new FlowPort(in ? "uplink" : "web", frames, n -> flow(next(count)));
        var sink = flows.sink(in ? "web" : "uplink");
        host = new NatHost(pool, Math.max(1024, 5 * count / 4), name -> name.equals(flows.name()) ? flows : sink);
        int number = protocol.equals("udp") ? IpProtocol.UDP : IpProtocol.TCP;
        if (in) {
            flows.like(NatHost.ROUTER, NatHost.UPLINK, NatHost.OUTSIDE, number);
        } else {
            flows.like(NatHost.WEB, NatHost.GATEWAY, 0xC612_0001, number);
        }
        flows.fill(pool, frames);
        flows.answering(true);
        turn(2L * (count + frames));
        flows.answering(false);
        turn(2L * frames);
    }

    private void turn(long atLeast) {
        for (long came = 0; came < atLeast; ) {
            int some = host.turn();
            came += some;
            sent += some;
        }
    }

    /** All of them in turn, but not one beside the other. */
    private int next(int count) {
        number += STEP % count;
        number -= number < count ? 0 : count;
        return number;
    }

    /** Clients by the thousand, each with a thousand ports; inside hosts have a port for each connection, 60,000 at most. */
    private long flow(int number) {
        if (way.equals("in")) {
            long client = 0xC612_0000L + number / 1000;
            return client << 32 | (long) (10_000 + number % 1000) << 16 | 8080;
        }
        return (long) NatHost.INSIDE << 32 | (long) (2000 + number % 50_000) << 16 | (1000 + number / 50_000);
    }

    @Benchmark
    @OperationsPerInvocation(Worker.BATCH)
    public int translate() {
        int came = host.turn();
        sent += came;
        return came;
    }

    @TearDown
    public void check() {
        host.check(sent, 0);
    }
}
