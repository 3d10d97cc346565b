package io.millrace.bench;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.port.MemoryPort;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The learning switch at work, port to port: receive, learn, look up, forward, transmit, count; 64-byte frames. Both
 * ends of a cable in memory are plugged into one bridge, so that what leaves by one port comes in by the other, and the
 * frames go round for ever. One operation is one frame.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-exports",
            "java.base/jdk.internal.misc=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:+UseTransparentHugePages",
            "-Xms1g"
        })
public class BridgeBenchmark {
    private static final int LENGTH = 64;

    /** Stations on both sides together; half of the frames go each way. */
    @Param({"2", "1000", "20000", "800000"})
    public int macs;

    /** Frames that go round, at least: 65,536 of them are four times what the third-level cache holds. */
    @Param("65536")
    public int frames;

    private final Counters counters = new Counters();
    private Worker worker;
    private long sent;
    private long now;

    @Setup
    public void plug() {
        int inFlight = Math.max(frames, macs / 2);
        var pool = new FramePool(inFlight, 0);
        var table = new MacTable(1 << 20, 42);
        var graph = new Graph(pool, counters);
        var bridge = new Bridge("bridge.lan", graph, new FilteringDatabase(table, 300_000_000_000L, 1 << 20));
        var cable = MemoryPort.cable("a", "b", inFlight);
        var into = graph.linkTo(bridge);
        var ports = List.of(cable.near(), cable.far());
        for (int i = 0; i < 2; i++) {
            bridge.plug(i, graph.linkTo(new Egress(graph, ports.get(i))), PortSettings.DEFAULT);
        }
        worker = new Worker(
                "bench",
                () -> now += 1_000, // a turn takes about as long: ticks change as often as they would
                table,
                graph,
                List.of(new Ingress(graph, ports.get(0), into, 0), new Ingress(graph, ports.get(1), into, 1)));
        fill(pool, cable, inFlight);
    }

    /** Stations 0, 2, 4 … are behind a, 1, 3, 5 … behind b; each speaks to one on the other side. */
    private void fill(FramePool pool, MemoryPort.Cable cable, int inFlight) {
        var random = new SplittableRandom(7);
        int half = macs / 2;
        int[] order = new int[half];
        for (int i = 0; i < half; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        for (int i = 0; i < inFlight; i++) {
            long source = mac(2 * order[i % half] + i % 2);
            long destination = mac(2 * order[(i / 2 + half / 2) % half] + 1 - i % 2);
            long frame = pool.allocate(LENGTH);
            int head = Frame.head(frame);
            for (int b = 0; b < 6; b++) {
                pool.buffer().putByte(head + b, (byte) (destination >>> (40 - 8 * b)));
                pool.buffer().putByte(head + 6 + b, (byte) (source >>> (40 - 8 * b)));
            }
            (i % 2 == 0 ? cable.far() : cable.near()).put(frame); // what one end sends, the other receives
        }
    }

    private static long mac(int station) {
        return 0x0200_0000_0000L + station * 0x1_0001L;
    }

    @Benchmark
    @OperationsPerInvocation(Worker.BATCH)
    public int forward() {
        int came = worker.doWork();
        sent += came;
        return came;
    }

    /** A figure counts only if every frame was forwarded to where it belonged. */
    @TearDown
    public void check() {
        var account = counters.account(0);
        if (!account.conserved() || account.received() != sent || sent % Worker.BATCH != 0) {
            throw new IllegalStateException("received " + sent + " frames, " + account);
        }
        if (account.copied() * 100 > sent || account.dropped() > account.copied()) {
            throw new IllegalStateException("frames were flooded: " + account);
        }
    }
}
