package io.millrace.dataplane.nat;

import java.util.Arrays;
import java.util.List;

/**
 * One of those that answer for a service. Which it is never changes; how much it is given does, between two turns of the
 * worker whose service it is.
 */
public final class Backend {
    /** The highest weight, IPVS's. */
    public static final int MOST_WEIGHT = 65_535;

    private final int id;
    private final long high;
    private final long low;
    private final int port;
    private int weight;
    private boolean draining;
    private boolean removed;
    private long connections;

    /**
     * A backend that takes connections once its service knows it.
     *
     * @param id the caller's number for it, one of a kind in the service
     * @param high the address's first eight bytes
     * @param low its last eight bytes; IPv4 in its mapped form
     * @param port the port connections go to; for a range of ports the one the first goes to
     * @param weight its share of the connections in proportion to the others', 0 to 65,535; 0: none
     */
    public Backend(int id, long high, long low, int port, int weight) {
        this.id = id;
        this.high = high;
        this.low = low;
        this.port = port;
        weight(weight);
    }

    public int id() {
        return id;
    }

    public long high() {
        return high;
    }

    public long low() {
        return low;
    }

    public int port() {
        return port;
    }

    public int weight() {
        return weight;
    }

    /** Whether it gets no new connections but keeps those it has. */
    public boolean isDraining() {
        return draining;
    }

    /** Whether it no longer belongs to its service; it never comes back. */
    public boolean isRemoved() {
        return removed;
    }

    /** How many connections it has been given. */
    public long connections() {
        return connections;
    }

    /** Its share of new connections now: 0 while it drains and when it is removed. */
    int share() {
        return draining || removed ? 0 : weight;
    }

    boolean takesConnections() {
        return share() > 0;
    }

    void weight(int weight) {
        if (weight < 0 || weight > MOST_WEIGHT) {
            throw new IllegalArgumentException("weight " + weight + " is not within 0 to " + MOST_WEIGHT);
        }
        this.weight = weight;
    }

    void drain(boolean draining) {
        this.draining = draining;
    }

    void remove() {
        removed = true;
    }

    void given() {
        connections++;
    }

    /** Those that take connections, in their order. */
    static Backend[] taking(List<Backend> backends) {
        var taking = new Backend[backends.size()];
        int count = 0;
        for (var backend : backends) {
            if (backend.takesConnections()) {
                taking[count++] = backend;
            }
        }
        return Arrays.copyOf(taking, count);
    }

    /** {@code 10.1.0.2:80}. */
    @Override
    public String toString() {
        return Front.at(high, low) + ":" + port;
    }
}
