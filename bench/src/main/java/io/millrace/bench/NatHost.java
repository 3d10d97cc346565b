package io.millrace.bench;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.HugePages;
import io.millrace.vtep.network.Attachment;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.IpamConfig;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.NatSettings;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Subnet;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.TableMemory;
import io.millrace.vtep.wiring.Wiring;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * A host with one network and a way out, wired as a topology wires it: the real worker, the real graph. Service {@code web}
 * at 10.1.0.2 publishes 8080 as its 80, TCP and UDP; 198.18.0.0/15 is outside, by a router with a static neighbour.
 */
final class NatHost {
    static final long ROUTER = 0x0200_C000_0209L;
    static final long UPLINK = 0x0200_C000_0201L;
    static final long GATEWAY = 0x0242_0A01_0001L;
    static final long WEB = 0x0200_0A01_0002L;

    /** 192.0.2.1. */
    static final int OUTSIDE = 0xC000_0201;

    /** 10.1.0.2. */
    static final int INSIDE = 0x0A01_0002;

    final Counters counters = new Counters();
    final Graph graph;
    private final Worker worker;
    private long now;

    /**
     * Wires a host.
     *
     * @param port makes the port of that name: {@code uplink} or {@code web}
     */
    NatHost(FramePool pool, int sessions, Function<String, Port> port) {
        graph = new Graph(pool, counters);
        var router = IpAddress.parse("192.0.2.9");
        var uplink = new HostInterface(
                "u",
                HostAddress.parse("192.0.2.1/24"),
                router,
                new MacAddress(UPLINK),
                null,
                Map.of(router, new MacAddress(ROUTER)));
        var ipam = new IpamConfig(Subnet.parse("10.1.0.0/16"), null, IpAddress.parse("10.1.0.1"), Map.of());
        var segment = new Segment(
                Segment.AGEING,
                Segment.MAC_LIMIT,
                Map.of(new MacAddress(WEB), "web"),
                List.of(ipam),
                false,
                null,
                new MacAddress(GATEWAY),
                Map.of(IpAddress.parse("10.1.0.2"), new MacAddress(WEB)));
        var connection = new Connection(
                List.of(),
                IpAddress.parse("10.1.0.2"),
                null,
                null,
                0,
                Attachment.parse("memory:web"),
                Connection.PLAIN.port());
        var web = new Service(
                "web",
                null,
                Service.EndpointMode.VIP,
                Map.of("lan", connection),
                List.of(PublishedPort.parse("8080:80"), PublishedPort.parse("8080:80/udp")),
                Service.Dns.HOST);
        var topology = new Topology(
                        "bench",
                        Map.of("lan", new Network.Bridge("lan", segment)),
                        Map.of("web", web),
                        uplink,
                        null,
                        1,
                        Topology.Idle.BUSY)
                .with(NatSettings.with().maxSessions(sessions).build());
        var table = Wiring.tableFor(topology, 42);
        var wiring = Wiring.wire(
                topology,
                graph,
                table,
                SwitchPort.NO_STORM_CAP,
                endpoint -> port.apply(endpoint.name()),
                new TableMemory(null, HugePages::take));
        worker = new Worker(
                "bench",
                () -> now += Rig.TURN,
                table,
                graph,
                wiring.plugs().stream().map(plug -> plug.ingress(graph)).toList());
    }

    int turn() {
        return worker.doWork();
    }

    /** A figure counts only if every frame is where it should be. */
    void check(long received, long dropped) {
        var account = Objects.requireNonNull(counters.account(graph.held()));
        if (!account.conserved() || account.received() != received || account.dropped() > dropped) {
            throw new IllegalStateException("after " + received + " frames: " + account);
        }
    }
}
