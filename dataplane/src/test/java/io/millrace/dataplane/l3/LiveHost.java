package io.millrace.dataplane.l3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Addresses;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.engine.Idling;
import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.port.PacketPort;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.AgentRunner;
import org.jspecify.annotations.Nullable;

/**
 * A host of ours on a packet port, running in a thread; its clock runs ten times as fast as others. {@link #close} asserts
 * that every frame is accounted for and the pool is whole.
 */
final class LiveHost implements AutoCloseable {
    static final long MAC = 0x0200_0A09_0001L;
    private static final int HASTE = 10;

    final IpNode ip;
    private final FramePool pool = new FramePool(2048, 8);
    private final Counters counters = new Counters();
    private final PacketPort port;
    private final Worker worker;
    private final AgentRunner runner;

    LiveHost(String device, String address, int prefix, @Nullable String gateway) throws Exception {
        this(device, address, prefix, gateway, Map.of());
    }

    LiveHost(String device, String address, int prefix, @Nullable String gateway, Map<Ipv6Address, Long> neighbors)
            throws Exception {
        port = PacketPort.open(device, pool);
        var graph = new Graph(pool, counters);
        int bits = address.contains(":") ? prefix : prefix + 96;
        var settings =
                new IpNode.Settings(address(address), bits, gateway == null ? null : address(gateway), neighbors);
        ip = new IpNode("ip", graph, graph.linkTo(new Egress(graph, port)), settings);
        var way = new Ingress(graph, port, graph.linkTo(ip), 0);
        long start = System.nanoTime();
        worker = new Worker(
                "host", () -> (System.nanoTime() - start) * HASTE, new MacTable(16, 1), graph, java.util.List.of(way));
        runner = new AgentRunner(Idling.BACKOFF.of(worker), e -> {}, null, worker);
        AgentRunner.startOnThread(runner);
    }

    static Ipv6Address address(String text) {
        return Addresses.ipv6(text.contains(":") ? text : "::ffff:" + text);
    }

    /** The port is open now. */
    LiveHost open() {
        between(() -> {
            ip.mac(MAC);
            return true;
        });
        return this;
    }

    /** Has something done on the worker's thread, between two turns. */
    <T> T between(Callable<T> change) {
        var task = new FutureTask<>(change);
        assertThat(worker.submit(task)).isTrue();
        try {
            return task.get();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** A hop that somebody sends through. */
    NextHop via(String destination, NextHop.User user) {
        return between(() -> ip.via(address(destination), user));
    }

    /** Has a frame wait for a hop, all but its destination's address: given in hexadecimal digits, from the source's on. */
    void hold(NextHop hop, String frame) {
        byte[] bytes = HexFormat.of().parseHex("00".repeat(6) + frame);
        between(() -> {
            long made = pool.allocate(bytes.length);
            pool.buffer().putBytes(Frame.head(made), bytes);
            counters.originated(1);
            ip.hold(hop, made);
            return true;
        });
    }

    NextHop.Status status(String address) {
        return between(() -> ip.hops().stream()
                .filter(hop -> hop.address().equals(address(address)))
                .findFirst()
                .orElseThrow());
    }

    long drops(Drop why) {
        return counters.drops().values().stream().mapToLong(d -> d.frames(why)).sum();
    }

    /** Waits, a generous while. */
    static void await(BooleanSupplier condition) {
        try {
            for (int i = 0; i < 1000 && !condition.getAsBoolean(); i++) {
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @Override
    public void close() {
        runner.close();
        int held = ip.held();
        port.close();
        var account = counters.account(held);
        assertThat(account.conserved()).as("%s", account).isTrue();
        assertThat(pool.inUse()).as("frames nobody gave back").isEqualTo(held);
        assertThat(held).as("frames that still wait").isZero();
    }
}
