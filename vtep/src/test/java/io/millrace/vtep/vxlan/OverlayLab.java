package io.millrace.vtep.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.Switch;
import io.millrace.vtep.wiring.Wiring;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One host with overlays, wired from a topology as in earnest, and a clock that stands still until it is moved. Every port
 * of an overlay, and the {@link #UNDERLAY}, has a cable to the test.
 *
 * <p>{@link #close} asserts what holds for every story: nothing arrived that was not taken, every frame is accounted for,
 * and the pool is whole.
 */
final class OverlayLab implements AutoCloseable {
    static final String UNDERLAY = Topology.UNDERLAY;
    static final long SECOND = 1_000_000_000L;

    /** This host's Ethernet address on the underlay. */
    static final String MAC = "02:aa:00:00:00:0b";

    private static final int CABLE = 2048;

    final FramePool pool = new FramePool(1024, 4);
    final Counters counters = new Counters();
    final Graph graph = new Graph(pool, counters);
    final Wiring wiring;
    private final Map<String, MemoryPort> ends = new LinkedHashMap<>();
    private final Map<String, Deque<byte[]>> arrived = new LinkedHashMap<>();
    private final Worker worker;
    private long now;

    /** @param address this host's, with the prefix length */
    OverlayLab(String address, Map<String, String> neighbors, TestOverlay... overlays) {
        this(address, MAC, neighbors, UnaryOperator.identity(), overlays);
    }

    /** @param around what is put around the underlay port */
    OverlayLab(
            String address,
            String mac,
            Map<String, String> neighbors,
            UnaryOperator<Port> around,
            TestOverlay... overlays) {
        var networks = new LinkedHashMap<String, Network>();
        var services = new LinkedHashMap<String, Service>();
        for (var overlay : overlays) {
            networks.put(overlay.name, overlay.build());
            overlay.ports.forEach(
                    (name, how) -> services.put(name, Service.of(name, overlay.name, Connection.PLAIN.with(how))));
        }
        var macs = new LinkedHashMap<IpAddress, MacAddress>();
        neighbors.forEach((ip, hop) -> macs.put(IpAddress.parse(ip), MacAddress.parse(hop)));
        var underlay = new HostInterface("u0", HostAddress.parse(address), null, MacAddress.parse(mac), null, macs);
        var topology = new Topology("test", networks, services, null, underlay, 1, Topology.Idle.BUSY);
        var table = Wiring.tableFor(topology, 1);
        wiring = Wiring.wire(topology, graph, table, endpoint -> {
            var cable = MemoryPort.cable(endpoint.name(), endpoint.name() + ".end", CABLE);
            ends.put(endpoint.name(), cable.far());
            arrived.put(endpoint.name(), new ArrayDeque<>());
            return endpoint.name().equals(UNDERLAY) ? around.apply(cable.near()) : cable.near();
        });
        var ways = wiring.plugs().stream().map(plug -> plug.ingress(graph)).toList();
        worker = new Worker("lab", () -> now, table, graph, ways);
    }

    /** A frame comes in by a port, and the host runs until nothing moves. */
    OverlayLab given(String port, byte[] frame) {
        return put(port, frame).settle();
    }

    /** A frame waits in front of a port until the next turn. */
    OverlayLab put(String port, byte[] frame) {
        long in = pool.allocate(frame.length);
        pool.buffer().putBytes(Frame.head(in), frame);
        return put(port, in);
    }

    /** The same for a frame of the lab's pool. */
    OverlayLab put(String port, long frame) {
        assertThat(frame).as("room in the pool").isNotEqualTo(Frame.NONE);
        assertThat(end(port).put(frame)).as("room in the cable").isTrue();
        return this;
    }

    /** Turns until nothing comes in any more. */
    OverlayLab settle() {
        int came;
        do {
            came = worker.doWork();
            ends.forEach((port, end) -> end.takeAll(frame -> {
                arrived(port).add(bytes(frame));
                pool.free(frame);
            }));
        } while (came > 0);
        return this;
    }

    /** One turn; nothing is taken. Returns how many frames came in. */
    int turn() {
        return worker.doWork();
    }

    OverlayLab later(long nanos) {
        now += nanos;
        return this;
    }

    long now() {
        return now;
    }

    /** Takes what arrived behind a port. */
    List<byte[]> take(String port) {
        var taken = List.copyOf(arrived(port));
        arrived(port).clear();
        return taken;
    }

    /** Takes the one frame that arrived behind a port. */
    byte[] takeOne(String port) {
        var taken = take(port);
        assertThat(taken).as("frames behind " + port).hasSize(1);
        return taken.getFirst();
    }

    /** This and nothing else arrived behind each of these ports. */
    OverlayLab expect(byte[] frame, String... ports) {
        for (var port : ports) {
            assertThat(hex(takeOne(port))).as("behind " + port).isEqualTo(hex(frame));
        }
        return nothingElse();
    }

    /** All that arrived was taken. */
    OverlayLab nothingElse() {
        arrived.forEach((port, frames) -> assertThat(frames.stream().map(OverlayLab::hex))
                .as("unexpected behind %s", port)
                .isEmpty());
        return this;
    }

    /** Forgets what arrived. */
    OverlayLab clear() {
        arrived.values().forEach(Deque::clear);
        return this;
    }

    /** Frames dropped for that reason, anywhere. */
    long drops(Drop why) {
        return counters.drops().values().stream().mapToLong(d -> d.frames(why)).sum();
    }

    /** Frames that a node dropped for that reason. */
    long drops(String node, Drop why) {
        return counters.drops(node).frames(why);
    }

    /** Frames that a node dropped. */
    long drops(String node) {
        return counters.drops(node).total();
    }

    Tunnels tunnels() {
        return Objects.requireNonNull(wiring.underlay()).tunnels();
    }

    Tunnel tunnel(int vni) {
        return Objects.requireNonNull(tunnels().find(vni));
    }

    Node node(String name) {
        return graph.nodes().stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    Switch overlay(String name) {
        return Objects.requireNonNull(wiring.switches().get(name));
    }

    /** Who is where in an overlay, as {@code address port}, in order of address. */
    List<String> stations(String network) {
        var stations = new ArrayList<String>();
        overlay(network).forEachStation(now, (mac, vlan, port, isStatic, moves, ago) -> stations.add(mac + " " + port));
        return stations;
    }

    MemoryPort end(String port) {
        return Objects.requireNonNull(ends.get(port), port);
    }

    @Override
    public void close() {
        settle();
        nothingElse();
        assertThat(worker.account().conserved()).as("%s", worker.account()).isTrue();
        assertThat(pool.inUse()).as("frames that nobody gave back").isEqualTo(graph.held());
    }

    private Deque<byte[]> arrived(@Nullable String port) {
        return Objects.requireNonNull(arrived.get(port), port);
    }

    private byte[] bytes(long frame) {
        byte[] bytes = new byte[Frame.length(frame)];
        pool.buffer().getBytes(Frame.head(frame), bytes);
        return bytes;
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
