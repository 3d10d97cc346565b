package io.millrace.bench;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Vlan;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The learning switch at work, port to port: receive, learn, look up, forward, transmit, count; 64-byte frames. Cables
 * in memory join pairs of ports of one switch, so that what leaves by one comes in by the other, and the frames go round
 * for ever. One operation is one frame.
 */
public class BridgeBenchmark extends FrameBenchmark {
    private static final int LENGTH = 64;

    /** Stations on all ports together. */
    @Param({"2", "1000", "20000", "1000000"})
    public int macs;

    /** Ports; a station's number modulo this is its port. */
    @Param("2")
    public int ports;

    /** Frames that go round, at least: 65,536 of them are four times what the third-level cache holds. */
    @Param("65536")
    public int frames;

    /** "none": a plain bridge; "access" and "trunk": all ports in one VLAN, untagged or tagged. */
    @Param("none")
    public String vlan;

    private Rig rig;
    private Worker worker;
    private long sent;

    @Setup
    public void plug() {
        int inFlight = Math.min(Math.max(frames, macs), 500_000);
        rig = new Rig(inFlight, Math.max(macs, 65_536), !vlan.equals("none"));
        var ends = new MemoryPort[ports];
        for (int i = 0; i < ports; i += 2) {
            var cable = MemoryPort.cable("p" + i, "p" + (i + 1), inFlight);
            ends[i] = cable.near();
            ends[i + 1] = cable.far();
        }
        for (var end : ends) {
            rig.plug(end, how());
        }
        worker = rig.worker();
        fill(ends, inFlight);
    }

    private SwitchPort how() {
        @Nullable
        Vlan tags = switch (vlan) {
            case "access" -> new Vlan.Access(10);
            case "trunk" -> new Vlan.Trunk(Set.of(10), null);
            default -> null;
        };
        return new SwitchPort(tags, null, true, true, null, null);
    }

    /**
     * Frames from everybody to everybody: each station speaks to one at random that is behind another port. What comes
     * in by a port was sent by the other end of its cable.
     */
    private void fill(MemoryPort[] ends, int inFlight) {
        var random = new SplittableRandom(7);
        var pool = rig.pool;
        for (int i = 0; i < inFlight; i++) {
            int source = macs <= inFlight ? i % macs : random.nextInt(macs);
            int destination = random.nextInt(macs / ports) * ports + (source + 1 + random.nextInt(ports - 1)) % ports;
            long frame = pool.allocate(LENGTH);
            Rig.write(pool, frame, Rig.mac(destination), Rig.mac(source));
            if (vlan.equals("trunk")) {
                tag(pool, frame);
            }
            ends[source % ports ^ 1].put(frame);
        }
    }

    private static void tag(FramePool pool, long frame) {
        int type = Frame.head(frame) + 12;
        pool.buffer().putInt(type, 0x8100_000A, ByteOrder.BIG_ENDIAN);
    }

    @Benchmark
    @OperationsPerInvocation(Worker.BATCH)
    public int forward() {
        int came = worker.doWork();
        sent += came;
        return came;
    }

    @TearDown
    public void check() {
        if (sent % Worker.BATCH != 0) {
            throw new IllegalStateException("a turn had fewer than " + Worker.BATCH + " frames");
        }
        rig.check(sent, sent / 100, sent / 100);
    }
}
