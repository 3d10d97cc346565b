package io.millrace.tools.replay;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.graph.PortCounters;
import io.millrace.dataplane.graph.Witness;
import io.millrace.dataplane.nat.Inventory;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.tools.words.Failure;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.Plug;
import io.millrace.vtep.wiring.TableMemory;
import io.millrace.vtep.wiring.Wiring;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.Function;
import org.agrona.CloseHelper;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The switches of a topology file. Frames enter by one port that the user names; or each by the port that its source is
 * said to be at in the file, and those of nobody in the file by the ports that are left, one for each in the order they
 * first speak; once none is left they share the last port. VXLAN for this host enters by the underlay, what comes from
 * outside by the uplink; what a recorded gateway has sent enters nowhere.
 */
final class Wired implements Board, Sockets {
    private static final int FRAMES = 16_384;
    private static final int SEGMENTS = 64;
    private static final int MOST_SEGMENTS = 1024;
    private static final int UNKNOWN = -1;

    /** Of all that is random when a network runs: the same capture gives the same bytes. */
    private static final long SEED = 1;

    private final Counters counters = new Counters();
    private final Graph graph;
    private final Wiring wiring;
    private final Worker worker;
    private final CaptureFilePort capture;
    private final List<Socket> sockets = new ArrayList<>();
    private final List<Integer> free = new ArrayList<>();
    private final Long2LongHashMap socketOf = new Long2LongHashMap(UNKNOWN);
    private final @Nullable Socket only;
    private final @Nullable UnderlayEntrance underlay;
    private final @Nullable Routed routed;
    private final @Nullable Socket uplink;
    private final int stationLimit;
    private int last;
    private long latecomers;

    /**
     * Wires a topology.
     *
     * @param outside makes what is behind a port, by the port's name
     * @param in the port that all frames enter by, or null
     * @param stationLimit the most stations that are told apart
     */
    Wired(
            Topology topology,
            CaptureFilePort capture,
            Function<String, Port> outside,
            @Nullable String in,
            int stationLimit) {
        this.capture = capture;
        this.stationLimit = stationLimit;
        int ports = mostCopies(topology);
        var pool = new FramePool(Math.max(FRAMES, ports), Math.clamp(ports, SEGMENTS, MOST_SEGMENTS));
        graph = new Graph(pool, counters);
        var table = Wiring.tableFor(topology, 0);
        wiring = Wiring.wire(
                StandIns.in(topology),
                graph,
                table,
                SwitchPort.NO_STORM_CAP,
                endpoint -> outside.apply(endpoint.name()),
                TableMemory.PLAIN.repeatable(SEED));
        var stations = new Stations("stations", graph, this);
        worker = new Worker(
                "replay",
                capture::nanos,
                table,
                graph,
                List.of(new Ingress(graph, capture, graph.linkTo(stations), 0)));
        // An answer must not pass a gateway before what it answers, which may have a longer way there.
        int together = wiring.routing() == null ? pool.capacity() / ports : 1;
        capture.bound(together, Math.clamp(ports, SEGMENTS, MOST_SEGMENTS) / ports);
        wiring.plugs().forEach(this::socket);
        var below = wiring.underlay();
        underlay = below == null ? null : new UnderlayEntrance(named(Topology.UNDERLAY), below, topology);
        var routing = wiring.routing();
        routed = routing == null ? null : new Routed(routing, wiring, topology);
        uplink = routing == null || routing.uplink() == null ? null : named(Topology.UPLINK);
        deal(topology);
        only = in == null ? null : named(in);
        if (sockets.isEmpty() || (only == null && last < 0)) {
            throw Failure.failed("the topology has no port that frames could enter by");
        }
    }

    /** How many frames one may become: one for each port, and for each other host. */
    private static int mostCopies(Topology topology) {
        int hosts = 0;
        for (var network : topology.networks().values()) {
            if (network instanceof Network.Overlay overlay) {
                var vtep = overlay.vtep();
                hosts = Math.max(hosts, vtep.peers().size() + vtep.endpoints().size() + 1);
            }
        }
        return Math.max(1, topology.endpoints().size() + hosts);
    }

    private void socket(Plug plug) {
        sockets.add(new Socket(plug.port().name(), plug.number(), plug.network(), new PortCounters(), plug.into()));
    }

    private Socket named(String name) {
        for (var socket : sockets) {
            if (socket.name().equals(name)) {
                return socket;
            }
        }
        throw Failure.usage("--in " + name + ": the topology has no such port; it has "
                + String.join(", ", sockets.stream().map(Socket::name).limit(20).toList()));
    }

    /** Who is at which port by the file's word; the other ports are free for whoever speaks. */
    private void deal(Topology topology) {
        var taken = new HashSet<String>();
        for (var endpoint : topology.endpoints()) {
            var mac = endpoint.connection().mac();
            if (mac != null && taken.add(endpoint.name())) {
                station(mac, endpoint.name());
            }
        }
        for (var network : topology.networks().keySet()) {
            topology.stations(network).forEach((mac, endpoint) -> {
                taken.add(endpoint.name());
                station(mac, endpoint.name());
            });
        }
        int stationsPorts =
                sockets.size() - (underlay == null ? 0 : 1) - (uplink == null ? 0 : 1); // those are the last
        for (int i = 0; i < stationsPorts; i++) {
            if (!taken.contains(sockets.get(i).name())) {
                free.add(i);
            }
        }
        last = free.isEmpty() ? stationsPorts - 1 : free.getLast();
    }

    private void station(MacAddress mac, String port) {
        for (int i = 0; i < sockets.size(); i++) {
            if (sockets.get(i).name().equals(port)) {
                socketOf.put(mac.value(), i);
            }
        }
    }

    @Override
    public @Nullable Socket of(long source, UnsafeBuffer bytes, int offset, int length) {
        if (underlay != null
                && (only == null ? underlay.isFor(bytes, offset, length) : only.equals(underlay.socket()))) {
            underlay.enters(bytes, offset, length);
            return underlay.socket();
        }
        if (routed != null) {
            routed.look(bytes, offset, length);
        }
        return routed == null || only != null ? of(source) : of(source, routed);
    }

    private @Nullable Socket of(long source, Routed routed) {
        if (routed.isOwn()) {
            return null;
        }
        boolean isKnown = socketOf.get(source) != UNKNOWN;
        if (uplink != null && routed.isOutside(isKnown)) {
            return uplink;
        }
        var port = isKnown ? null : routed.port();
        if (port != null && Sockets.isStation(source) && socketOf.size() < stationLimit) {
            int index = sockets.indexOf(named(port));
            free.removeIf(other -> other == index);
            socketOf.put(source, index);
        }
        return of(source);
    }

    @Override
    public Socket of(long source) {
        if (only != null) {
            return only;
        }
        if (!Sockets.isStation(source)) {
            return sockets.get(last);
        }
        int index = (int) socketOf.get(source);
        if (index == UNKNOWN) {
            boolean isLate = free.isEmpty() || socketOf.size() >= stationLimit;
            latecomers += isLate ? 1 : 0;
            index = isLate ? last : free.removeFirst();
            if (!isLate) {
                socketOf.put(source, index);
            }
        }
        return sockets.get(index);
    }

    @Override
    public int turn() {
        if (capture.isKeptOut()) {
            throw Failure.failed("frames longer than " + FramePool.ROOM + " bytes are replayed to at most "
                    + MOST_SEGMENTS + " ports");
        }
        return worker.doWork();
    }

    @Override
    public void witness(@Nullable Witness witness) {
        graph.witness(witness);
    }

    @Override
    public FramePool pool() {
        return graph.pool();
    }

    @Override
    public Counters counters() {
        return counters;
    }

    @Override
    public List<Socket> ports() {
        return sockets;
    }

    @Override
    public List<Station> stations(long now) {
        var all = new ArrayList<Station>();
        wiring.switches()
                .forEach((network, wired) -> wired.forEachStation(
                        now,
                        (mac, vlan, port, isStatic, moves, ago) ->
                                all.add(new Station(mac.value(), port, network, vlan))));
        return all;
    }

    @Override
    public @Nullable Inventory nat() {
        var routing = wiring.routing();
        return routing == null ? null : new Inventory(routing.nat(), graph);
    }

    @Override
    public long refused() {
        return wiring.switches().values().stream()
                .mapToLong(wired -> wired.refused())
                .sum();
    }

    @Override
    public int held() {
        return graph.held();
    }

    @Override
    public long latecomers() {
        return latecomers;
    }

    @Override
    public void close() {
        CloseHelper.closeAll(wiring.plugs().stream().map(Plug::port).toList());
    }
}
