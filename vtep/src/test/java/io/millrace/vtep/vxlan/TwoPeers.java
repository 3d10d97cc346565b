package io.millrace.vtep.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.Wiring;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A host with one overlay, ports a and b, and an underlay of MTU 1500 with two other hosts, 10.9.0.2 and 10.9.0.3. Frames
 * are written in hexadecimal digits. {@link #close} asserts that every frame is accounted for.
 */
final class TwoPeers implements AutoCloseable {
    /** In digits, what a tunnel puts around a frame. */
    private static final int OUTER = 2 * 50;

    final FramePool pool = new FramePool(256, 2);
    private final Counters counters = new Counters();
    private final Graph graph = new Graph(pool, counters);
    private final Map<String, MemoryPort> ends = new HashMap<>();
    private final Wiring wiring;
    private final Worker worker;

    TwoPeers(Network.Vtep vtep) {
        this(vtep, SwitchPort.DEFAULT);
    }

    /** @param how its ports a and b are */
    TwoPeers(Network.Vtep vtep, SwitchPort how) {
        var first = IpAddress.parse("10.9.0.2");
        var second = IpAddress.parse("10.9.0.3");
        var neighbors = Map.of(first, MacAddress.parse("02:00:00:00:99:02"), second, mac("02:00:00:00:99:03"));
        var underlay = new HostInterface(
                "u", HostAddress.parse("10.9.0.1/24"), null, mac("02:00:00:00:99:01"), 1500, neighbors);
        Map<String, Network> networks = Map.of("lan", new Network.Overlay("lan", Segment.DEFAULT, 5, vtep));
        var services = new HashMap<String, Service>();
        for (var name : List.of("a", "b")) {
            services.put(name, Service.of(name, "lan", Connection.PLAIN.with(how)));
        }
        var topology = new Topology("test", networks, services, null, underlay, 1, Topology.Idle.BUSY);
        var table = Wiring.tableFor(topology, 1);
        wiring = Wiring.wire(topology, graph, table, endpoint -> {
            var cable = MemoryPort.cable(endpoint.name(), "far." + endpoint.name(), 64);
            ends.put(endpoint.name(), cable.far());
            return cable.near();
        });
        var ways = wiring.plugs().stream().map(plug -> plug.ingress(graph)).toList();
        worker = new Worker("test", () -> 0, table, graph, ways);
        var group = vtep.group();
        if (group == null) {
            tunnel().name(first.mapped());
            tunnel().name(second.mapped());
        } else {
            tunnel().name(group.mapped());
        }
    }

    static MacAddress mac(String text) {
        return MacAddress.parse(text);
    }

    Tunnel tunnel() {
        return Objects.requireNonNull(
                Objects.requireNonNull(wiring.underlay()).tunnels().find(5));
    }

    /** Sends a frame in by a port and runs until nothing moves. */
    void send(String port, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        long frame = pool.allocate(bytes.length);
        pool.buffer().putBytes(Frame.head(frame), bytes);
        send(port, frame);
    }

    void send(String port, long frame) {
        assertThat(end(port).put(frame)).isTrue();
        worker.doWork();
    }

    /** What has left by a port. */
    List<String> at(String port) {
        var came = new ArrayList<String>();
        end(port).takeAll(frame -> {
            byte[] bytes = new byte[Frame.length(frame)];
            pool.buffer().getBytes(Frame.head(frame), bytes);
            came.add(HexFormat.of().formatHex(bytes));
            pool.free(frame);
        });
        return came;
    }

    /** What has left for the other hosts, without what was put around it. */
    List<String> tunnelled() {
        return at("underlay").stream().map(frame -> frame.substring(OUTER)).toList();
    }

    /** Where a station is: the name of its port, or null. */
    @Nullable
    String whereabouts(String mac) {
        var found = new ArrayList<String>();
        Objects.requireNonNull(wiring.switches().get("lan"))
                .forEachStation(0, (address, vlan, port, isStatic, moves, ago) -> {
                    if (address.equals(MacAddress.parse(mac))) {
                        found.add(port);
                    }
                });
        return found.isEmpty() ? null : found.getFirst();
    }

    long drops(Drop why) {
        return counters.drops().values().stream()
                .mapToLong(drops -> drops.frames(why))
                .sum();
    }

    private MemoryPort end(String port) {
        return Objects.requireNonNull(ends.get(port), port);
    }

    @Override
    public void close() {
        ends.keySet().forEach(this::at);
        assertThat(worker.account().conserved()).as("%s", worker.account()).isTrue();
        assertThat(pool.inUse()).isZero();
    }
}
