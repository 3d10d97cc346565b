package io.millrace.vtep.publish;

import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.PublishedPort.Mode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * One difference between what is published now and what was at first: {@code publish 0.0.0.0:8081:80/tcp web}. Its ports are
 * those that were given, also where any free one was asked for.
 *
 * @param publishes false: it is published no longer
 * @param port where, as one rule had it; of a rule that translates nothing without ports of the host
 */
public record PortChange(boolean publishes, PublishedPort port, String service) {
    private static final String PUBLISH = "publish";
    private static final String UNPUBLISH = "unpublish";

    /** What makes the one of the other: first what goes, then what comes, as few and as long ranges as possible. */
    public static List<PortChange> between(List<Publication> before, List<Publication> now) {
        var changes = new ArrayList<PortChange>();
        beyond(before, now).forEach(gone -> changes.add(of(false, gone)));
        beyond(now, before).forEach(come -> changes.add(of(true, come)));
        return changes;
    }

    private static PortChange of(boolean publishes, Publication of) {
        var port =
                new PublishedPort(of.hostAddress(), of.hostPorts(), of.containerPorts(), of.protocol(), Mode.INGRESS);
        return new PortChange(publishes, port, of.service());
    }

    /** What of some is in none of the others. */
    private static List<Publication> beyond(List<Publication> some, List<Publication> others) {
        var left = new ArrayList<>(some);
        left.removeAll(new HashSet<>(others));
        for (var other : others) {
            if (left.isEmpty()) {
                break;
            }
            var rest = new ArrayList<Publication>();
            left.forEach(one -> rest.addAll(one.without(other)));
            left = rest;
        }
        return left;
    }

    /**
     * Reads what {@link #toString} has written.
     *
     * @throws IllegalArgumentException when it is nothing of the kind
     */
    public static PortChange parse(String text) {
        var words = text.split(" ", 3);
        if (words.length < 3 || !(words[0].equals(PUBLISH) || words[0].equals(UNPUBLISH))) {
            throw new IllegalArgumentException("no change of a published port: " + text);
        }
        return new PortChange(words[0].equals(PUBLISH), PublishedPort.parse(words[1]), words[2]);
    }

    @Override
    public String toString() {
        return (publishes ? PUBLISH : UNPUBLISH) + " " + port + " " + service;
    }
}
