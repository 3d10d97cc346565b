package io.millrace.tools.replay;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.graph.Witness;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.tools.replay.Sockets.Socket;
import io.millrace.tools.replay.StationNetwork.Limit;
import io.millrace.tools.words.Failure;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link StationNetwork} for the frames of a capture; or, where somebody looks through VXLAN, one for each overlay that
 * the capture shows.
 *
 * <p>Nothing may be lost for want of memory, though every frame may be flooded to every port: the capture is therefore
 * read in batches whose copies all fit into the pool, and when a batch would become too short, the same switch is built
 * anew over a larger pool between two turns. Tables and counters stay.
 */
final class StationSwitch implements Board {
    /** What the one network is called. */
    static final String NETWORK = "switch";

    /** The most ports there can be: a frame flooded to all of them still fits into the pool. */
    static final int MOST_STATIONS = 16_000;

    /** More overlays than this get no switch. */
    static final int MOST_NETWORKS = 4096;

    private static final int FRAMES = 8192;
    private static final int MOST_FRAMES = 16_384;
    private static final int SEGMENTS = 64;
    private static final int SHORT_BATCH = 16;

    private static final int MAC_LIMIT = 65_536;
    private static final int OVERLAYS_MAC_LIMIT = 1 << 18;
    private static final long AGEING = 300_000_000_000L;
    private static final int NO_VNI = -1;

    private final CaptureFilePort capture;
    private final Function<String, Port> outside;
    private final int stationLimit;
    private final Limit limit;
    private final Counters counters = new Counters();
    private final MacTable table;
    private final TreeMap<Integer, StationNetwork> networks = new TreeMap<>();
    private final @Nullable StationNetwork plain;
    private final @Nullable Overheard overheard;
    private final Outer outer;
    private final Worker worker;
    private @Nullable Witness witness;
    private Wiring wiring;

    /**
     * Switches nothing is plugged into yet.
     *
     * @param outside makes what is behind a port, by the port's name
     * @param inside which overlays are looked into; null: none, the capture's frames themselves are switched
     */
    StationSwitch(
            CaptureFilePort capture,
            Function<String, Port> outside,
            int stationLimit,
            VxlanOptions.@Nullable Wanted inside) {
        this.capture = capture;
        this.outside = outside;
        this.stationLimit = stationLimit;
        this.limit = new Limit(stationLimit);
        this.table = new MacTable(inside == null ? MAC_LIMIT : OVERLAYS_MAC_LIMIT, 0);
        this.overheard = inside == null ? null : new Overheard(inside, this::way);
        this.outer = new Outer(inside == null ? new int[0] : inside.udpPorts());
        this.plain = inside == null ? network(NETWORK, "", "stations") : null;
        if (plain != null) {
            networks.put(NO_VNI, plain);
        }
        capture.boundary(this::needsPort);
        this.wiring = wire(FRAMES, SEGMENTS);
        this.worker = new Worker("replay", capture::nanos, table, wiring.graph, List.of(wiring.way));
        boundBatch();
    }

    private StationNetwork network(String name, String prefix, String entrance) {
        var known = new FilteringDatabase(table, AGEING, MAC_LIMIT);
        return new StationNetwork(name, prefix, entrance, outside, limit, known);
    }

    /** What is built anew when the pool has to grow. */
    private record Wiring(FramePool pool, int segments, Graph graph, Ingress way) {}

    private Wiring wire(int frames, int segments) {
        var pool = memory(frames, segments);
        var graph = new Graph(pool, counters);
        networks.values().forEach(network -> network.wire(graph));
        var into = overheard == null ? Objects.requireNonNull(plain).entrance() : overheard.wire(graph);
        graph.witness(witness);
        return new Wiring(pool, segments, graph, new Ingress(graph, capture, into, 0));
    }

    /** The way into an overlay that somebody wants to see, which may have shown only now. */
    private @Nullable Link way(int vni) {
        var known = networks.get(vni);
        if (known != null) {
            return known.entrance();
        }
        if (networks.size() == MOST_NETWORKS) {
            return null;
        }
        String name = "vni" + vni;
        boolean one = overheard != null && overheard.wanted().isOne();
        var added = network(name, one ? "" : name + ".", "stations." + name);
        networks.put(vni, added);
        return added.wire(wiring.graph);
    }

    private static FramePool memory(int frames, int segments) {
        try {
            return new FramePool(frames, segments);
        } catch (OutOfMemoryError tooLittle) {
            int mebibytes = frames / 500 + segments / 15;
            throw Failure.failed("to flood frames to that many stations, " + mebibytes + " MiB of memory outside of"
                    + " Java's heap are needed: give fewer --stations, or set"
                    + " MILLRACE_OPTS=-XX:MaxDirectMemorySize=1g");
        }
    }

    @Override
    public void witness(@Nullable Witness witness) {
        this.witness = witness;
        wiring.graph.witness(witness);
    }

    @Override
    public int turn() {
        int came = worker.doWork();
        boundBatch();
        return came;
    }

    private boolean needsPort(UnsafeBuffer bytes, int offset, int length) {
        if (plain != null) {
            return plain.needsPort(bytes, offset, length);
        }
        if (overheard == null
                || !outer.look(bytes, offset, length).isVxlan()
                || !overheard.wanted().has(outer.vni())) {
            return false;
        }
        var network = networks.get(outer.vni());
        return network == null || network.needsPort(bytes, outer.inner(), length - (outer.inner() - offset));
    }

    /** Lets in as many frames at a time as can be flooded to all ports, and to one that may come with the first. */
    private void boundBatch() {
        int copies = limit.mostPorts() + 1; // a frame is never flooded into another network
        if (capture.isKeptOut() && wiring.segments < copies) {
            grow(wiring.pool.capacity(), Math.min(stationLimit + 1, 2 * copies));
        } else if (wiring.pool.capacity() / copies < SHORT_BATCH && wiring.pool.capacity() < MOST_FRAMES) {
            grow(MOST_FRAMES, wiring.segments);
        }
        capture.bound(wiring.pool.capacity() / copies, wiring.segments / copies);
    }

    private void grow(int frames, int segments) {
        assert wiring.pool.inUse() == 0 : "frames are on their way while the pool is exchanged";
        wiring = wire(frames, segments);
        worker.rewire(wiring.graph, List.of(wiring.way));
    }

    @Override
    public FramePool pool() {
        return wiring.pool;
    }

    @Override
    public Counters counters() {
        return counters;
    }

    @Override
    public List<Station> stations(long now) {
        return networks.values().stream()
                .flatMap(network -> network.stations(now).stream())
                .toList();
    }

    @Override
    public long refused() {
        return networks.values().stream().mapToLong(StationNetwork::refused).sum();
    }

    @Override
    public List<Socket> ports() {
        return networks.values().stream()
                .map(StationNetwork::ports)
                .flatMap(Collection::stream)
                .toList();
    }

    @Override
    public long latecomers() {
        return networks.values().stream().mapToLong(StationNetwork::latecomers).sum();
    }

    @Override
    public @Nullable Overheard overheard() {
        return overheard;
    }

    @Override
    public void close() {
        CloseHelper.closeAll(networks.values().stream()
                .map(StationNetwork::outside)
                .flatMap(Collection::stream)
                .toList());
    }
}
