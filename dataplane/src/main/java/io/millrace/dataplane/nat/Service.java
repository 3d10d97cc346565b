package io.millrace.dataplane.nat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What answers at a {@link Front}: its backends, and who of them gets the next connection. A published port is a service
 * with one backend. Made on any thread; from {@link Services#publish} on it is the worker's.
 *
 * <p>A backend that drains, weighs 0 or was removed gets no new connection from that moment on. One that is added gets its
 * first at once, too, unless the balance has a table ({@link Balance#hasTable}): a table is made on another thread from
 * what {@link #plan} hands out, and {@link #install}ed between two turns. What becomes of the connections a backend has
 * is the caller's affair.
 */
public final class Service {
    /** The size of Maglev tables unless another is asked for: 128 kB, good for 600 backends; a prime. */
    public static final int TABLE_SIZE = 65_537;

    private final String name;
    private final Front front;
    private final Balance balance;
    private final int tableSize;
    private final List<Backend> backends = new ArrayList<>();
    private Choice choice;
    private boolean alive;
    private int id;
    private boolean published;
    private long connections;
    private long refused;

    /** A service with tables of {@link #TABLE_SIZE}, if it has any. */
    public Service(String name, Front front, Balance balance, List<Backend> backends) {
        this(name, front, balance, backends, TABLE_SIZE);
    }

    /**
     * A service; if it has a table, that is made here.
     *
     * @param name whose port it is, for people
     * @param tableSize the size of its tables, if it has any: a prime, 2 to 16,777,216
     */
    public Service(String name, Front front, Balance balance, List<Backend> backends, int tableSize) {
        if (balance.hasTable() && !isPrime(tableSize)) {
            throw new IllegalArgumentException(
                    "a Maglev table has a prime number of entries, at most 16777216, not " + tableSize);
        }
        this.name = name;
        this.front = front;
        this.balance = balance;
        this.tableSize = tableSize;
        this.backends.addAll(backends);
        this.choice = switch (balance) {
            case ROUND_ROBIN -> new RoundRobin();
            case WEIGHTED -> new WeightedRoundRobin();
            case MAGLEV, SOURCE -> plan().get();
        };
        changed();
    }

    private static boolean isPrime(int number) {
        boolean prime = number >= 2 && number <= 1 << 24;
        for (int i = 2; prime && i * i <= number; i++) {
            prime = number % i != 0;
        }
        return prime;
    }

    /** Known to connections; from 1; 0 before it is first published. */
    public int id() {
        return id;
    }

    public String name() {
        return name;
    }

    public Front front() {
        return front;
    }

    public Balance balance() {
        return balance;
    }

    public boolean isPublished() {
        return published;
    }

    /** Those that were not removed, in the order they were added. */
    public List<Backend> backends() {
        return List.copyOf(backends);
    }

    /** How many connections were given a backend. */
    public long connections() {
        return connections;
    }

    /** How many were not, for there was none that takes any. */
    public long refused() {
        return refused;
    }

    /** The backend of a new connection; null: there is none. Counts it. */
    @Nullable
    Backend choose(Tuple connection) {
        return choose(
                switch (balance) {
                    case ROUND_ROBIN, WEIGHTED -> 0;
                    case MAGLEV ->
                        Hash.of(
                                Hash.of(
                                        connection.sourceHigh ^ connection.destinationHigh,
                                        connection.sourceLow ^ Long.rotateLeft(connection.destinationLow, 32)),
                                (long) connection.sourcePort << 16 | connection.destinationPort);
                    case SOURCE -> Hash.of(connection.sourceHigh, connection.sourceLow);
                });
    }

    /**
     * The backend of a new connection; null: there is none. Counts it.
     *
     * @param flowHash 64 good bits; means nothing where backends take turns
     */
    @Nullable
    public Backend choose(long flowHash) {
        var backend = alive ? choice.next(flowHash) : null;
        if (backend == null) {
            refused++;
        } else {
            connections++;
            backend.given();
        }
        return backend;
    }

    /** The backend's port for a connection to one of the front's. */
    public int target(Backend backend, int port) {
        return front.spread() ? backend.port() + (port - front.first()) : backend.port();
    }

    /** Adds a backend, one whose id no other has. */
    public void add(Backend backend) {
        if (backend(backend.id()) != null) {
            throw new IllegalArgumentException(name + " has a backend " + backend.id() + " already");
        }
        backends.add(backend);
        changed();
    }

    /** Takes a backend out for good; null: there is none with this id. */
    @Nullable
    public Backend remove(int backendId) {
        var backend = backend(backendId);
        if (backend != null) {
            backend.remove();
            backends.remove(backend);
            changed();
        }
        return backend;
    }

    /** Has a backend keep what it has and get nothing new, or makes good again; null: there is none with this id. */
    @Nullable
    public Backend drain(int backendId, boolean draining) {
        var backend = backend(backendId);
        if (backend != null) {
            backend.drain(draining);
            changed();
        }
        return backend;
    }

    /** Gives a backend another weight, 0 to 65,535; null: there is none with this id. */
    @Nullable
    public Backend weigh(int backendId, int weight) {
        var backend = backend(backendId);
        if (backend != null) {
            backend.weight(weight);
            changed();
        }
        return backend;
    }

    /** Whose an id is; null: nobody's. */
    @Nullable
    public Backend backend(int backendId) {
        for (var backend : backends) {
            if (backend.id() == backendId) {
                return backend;
            }
        }
        return null;
    }

    /** How a table is made for the backends and shares of this moment: on any thread. Only where the balance has one. */
    public Supplier<Choice> plan() {
        var taking = Backend.taking(backends);
        int[] shares = new int[taking.length];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = taking[i].share();
        }
        return () -> new Maglev(taking, shares, tableSize);
    }

    /** New connections go by this table from now on. Plans are installed in the order they were handed out. */
    public void install(Choice table) {
        choice = table;
    }

    void published(int id) {
        this.id = id;
        published = true;
    }

    void unpublished() {
        published = false;
    }

    private void changed() {
        alive = false;
        for (var backend : backends) {
            alive |= backend.takesConnections();
        }
        choice.changed(backends);
    }

    /** {@code web at 192.0.2.1:8080/tcp}. */
    @Override
    public String toString() {
        return name + " at " + front;
    }
}
