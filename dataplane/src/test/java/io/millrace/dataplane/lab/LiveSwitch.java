package io.millrace.dataplane.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.engine.Clock;
import io.millrace.dataplane.engine.Idling;
import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.graph.PortCounters;
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.PortSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.AgentRunner;
import org.jspecify.annotations.Nullable;

/**
 * One learning switch over ports of the kernel's, running in a thread. {@link #close} closes the ports and asserts that
 * every frame is accounted for, the pool is whole and that the process has as many descriptors as before.
 */
public final class LiveSwitch implements AutoCloseable {
    private final FramePool pool;
    private final Counters counters = new Counters();
    private final Graph graph;
    private final List<Port> ports = new ArrayList<>();
    private final List<String> before = descriptors();
    private @Nullable AgentRunner runner;

    public LiveSwitch() {
        this(new FramePool(8192, 128));
    }

    /** With a pool of another size. */
    public LiveSwitch(FramePool pool) {
        this.pool = pool;
        this.graph = new Graph(pool, counters);
    }

    /** Where its ports put their frames. */
    public FramePool pool() {
        return pool;
    }

    /** Begins to switch between these ports, which it closes. */
    public LiveSwitch start(Port... all) throws IOException {
        var table = new MacTable(1024, 1);
        var bridge = new Bridge("lan", graph, new FilteringDatabase(table, 300_000_000_000L, 1024));
        var into = graph.linkTo(bridge);
        var ways = new ArrayList<Ingress>();
        for (var port : all) {
            int number = ports.size();
            ports.add(port);
            bridge.plug(number, graph.linkTo(new Egress(graph, port)), PortSettings.DEFAULT);
            ways.add(new Ingress(graph, port, into, number));
        }
        var worker = new Worker("test", Clock.monotonic(), table, graph, ways);
        runner = new AgentRunner(Idling.POLL.of(worker), e -> {}, null, worker);
        AgentRunner.startOnThread(runner);
        return this;
    }

    /** How many frames this switch dropped for a reason, at any node. */
    public long drops(Drop why) {
        return counters.drops().values().stream().mapToLong(d -> d.frames(why)).sum();
    }

    /** What came in and went out by a port. */
    public PortCounters counters(Port port) {
        return counters.port(port.name());
    }

    /** Sockets and the like that the process has open, as the kernel lists them; without their numbers. */
    public static List<String> descriptors() {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            return all.map(LiveSwitch::target)
                    .filter(t -> t.matches("(socket|anon_inode|net|mnt):.*|/dev/net/.*|/run/.*|/proc/.*"))
                    .map(t -> t.replaceAll("[0-9]+", ""))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String target(Path descriptor) {
        try {
            var target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("/proc/") && target.endsWith("/fd") ? "" : target; // the list itself
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() {
        if (runner != null) {
            runner.close();
        }
        ports.forEach(Port::close);
        var account = counters.account(0);
        assertThat(account.conserved()).as("%s", account).isTrue();
        assertThat(pool.inUse()).as("frames nobody gave back").isZero();
        assertThat(descriptors()).as("descriptors after and before").isEqualTo(before);
    }
}
