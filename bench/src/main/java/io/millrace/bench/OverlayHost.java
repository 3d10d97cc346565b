package io.millrace.bench;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Port;
import io.millrace.vtep.network.Attachment;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Network.Vtep;
import io.millrace.vtep.network.RemoteEndpoint;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.Wiring;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * A host with overlays, wired as a topology wires it: the real worker, the real graph, an underlay with static neighbours.
 * Host {@code n} has underlay address 10.9.0.0 + n and Ethernet address 02:00:0a:09 and the same two bytes.
 */
final class OverlayHost {
    static final int FIRST_VNI = 1;
    private static final int NETWORK = 0x0A09_0000;

    final FramePool pool;
    final Counters counters = new Counters();
    final Graph graph;
    private final Worker worker;
    private long now;

    /**
     * Wires a host.
     *
     * @param self its number
     * @param peers how many others take part, numbered from {@code self} + 1 on, or from 1 for a host of higher number
     * @param vnis how many overlays it has; the port of overlay {@code i} is {@code s} and {@code i}
     * @param stations known to be at peers, in the first overlay; each at the next peer in turn
     * @param port makes the port of that name; the underlay's is {@code underlay}
     */
    OverlayHost(FramePool pool, int self, int peers, int vnis, int stations, Function<String, Port> port) {
        this.pool = pool;
        graph = new Graph(pool, counters);
        var others = new ArrayList<IpAddress>();
        var neighbors = new LinkedHashMap<IpAddress, MacAddress>();
        for (int i = 1; others.size() < peers; i++) {
            if (i != self) {
                others.add(address(i));
                neighbors.put(address(i), mac(i));
            }
        }
        var known = new ArrayList<RemoteEndpoint>();
        for (int i = 0; i < stations; i++) {
            known.add(new RemoteEndpoint(new MacAddress(Rig.mac(i)), List.of(), others.get(i % peers)));
        }
        Map<String, Network> networks = new LinkedHashMap<>();
        Map<String, Service> services = new LinkedHashMap<>();
        for (int i = 0; i < vnis; i++) {
            var name = "n" + i;
            var settings = Vtep.with()
                    .peers(others)
                    .endpoints(i == 0 ? known : List.of())
                    .build();
            networks.put(name, new Network.Overlay(name, Segment.DEFAULT, FIRST_VNI + i, settings));
            services.put("s" + i, Service.of("s" + i, name, Connection.to(Attachment.parse("memory:s" + i))));
        }
        var underlay = new HostInterface("u", new HostAddress(address(self), 16), null, mac(self), null, neighbors);
        var topology = new Topology("bench", networks, services, null, underlay, 1, Topology.Idle.BUSY);
        var table = Wiring.tableFor(topology, 42);
        var wiring = Wiring.wire(topology, graph, table, endpoint -> port.apply(endpoint.name()));
        worker = new Worker(
                "bench",
                () -> now += Rig.TURN,
                table,
                graph,
                wiring.plugs().stream().map(plug -> plug.ingress(graph)).toList());
    }

    static IpAddress address(int host) {
        return IpAddress.v4(NETWORK + host);
    }

    static MacAddress mac(int host) {
        return new MacAddress(0x0200_0000_0000L | NETWORK + host);
    }

    int turn() {
        return worker.doWork();
    }

    /** A figure counts only if every frame is where it should be. */
    void check(long received, long copies, long dropped) {
        var account = Objects.requireNonNull(counters.account(graph.held()));
        if (!account.conserved()
                || account.received() != received
                || account.copied() > copies
                || account.dropped() > dropped) {
            throw new IllegalStateException("after " + received + " frames: " + account);
        }
    }
}
