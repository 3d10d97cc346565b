package io.millrace.bench;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.linux.HugePages;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.wiring.Switch;
import java.util.ArrayList;
import java.util.List;

/**
 * What every benchmark of the switch runs on: the real worker, the real graph, wired as a topology wires it. The clock
 * goes on by 3 µs a turn, about what a turn takes, so that ticks change as often as they would.
 */
final class Rig {
    static final long TURN = 3_000;

    final FramePool pool;
    final Counters counters = new Counters();
    final Graph graph;
    final MacTable table;
    final Switch lan;
    private final List<Ingress> ways = new ArrayList<>();
    private long now;

    Rig(int frames, int stations, boolean vlanAware) {
        pool = new FramePool(frames, 0, HugePages::take);
        graph = new Graph(pool, counters);
        table = new MacTable(stations, 42);
        lan = new Switch("lan", Segment.DEFAULT.withMacLimit(stations), vlanAware, graph, table);
    }

    void plug(Port port, SwitchPort how) {
        ways.add(lan.plug(port, how).ingress(graph));
    }

    List<Ingress> ways() {
        return ways;
    }

    Worker worker() {
        return new Worker("bench", () -> now += TURN, table, graph, ways);
    }

    /** Writes an Ethernet header and zeros behind it. */
    static void write(FramePool pool, long frame, long destination, long source) {
        int head = Frame.head(frame);
        pool.buffer().setMemory(head, Frame.length(frame), (byte) 0);
        for (int i = 0; i < 6; i++) {
            pool.buffer().putByte(head + i, (byte) (destination >>> (40 - 8 * i)));
            pool.buffer().putByte(head + 6 + i, (byte) (source >>> (40 - 8 * i)));
        }
        pool.buffer().putByte(head + 12, (byte) 0x08);
    }

    static long mac(int station) {
        return 0x0200_0000_0000L + station * 0x1_0001L;
    }

    /** A figure counts only if every frame is where it should be. */
    void check(long received, long copies, long dropped) {
        var account = counters.account(0);
        if (!account.conserved()
                || account.received() != received
                || account.copied() > copies
                || account.dropped() > dropped) {
            throw new IllegalStateException("after " + received + " frames: " + account);
        }
    }
}
