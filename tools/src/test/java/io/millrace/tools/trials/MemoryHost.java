package io.millrace.tools.trials;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.DropCounters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.dataplane.trials.Trial;
import io.millrace.tools.topology.TopologyFile;
import io.millrace.vtep.wiring.Wiring;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * A host in memory, wired from a topology as {@code millrace up} does it; each of its ports has a cable to the experiment.
 * The clock stands until it is moved.
 */
final class MemoryHost {
    private static final int CABLE = 1024;

    private final FramePool pool = new FramePool(16_384, 8);
    private final Counters counters = new Counters();
    private final Graph graph = new Graph(pool, counters);
    private final Map<String, MemoryPort> ends = new HashMap<>();
    private final Wiring wiring;
    private final Worker worker;
    private long now;

    MemoryHost(String topology) throws IOException {
        var file = Files.createTempFile("millrace-trial", ".yaml");
        try {
            Files.writeString(file, topology);
            var read = TopologyFile.read(file).topology();
            var stations = Wiring.tableFor(read, 0x5EED);
            wiring = Wiring.wire(read, graph, stations, endpoint -> {
                var cable = MemoryPort.cable(endpoint.name(), endpoint.name() + ".end", CABLE);
                ends.put(endpoint.name(), cable.far());
                return cable.near();
            });
            worker = new Worker(
                    "trial",
                    () -> now,
                    stations,
                    graph,
                    wiring.plugs().stream().map(plug -> plug.ingress(graph)).toList());
        } finally {
            Files.delete(file);
        }
    }

    FramePool pool() {
        return pool;
    }

    /** A frame waits in front of a port until the next turn. */
    void put(String port, long frame) {
        if (!end(port).put(frame)) {
            throw new IllegalStateException("the cable of " + port + " is full");
        }
    }

    /** Everything that waits is received and comes out, some time later. */
    void turn(long nanos) {
        now += nanos;
        while (worker.doWork() > 0) {
            // until nothing moves
        }
    }

    /** Takes what has come out of a port; who takes a frame gives it back to the pool. */
    void takeAll(String port, LongConsumer taker) {
        end(port).takeAll(taker);
    }

    private MemoryPort end(String port) {
        return Objects.requireNonNull(ends.get(port), port);
    }

    /** Frames that a node dropped for a reason. */
    long drops(String node, Drop why) {
        return counters.drops(node).frames(why);
    }

    /** Frames that were dropped for whatever reason, wherever. */
    long drops() {
        return counters.drops().values().stream().mapToLong(DropCounters::total).sum();
    }

    /** How many stations a network knows. */
    int stations(String network) {
        return Objects.requireNonNull(wiring.switches().get(network)).databases().values().stream()
                .mapToInt(FilteringDatabase::size)
                .sum();
    }

    /** At the end every frame is accounted for, and none is kept. */
    void account(Trial trial) {
        var account = counters.account(graph.held());
        trial.check("all frames accounted for", account.conserved(), account.conserved(), account.toString());
        trial.check("frames that nobody gave back", pool.inUse(), pool.inUse() == 0, "0");
    }
}
