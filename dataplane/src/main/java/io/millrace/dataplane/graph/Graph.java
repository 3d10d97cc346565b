package io.millrace.dataplane.graph;

import io.millrace.dataplane.frame.FramePool;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of one worker and the links between them. A turn runs what has work, in the order the work came, until
 * every link is empty; idle nodes are never looked at, so ten thousand of them cost nothing.
 *
 * <p>Links to an {@link Egress} wait until all other nodes are through: a port then gets all its frames of the turn in
 * one batch. What still circles after {@link #ROUNDS} rounds is dropped as {@link Drop#LOOP}. One thread.
 */
public final class Graph {
    /** How often a turn may go round. The longest way through a host (port, bridge, gateway, NAT and back) is ten. */
    static final int ROUNDS = 32;

    /** How often {@link #beat} is called, in ns. */
    public static final long BEAT = 100_000_000;

    private final FramePool pool;
    private final Counters counters;
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final List<Link> links = new ArrayList<>();
    private final List<Beat> beats = new ArrayList<>();
    private final ReadyList inner = new ReadyList();
    private final ReadyList departing = new ReadyList();
    private @Nullable Witness witness;
    private long now;

    public Graph(FramePool pool, Counters counters) {
        this.pool = pool;
        this.counters = counters;
    }

    public FramePool pool() {
        return pool;
    }

    public Counters counters() {
        return counters;
    }

    /** Has something done every {@link #BEAT}, between two turns; what it sends goes with the next turn. */
    public void each(Beat beat) {
        beats.add(beat);
    }

    /** Does what is to be done every {@link #BEAT}; the worker calls it about as often. */
    public void beat(long now) {
        this.now = now;
        for (int i = 0; i < beats.size(); i++) {
            beats.get(i).beat(now);
        }
    }

    /** Done every {@link Graph#BEAT}: timers, questions to be asked again. On the worker's thread. */
    public interface Beat {
        /**
         * Does what is due.
         *
         * @param now ns of the worker's clock
         */
        void beat(long now);
    }

    /** Frames that wait in nodes from turn to turn. */
    public int held() {
        int held = 0;
        for (var node : nodes.values()) {
            held += node.held();
        }
        return held;
    }

    /** Every node, in order of wiring. */
    public List<Node> nodes() {
        return List.copyOf(nodes.values());
    }

    /** A new link to a node, which thereby belongs to this graph. */
    public Link linkTo(Node to) {
        var known = nodes.putIfAbsent(to.name(), to);
        if (known != null && !known.equals(to)) {
            throw new IllegalArgumentException("two nodes are called " + to.name());
        }
        var link = new Link(this, to);
        links.add(link);
        return link;
    }

    /** Who watches, or null: nobody. */
    public @Nullable Witness witness() {
        return witness;
    }

    /** Lets somebody watch what nodes decide from now on; null: nobody. */
    public void witness(@Nullable Witness witness) {
        this.witness = witness;
    }

    /** The time of this turn, in ns since the worker's clock began; the same for all frames of a turn. */
    public long now() {
        return now;
    }

    /** Runs every frame that is in a link, at the time {@code now} (ns), until all links are empty. */
    public void run(long now) {
        this.now = now;
        for (int round = 0; inner.size > 0; round++) {
            boolean circling = round == ROUNDS;
            for (int left = inner.size; left > 0; left--) {
                run(inner.take(), circling);
            }
            if (circling) {
                break;
            }
        }
        while (departing.size > 0) {
            run(departing.take(), false);
        }
    }

    private static void run(Link link, boolean circling) {
        link.taken();
        if (circling) {
            link.to().dropAll(link, Drop.LOOP);
        } else {
            link.to().process(link);
        }
        link.settle();
    }

    void ready(Link link) {
        (link.to() instanceof Egress ? departing : inner).add(link);
    }

    void tellDropped(Node node, long frame, Drop why) {
        if (witness != null) {
            witness.dropped(node, frame, why);
        }
    }

    /** Links with frames in them, first come, first served. */
    private static final class ReadyList {
        private @Nullable Link[] ring = new Link[16];
        private int first;
        private int size;

        void add(Link link) {
            if (size == ring.length) {
                var larger = new Link[2 * size];
                for (int i = 0; i < size; i++) {
                    larger[i] = ring[first + i & ring.length - 1];
                }
                ring = larger;
                first = 0;
            }
            ring[first + size++ & ring.length - 1] = link;
        }

        Link take() {
            var link = ring[first];
            assert link != null;
            first = first + 1 & ring.length - 1;
            size--;
            return link;
        }
    }
}
