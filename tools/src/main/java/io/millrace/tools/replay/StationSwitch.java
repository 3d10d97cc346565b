package io.millrace.tools.replay;

import io.millrace.codec.Addresses;
import io.millrace.codec.EthernetHeader;
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
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.tools.words.Failure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.agrona.CloseHelper;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One learning switch that gets a port for every station, the moment it first speaks. Stations beyond the limit share
 * the port {@value #OTHERS}; so does what no station can have sent (a group as source, no source, half a header), which
 * the switch then drops by name.
 *
 * <p>Nothing may be lost for want of memory, though every frame may be flooded to every port: the capture is therefore
 * read in batches whose copies all fit into the pool, and when a batch would become too short, the same switch is built
 * anew over a larger pool between two turns. Tables and counters stay.
 */
final class StationSwitch implements Board {
    /** The port of whoever has none of his own. */
    static final String OTHERS = "others";

    /** What the one network is called. */
    static final String NETWORK = "switch";

    /** The most ports there can be: a frame flooded to all of them still fits into the pool. */
    static final int MOST_STATIONS = 16_000;

    private static final int FRAMES = 8192;
    private static final int MOST_FRAMES = 16_384;
    private static final int SEGMENTS = 64;
    private static final int SHORT_BATCH = 16;

    private static final int MAC_LIMIT = 65_536;
    private static final long AGEING = 300_000_000_000L;
    private static final int OTHERS_NUMBER = 0;
    private static final int UNKNOWN = -1;

    private final CaptureFilePort capture;
    private final Function<String, Port> outside;
    private final int stationLimit;
    private final Counters counters = new Counters();
    private final MacTable table = new MacTable(MAC_LIMIT, 0);
    private final FilteringDatabase known = new FilteringDatabase(table, AGEING, MAC_LIMIT);
    private final Long2LongHashMap numberOf = new Long2LongHashMap(UNKNOWN);
    private final List<Outlet> outlets = new ArrayList<>();
    private final List<@Nullable Socket> sockets = new ArrayList<>();
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Worker worker;
    private @Nullable Witness witness;
    private Wiring wiring;
    private long latecomers;

    /**
     * A switch nothing is plugged into yet.
     *
     * @param outside makes what is behind a port, by the port's name
     */
    StationSwitch(CaptureFilePort capture, Function<String, Port> outside, int stationLimit) {
        this.capture = capture;
        this.outside = outside;
        this.stationLimit = stationLimit;
        capture.boundary(this::needsPort);
        this.wiring = wire(FRAMES, SEGMENTS);
        this.worker = new Worker("replay", capture::nanos, table, wiring.graph, List.of(wiring.way));
        sockets.add(null); // the port OTHERS has its number, but is there only when somebody needs it
        boundBatch();
    }

    /** What lasts through a change of wiring: the port, and what came in by it. */
    private record Outlet(Port port, int number, PortCounters received) {}

    /** What is built anew when the pool has to grow. */
    private record Wiring(FramePool pool, int segments, Graph graph, Bridge bridge, Link toBridge, Ingress way) {}

    private Wiring wire(int frames, int segments) {
        var pool = memory(frames, segments);
        var graph = new Graph(pool, counters);
        var bridge = new Bridge(NETWORK, graph, known);
        var stations = new Stations(graph, this);
        var way = new Ingress(graph, capture, graph.linkTo(stations), 0);
        graph.witness(witness);
        return new Wiring(pool, segments, graph, bridge, graph.linkTo(bridge), way);
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

    @Override
    public Socket of(long source) {
        if (source == NOBODY || EthernetHeader.isGroup(source)) {
            return others();
        }
        int number = (int) numberOf.get(source);
        if (number == UNKNOWN) {
            if (numberOf.size() == stationLimit) {
                latecomers++;
                return others();
            }
            number = sockets.size();
            numberOf.put(source, number);
            sockets.add(open(Addresses.mac(source), number));
        }
        return socket(number);
    }

    private Socket others() {
        if (sockets.get(OTHERS_NUMBER) == null) {
            sockets.set(OTHERS_NUMBER, open(OTHERS, OTHERS_NUMBER));
        }
        return socket(OTHERS_NUMBER);
    }

    private Socket socket(int number) {
        return Objects.requireNonNull(sockets.get(number));
    }

    private Socket open(String name, int number) {
        var outlet = new Outlet(outside.apply(name), number, new PortCounters());
        outlets.add(outlet);
        return plug(outlet);
    }

    private Socket plug(Outlet outlet) {
        var egress = new Egress(wiring.graph, outlet.port);
        wiring.bridge.plug(outlet.number, wiring.graph.linkTo(egress), PortSettings.DEFAULT);
        return new Socket(outlet.port.name(), outlet.number, NETWORK, outlet.received, wiring.toBridge);
    }

    /** Whether this frame needs a port that is not there yet: the frames before it are not to be flooded to that one. */
    private boolean needsPort(UnsafeBuffer bytes, int offset, int length) {
        long source = length < EthernetHeader.LENGTH
                ? NOBODY
                : ethernet.wrap(bytes, offset).source();
        if (Sockets.isStation(source)) {
            return numberOf.get(source) == UNKNOWN && (numberOf.size() < stationLimit || sockets.getFirst() == null);
        }
        return sockets.getFirst() == null;
    }

    /** Lets in as many frames at a time as can be flooded to all ports, and to one that may come with the first. */
    private void boundBatch() {
        int copies = outlets.size() + 1;
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
        for (var outlet : outlets) {
            sockets.set(outlet.number, plug(outlet));
        }
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
        var stations = new ArrayList<Station>();
        known.forEach(
                (int) (now / MacTable.TICK),
                (mac, port, isStatic, moves, ticksAgo) ->
                        stations.add(new Station(mac, socket(port).name(), NETWORK, 0)));
        stations.sort(Comparator.comparingLong(Station::mac));
        return stations;
    }

    @Override
    public long refused() {
        return known.refused();
    }

    @Override
    public List<Socket> ports() {
        return outlets.stream().map(outlet -> socket(outlet.number)).toList();
    }

    @Override
    public long latecomers() {
        return latecomers;
    }

    @Override
    public void close() {
        CloseHelper.closeAll(outlets.stream().map(Outlet::port).toList());
    }
}
