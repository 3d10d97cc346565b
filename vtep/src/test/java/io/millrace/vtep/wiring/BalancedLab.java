package io.millrace.vtep.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.l2.StormCap;
import io.millrace.dataplane.nat.Balancer;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.Datagrams.Datagram;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A wired topology, a host at each of its ports. The hosts answer ARP, keep what datagrams they get, and may echo them. */
final class BalancedLab implements AutoCloseable {
    final FramePool pool = new FramePool(1024, 2);
    final Graph graph = new Graph(pool, new Counters());
    final Map<String, Host> hosts = new LinkedHashMap<>();
    final Worker worker;
    final Routing routing;
    final Balancer balancer;
    private final Map<String, MemoryPort> ends = new LinkedHashMap<>();

    /** What stands at a port. */
    final class Host {
        final String ip;
        final String mac;
        final MemoryPort end;
        final List<Datagram> got = new ArrayList<>();
        final List<byte[]> fragments = new ArrayList<>();
        boolean echoes;
        String router = "";

        Host(String ip, MemoryPort end) {
            this.ip = ip;
            this.mac = "02aa" + Datagrams.digits(ip);
            this.end = end;
        }

        /** Sends a datagram to the station that answers for {@code via}. */
        void send(String via, int fromPort, String to, int toPort, String text) {
            if (router.isEmpty()) {
                put(Datagrams.arp(1, mac, ip, "", via));
                run();
                assertThat(router).as("who has %s", via).isNotEmpty();
            }
            put(Datagrams.udp(router + mac, ip, fromPort, to, toPort, text));
        }

        /** Sends a datagram with another source address; the router is known. */
        void sendAs(String from, int fromPort, String to, int toPort, String text) {
            put(Datagrams.udp(router + mac, from, fromPort, to, toPort, text));
        }

        void put(byte[] frame) {
            assertThat(end.put(frame, pool)).isTrue();
        }

        private boolean turn() {
            var frames = new ArrayList<byte[]>();
            end.takeAll(frame -> {
                byte[] bytes = new byte[Frame.length(frame)];
                pool.buffer().getBytes(Frame.head(frame), bytes);
                pool.free(frame);
                frames.add(bytes);
            });
            for (byte[] frame : frames) {
                if (Datagrams.isFragment(frame)) {
                    fragments.add(frame);
                    continue;
                }
                var datagram = Datagrams.read(frame);
                if (datagram != null && datagram.to().equals(ip)) {
                    got.add(datagram);
                    if (echoes && !datagram.text().startsWith("re:")) {
                        put(Datagrams.udp(
                                Datagrams.sender(frame) + mac,
                                ip,
                                datagram.toPort(),
                                datagram.from(),
                                datagram.fromPort(),
                                "re:" + datagram.text()));
                    }
                } else if (Datagrams.asksFor(frame, ip)) {
                    put(Datagrams.arp(2, mac, ip, Datagrams.sender(frame), text(frame)));
                } else if (frame[13] == 6 && frame[21] == 2) {
                    router = Datagrams.sender(frame);
                }
            }
            return !frames.isEmpty();
        }

        /** The sender's address of an ARP packet. */
        private static String text(byte[] frame) {
            return (frame[28] & 0xFF) + "." + (frame[29] & 0xFF) + "." + (frame[30] & 0xFF) + "." + (frame[31] & 0xFF);
        }
    }

    BalancedLab(Topology topology, String uplinkHost) {
        this(topology, uplinkHost, TableMemory.PLAIN);
    }

    BalancedLab(Topology topology, String uplinkHost, TableMemory memory) {
        var table = Wiring.tableFor(topology, 1);
        var wiring = Wiring.wire(
                topology,
                graph,
                table,
                StormCap.DEFAULT,
                endpoint -> {
                    var cable = MemoryPort.cable(endpoint.name(), "host." + endpoint.name(), 256);
                    ends.put(endpoint.name(), cable.far());
                    return cable.near();
                },
                memory);
        worker = new Worker(
                "test",
                () -> 0,
                table,
                graph,
                wiring.plugs().stream().map(plug -> plug.ingress(graph)).toList());
        routing = Objects.requireNonNull(wiring.routing());
        balancer = new Balancer(routing.nat());
        for (var endpoint : topology.endpoints()) {
            var address = Objects.requireNonNull(routing.plan().address(endpoint, false));
            add(endpoint.name(), address.toString());
        }
        add(Topology.UPLINK, uplinkHost);
        run();
    }

    private void add(String port, String ip) {
        var end = ends.get(port);
        if (end != null) {
            hosts.put(port, new Host(ip, end));
        }
    }

    Host host(String port) {
        return Objects.requireNonNull(hosts.get(port));
    }

    /** Until nothing moves. */
    void run() {
        boolean moved = true;
        while (moved) {
            moved = worker.doWork() > 0;
            for (var host : hosts.values()) {
                moved |= host.turn();
            }
        }
    }

    long drops(String node, Drop why) {
        return graph.counters().drops(node).frames(why);
    }

    @Override
    public void close() {
        run();
        assertThat(worker.account().conserved()).isTrue();
        assertThat(pool.inUse()).isZero();
    }
}
