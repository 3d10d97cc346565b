package io.millrace.dataplane.nat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Changes which backends get new connections while packets flow, in all services of a name at once: its published ports and
 * its virtual addresses. Between two turns of the worker's.
 */
public final class Balancer {
    private final Nat nat;

    public Balancer(Nat nat) {
        this.nat = nat;
    }

    /** Has a backend keep what it has and get nothing new, or makes good again; false: there is no such backend. */
    public boolean drain(String service, int backend, boolean draining) {
        return any(service, of -> of.drain(backend, draining) != null);
    }

    /** Gives a backend another weight, 0 to 65,535; false: there is no such backend. */
    public boolean weigh(String service, int backend, int weight) {
        return any(service, of -> of.weigh(backend, weight) != null);
    }

    /**
     * Takes a backend out for good; false: there is no such backend.
     *
     * @param ends whether the connections it has end, too; else they go on as long as both sides do
     */
    public boolean remove(String service, int backend, boolean ends) {
        return any(service, of -> {
            boolean was = of.remove(backend) != null;
            if (was && ends) {
                nat.sessions().closeAll(of.id(), backend);
            }
            return was;
        });
    }

    /**
     * The Maglev tables of a service, to be made anew after its backends have changed: each is made on any thread, by
     * {@code get}, and what that gives is run between two turns. Without it those that remain go on as before, and who has
     * come gets nothing.
     */
    public List<Supplier<Runnable>> tables(String service) {
        var tables = new ArrayList<Supplier<Runnable>>();
        each(service, of -> {
            if (of.balance().hasTable()) {
                var plan = of.plan();
                tables.add(() -> {
                    var made = plan.get();
                    return () -> of.install(made);
                });
            }
        });
        return tables;
    }

    private boolean any(String service, Predicate<Service> change) {
        boolean[] found = {false};
        each(service, of -> found[0] |= change.test(of));
        return found[0];
    }

    private void each(String service, Consumer<Service> visitor) {
        nat.services().forEach(of -> {
            if (of.name().equals(service)) {
                visitor.accept(of);
            }
        });
    }
}
