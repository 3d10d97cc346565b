package io.millrace.tools.topology;

import io.millrace.vtep.network.Balancing;
import io.millrace.vtep.network.Balancing.Method;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Reads how a service's replicas share new connections. */
final class BalanceReader {
    private BalanceReader() {}

    /** What {@code x-millrace} says of it; null: nothing. */
    static Balancing balancing(@Nullable Section ours, int replicas) {
        if (ours == null) {
            return Balancing.DEFAULT;
        }
        var weights = ours.listOrOne("weight", text -> Values.integer(text, 0, Balancing.MOST_WEIGHT));
        var otherwise = weights.isEmpty() ? Balancing.DEFAULT : new Balancing(Method.WEIGHTED, weights, Set.of());
        var method = ours.word("balance", otherwise.method());
        if (method == Method.RR && !weights.isEmpty()) {
            throw ours.at("weight").error("weights mean nothing to 'balance: rr'; write 'balance: weighted'");
        }
        return Section.guarded(ours.at(), () -> new Balancing(method, otherwise.weights(), draining(ours, replicas)));
    }

    /** {@code true}: all replicas; else their numbers. */
    private static Set<Integer> draining(Section ours, int replicas) {
        if (ours.value("drain") instanceof Yaml.Items) {
            return new HashSet<>(ours.list("drain", text -> Values.integer(text, 1, replicas)));
        }
        return ours.bool("drain", false)
                ? IntStream.rangeClosed(1, replicas).boxed().collect(Collectors.toSet())
                : Set.of();
    }
}
