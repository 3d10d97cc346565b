package io.millrace.vtep.network;

import java.util.List;
import java.util.Set;

/**
 * How a service's replicas share new connections to its published ports and its virtual addresses: {@code x-millrace: {
 * balance: weighted, weight: [ 3, 1 ], drain: [ 2 ] }}.
 *
 * @param weights by replica, 0 to {@link #MOST_WEIGHT}; only one: every replica's
 * @param draining replicas, from 1, that keep the connections they have and get no new ones
 */
public record Balancing(Method method, List<Integer> weights, Set<Integer> draining) {
    public static final int MOST_WEIGHT = 65_535;

    public static final Balancing DEFAULT = new Balancing(Method.RR, List.of(1), Set.of());

    /**
     * {@code RR}: one after the other; {@code WEIGHTED}: each as often as its weight says; {@code MAGLEV}: by addresses and
     * ports, so that little changes when replicas come and go; {@code SOURCE}: by the client's address.
     */
    public enum Method {
        RR,
        WEIGHTED,
        MAGLEV,
        SOURCE
    }

    public Balancing {
        weights = List.copyOf(weights);
        draining = Set.copyOf(draining);
        for (int weight : weights) {
            Words.within("weight", weight, 0, MOST_WEIGHT);
        }
    }

    /** A replica's weight. */
    public int weight(int replica) {
        return weights.size() == 1 ? weights.getFirst() : weights.get(replica - 1);
    }

    /** Checks against the number of replicas. */
    void check(int replicas) {
        if (weights.size() != 1 && weights.size() != replicas) {
            throw new IllegalArgumentException(
                    weights.size() + " weights for " + replicas + (replicas == 1 ? " replica" : " replicas"));
        }
        for (int replica : draining) {
            if (replica < 1 || replica > replicas) {
                throw new IllegalArgumentException("drain: there is no replica " + replica + " among " + replicas);
            }
        }
    }
}
