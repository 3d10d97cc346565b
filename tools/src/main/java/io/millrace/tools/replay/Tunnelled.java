package io.millrace.tools.replay;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.graph.PortCounters;
import io.millrace.dataplane.graph.Witness;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.tools.replay.Sockets.Socket;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * No switch: each frame of a capture goes into a tunnel, or comes out of one, and leaves by one port.
 *
 * <pre>
 *  capture ──► vxlan ───────► port      out of every tunnel there is
 *  capture ──► tunnel.vni7 ─► port      into one
 * </pre>
 */
final class Tunnelled implements Board {
    private static final int FRAMES = 1024;
    private static final int SEGMENTS = 64;
    private static final int NO_STATIONS = 1;

    private final Counters counters = new Counters();
    private final FramePool pool = new FramePool(FRAMES, SEGMENTS);
    private final Graph graph = new Graph(pool, counters);
    private final Port port;
    private final @Nullable Overheard overheard;
    private final Socket socket;
    private final Worker worker;

    /**
     * The way in.
     *
     * @param number frames are stamped with it
     */
    record Way(Link into, int number) {}

    /** @param wire wires the tunnel into the graph, with the port behind it, and answers the way in */
    private Tunnelled(
            CaptureFilePort capture, Port port, @Nullable Overheard overheard, BiFunction<Graph, Link, Way> wire) {
        this.port = port;
        this.overheard = overheard;
        var out = graph.linkTo(new Egress(graph, port));
        var in = wire.apply(graph, out);
        socket = new Socket(port.name(), in.number, "", new PortCounters(), in.into);
        var table = new MacTable(NO_STATIONS, 0);
        worker = new Worker(
                "replay", capture::nanos, table, graph, List.of(new Ingress(graph, capture, in.into, in.number)));
        capture.bound(FRAMES, SEGMENTS);
    }

    /** Has the frames inside the tunnels leave by a port. */
    static Board outOf(VxlanOptions.Wanted wanted, CaptureFilePort capture, Port port) {
        var way = new Link[1];
        var overheard = new Overheard(wanted, vni -> way[0]);
        return new Tunnelled(capture, port, overheard, (graph, out) -> {
            way[0] = out;
            return new Way(overheard.wire(graph), 0);
        });
    }

    /** Has every frame leave by a port as the tunnel would send it. */
    static Board into(TunnelEnds ends, CaptureFilePort capture, Port port) {
        return new Tunnelled(capture, port, null, ends::wire);
    }

    @Override
    public int turn() {
        return worker.doWork();
    }

    @Override
    public void witness(@Nullable Witness witness) {
        graph.witness(witness);
    }

    @Override
    public FramePool pool() {
        return pool;
    }

    @Override
    public Counters counters() {
        return counters;
    }

    @Override
    public List<Socket> ports() {
        return List.of(socket);
    }

    @Override
    public List<Station> stations(long now) {
        return List.of();
    }

    @Override
    public long refused() {
        return 0;
    }

    @Override
    public long latecomers() {
        return 0;
    }

    @Override
    public int held() {
        return graph.held();
    }

    @Override
    public @Nullable Overheard overheard() {
        return overheard;
    }

    @Override
    public void close() {
        port.close();
    }
}
