package io.millrace.dataplane.engine;

import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.MacTable;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * One thread, one graph. A turn: apply a change, receive, run the graph until every link is empty, age a little.
 *
 * <p>Run it by Agrona's {@code AgentRunner} with an {@linkplain Idling idle strategy}, or step it by hand ({@link #doWork}) under a clock of
 * one's own: the same code. Other threads may do one thing, {@link #submit} a change.
 */
public final class Worker implements Agent {
    /**
     * The most frames of a turn. A batch this long keeps code and tables in the cache, and its headers too; it is far
     * below what a link holds, so that no link fills up however the frames spread.
     */
    public static final int BATCH = 256;

    private static final int CHANGES = 1024;
    private static final int SWEEP = 64;
    /**
     * So much time, in ns, makes one sweep due. A turn that comes to nothing takes far less, and a worker that swept in
     * each would drive all else out of the cache: a frame after 5 ms of that took 30 µs longer.
     */
    private static final long SWEEP_EVERY = 100_000;

    private static final int MOST_SWEPT = 1 << 17;

    private final String name;
    private final Clock clock;
    private final MacTable stations;
    private final int batch;
    private final ManyToOneConcurrentArrayQueue<Runnable> changes = new ManyToOneConcurrentArrayQueue<>(CHANGES);
    private Graph graph;
    private Ingress[] ways;
    private int next;
    private int changed;
    private long swept;
    private long beaten;
    private long due;
    private volatile @Nullable Sleep sleep;

    public Worker(String name, Clock clock, MacTable stations, Graph graph, List<Ingress> ways) {
        this(name, clock, stations, graph, ways, BATCH);
    }

    /** @param batch the most frames of a turn, 1 to {@link #BATCH}; fewer where each may be flooded to many ports */
    public Worker(String name, Clock clock, MacTable stations, Graph graph, List<Ingress> ways, int batch) {
        this.name = name;
        this.clock = clock;
        this.stations = stations;
        this.graph = graph;
        this.ways = ways.toArray(Ingress[]::new);
        this.batch = Math.clamp(batch, 1, BATCH);
    }

    @Override
    public String roleName() {
        return name;
    }

    /**
     * Has a change made between two turns, on the worker's thread; one that sleeps is woken. Any thread may call this.
     *
     * @return false when too many changes wait; nothing was done
     */
    public boolean submit(Runnable change) {
        if (!changes.offer(change)) {
            return false;
        }
        var asleep = sleep;
        if (asleep != null) {
            asleep.wake();
        }
        return true;
    }

    /** Goes on with another graph over the same tables and counters. Only between two turns: from a change. */
    public void rewire(Graph graph, List<Ingress> ways) {
        this.graph = graph;
        this.ways = ways.toArray(Ingress[]::new);
        this.next = 0;
    }

    /** One turn; returns how many frames came in. */
    @Override
    public int doWork() {
        var change = changes.poll();
        if (change != null) {
            change.run();
            changed++;
        }
        long now = clock.nanos();
        int came = receive();
        if (now - beaten >= Graph.BEAT) {
            beaten = now;
            graph.beat(now);
        }
        graph.run(now);
        sweep(now);
        return came;
    }

    /** Ages the tables a little. Time that jumped ahead is made up for in the turns to come. */
    private void sweep(long now) {
        long times = (now - swept) / SWEEP_EVERY;
        if (times > 0) {
            swept = now;
            due = Math.min(due + times * SWEEP, stations.round());
        }
        if (due > 0) {
            int places = (int) Math.min(due, SWEEP);
            due -= places;
            stations.sweep((int) (now / MacTable.TICK), places);
        }
    }

    /** Takes up to a batch from the ports, beginning each time with the next one, so that none starves another. */
    private int receive() {
        int came = 0;
        int first = next;
        for (int i = 0; i < ways.length && came < batch; i++) {
            int at = first + i < ways.length ? first + i : first + i - ways.length;
            came += ways[at].poll(batch - came);
            next = at + 1 == ways.length ? 0 : at + 1;
        }
        return came;
    }

    /** Who is to be woken when there is a change; closed with the worker. */
    void sleepsBy(Sleep sleep) {
        this.sleep = sleep;
    }

    boolean hasChanges() {
        return !changes.isEmpty();
    }

    /** How many changes were made: when it differs, ports may have come, gone, or have other descriptors. */
    int changed() {
        return changed;
    }

    /** Shows every port that frames come in by. */
    void forEachPort(Consumer<Port> visitor) {
        for (var way : ways) {
            visitor.accept(way.port());
        }
    }

    /** Makes up for the turns in which it would have aged its tables, had it not slept for so many ns. */
    void slept(long nanos) {
        int places = (int) Math.min(nanos / SWEEP_EVERY * SWEEP, MOST_SWEPT);
        swept = clock.nanos();
        stations.sweep((int) (swept / MacTable.TICK), places);
    }

    @Override
    public void onClose() {
        var asleep = sleep;
        if (asleep != null) {
            asleep.close();
        }
    }

    /** The balance of all frames at this moment; call it between two turns. */
    public Counters.Account account() {
        return graph.counters().account(graph.held());
    }
}
