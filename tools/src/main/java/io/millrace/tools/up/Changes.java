package io.millrace.tools.up;

import io.millrace.dataplane.nat.Balancer;
import io.millrace.tools.words.Failure;
import io.millrace.tools.words.Figures;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.publish.PortChange;
import io.millrace.vtep.publish.Publication;
import io.millrace.vtep.wiring.Publishing;
import io.millrace.vtep.wiring.Routing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is published, unpublished, drained, weighed and removed while a topology runs, one change after another. With
 * {@code nat: { state: PATH }} it is written down in {@code PATH.changes} before anybody is told that it is done, and the
 * next start does it again before the first frame; else it ends with this process.
 */
final class Changes {
    private final Routing routing;
    private final @Nullable Journal journal;

    /** What was done with a replica last, by what it replaces. */
    private final Map<String, ReplicaChange> replicas = new LinkedHashMap<>();

    private final List<String> told = new ArrayList<>();

    Changes(Topology topology, Routing routing) {
        this.routing = routing;
        var state = topology.nat().state();
        this.journal = state == null ? null : new Journal(Path.of(state + ".changes"));
    }

    /** Does again what was done before; the worker is not running yet. What cannot be is told, and does no harm. */
    void restore() {
        if (journal == null) {
            return;
        }
        var content = journal.read();
        if (content.told() != null) {
            told.add(content.told());
        }
        int done = 0;
        for (var line : content.lines()) {
            try {
                restore(line);
                done++;
            } catch (IllegalArgumentException e) {
                told.add("'" + line + "' of before cannot be done again: " + e.getMessage());
            }
        }
        if (done > 0) {
            told.add(Figures.count(done, "change") + " of before made again");
        }
    }

    private void restore(String line) {
        var replica = ReplicaChange.parse(line);
        if (replica == null) {
            routing.publishing().apply(PortChange.parse(line));
            return;
        }
        var balancer = new Balancer(routing.nat());
        if (!replica.on(balancer)) {
            throw new IllegalArgumentException("there is no such replica");
        }
        balancer.tables(replica.service()).forEach(table -> table.get().run());
        replicas.put(replica.what(), replica);
    }

    /** Says what there was to say. */
    void tell(Screen screen) {
        told.forEach(screen::say);
    }

    /**
     * Changes what is published, and writes it down.
     *
     * @param change has it changed, on whatever thread
     * @param undo has what was published before published again
     * @throws Failure when it cannot be written down: all is as before, but connections of what was unpublished
     */
    synchronized <T> T publish(Supplier<T> change, Undo undo) {
        var publishing = routing.publishing();
        var before = publishing.all();
        var changed = change.get();
        try {
            write(publishing);
        } catch (IOException e) {
            undo.to(before);
            throw refusal(e);
        }
        return changed;
    }

    /** Takes changes back. */
    @FunctionalInterface
    interface Undo {
        void to(List<Publication> before);
    }

    /**
     * Writes down what is done with a replica, and does it.
     *
     * @param deed false: nothing was done
     * @throws Failure when it cannot be written down: nothing was done
     */
    synchronized boolean replica(ReplicaChange change, BooleanSupplier deed) {
        var before = replicas.put(change.what(), change);
        boolean done = false;
        try {
            write(routing.publishing());
            done = deed.getAsBoolean();
            return done;
        } catch (IOException e) {
            throw refusal(e);
        } finally {
            if (!done) {
                forget(change, before);
            }
        }
    }

    private void forget(ReplicaChange change, @Nullable ReplicaChange before) {
        if (before == null) {
            replicas.remove(change.what());
        } else {
            replicas.put(change.what(), before);
        }
        try {
            write(routing.publishing());
        } catch (IOException e) {
            return; // what was written is done again at the next start only if it can be
        }
    }

    private void write(Publishing publishing) throws IOException {
        if (journal != null) {
            var lines = new ArrayList<String>();
            publishing.changes().forEach(change -> lines.add(change.toString()));
            replicas.values().forEach(change -> lines.add(change.toString()));
            journal.write(lines);
        }
    }

    private static Failure refusal(IOException e) {
        return Failure.failed("it cannot be written down, so nothing has changed: " + Objects.toString(e.getMessage()));
    }
}
