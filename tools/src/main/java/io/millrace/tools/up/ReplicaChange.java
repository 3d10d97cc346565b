package io.millrace.tools.up;

import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Balancer;
import org.jspecify.annotations.Nullable;

/**
 * Something that is done with a replica of a service while it gets connections: {@code weigh 1 3 web}.
 *
 * @param replica its number, from 1
 * @param weight where the deed is {@link Deed#weigh}: 0 to {@link Backend#MOST_WEIGHT}; else 0
 */
record ReplicaChange(Deed deed, int replica, int weight, String service) {
    private static final int WORDS = 4;

    /** What can be done. */
    enum Deed {
        drain,
        undrain,
        weigh,
        remove,

        /** Remove, and end its connections. */
        end
    }

    /** The word for what is to be done; null: there is no such thing. */
    static @Nullable Deed deed(@Nullable String word) {
        for (var deed : Deed.values()) {
            if (deed.name().equals(word)) {
                return deed;
            }
        }
        return null;
    }

    /** False: there is no such replica. */
    boolean on(Balancer balancer) {
        return switch (deed) {
            case drain -> balancer.drain(service, replica, true);
            case undrain -> balancer.drain(service, replica, false);
            case weigh -> balancer.weigh(service, replica, weight);
            case remove -> balancer.remove(service, replica, false);
            case end -> balancer.remove(service, replica, true);
        };
    }

    /** What a later change of it makes forgotten. */
    String what() {
        var what = switch (deed) {
            case drain, undrain -> "drain";
            case weigh -> "weigh";
            case remove, end -> "remove";
        };
        return what + " " + replica + " " + service;
    }

    /** Reads what {@link #toString} has written; null: it is something else. */
    static @Nullable ReplicaChange parse(String text) {
        var words = text.split(" ", WORDS);
        var deed = deed(words[0]);
        if (deed == null || words.length < WORDS) {
            return null;
        }
        int replica = Integer.parseInt(words[1]); // NumberFormatException is an IllegalArgumentException
        int weight = Integer.parseInt(words[2]);
        return new ReplicaChange(deed, replica, weight, words[3]);
    }

    @Override
    public String toString() {
        return deed + " " + replica + " " + weight + " " + service;
    }
}
