package io.millrace.bench;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Balance;
import io.millrace.dataplane.nat.Front;
import io.millrace.dataplane.nat.Service;
import io.millrace.dataplane.nat.Services;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What a connection's first packet pays to find a service and a backend, and what a change of them costs. */
public class ServiceBenchmark extends FrameBenchmark {
    private static final int TCP = 6;
    private static final long HOST = Ipv6Address.mapped(0xC000_0201);

    private static Service service(String name, int port, Balance balance, int backends) {
        var list = new ArrayList<Backend>();
        for (int i = 0; i < backends; i++) {
            list.add(new Backend(i, 0, Ipv6Address.mapped(0x0A01_0002 + i), 80, 1 + i % 3));
        }
        var front = new Front(0, HOST, TCP, port, port, true);
        return new Service(name, front, balance, list);
    }

    /** Every other port published, as a rule of its own. */
    @State(Scope.Thread)
    public static class Published {
        @Param({"10", "1000", "10000"})
        private int rules;

        private final Services services = new Services();
        private final Service comesAndGoes = service("web", 40_001, Balance.ROUND_ROBIN, 1);
        private int port;

        @Setup
        public void publish() {
            for (int i = 0; i < rules; i++) {
                services.publish(service("s" + i, 20_000 + 2 * i, Balance.ROUND_ROBIN, 1));
            }
        }
    }

    /** One port after the other, near and far, half of them published. */
    @Benchmark
    @Nullable
    public Service find(Published published) {
        published.port = (published.port + 7_919) % (2 * published.rules);
        return published.services.find(0, HOST, TCP, 20_000 + published.port);
    }

    /** Live: a rule among the others comes and goes. */
    @Benchmark
    public Service publishAndUnpublish(Published published) {
        published.services.publish(published.comesAndGoes);
        published.services.unpublish(published.comesAndGoes);
        published.services.release(published.comesAndGoes);
        return published.comesAndGoes;
    }

    /** A service with many backends, their weights 1 to 3. */
    @State(Scope.Thread)
    public static class Balanced {
        @Param({"ROUND_ROBIN", "WEIGHTED", "MAGLEV"})
        private Balance balance;

        @Param({"2", "100", "1000"})
        private int backends;

        private Service service = service("none", 80, Balance.ROUND_ROBIN, 1);
        private long hash;

        @Setup
        public void make() {
            service = service("web", 80, balance, backends);
        }
    }

    /** The backend of one connection. */
    @Benchmark
    @Nullable
    public Backend choose(Balanced balanced) {
        balanced.hash += 0x9E37_79B9_7F4A_7C15L;
        return balanced.service.choose(balanced.hash);
    }

    /** A Maglev service with many backends. */
    @State(Scope.Thread)
    public static class Planned {
        @Param({"2", "100", "1000"})
        private int backends;

        private Supplier<?> plan = List::of;

        @Setup
        public void make() {
            plan = service("web", 80, Balance.MAGLEV, backends).plan();
        }
    }

    /** A table of 65,537 entries is made; off the path of frames. */
    @Benchmark
    public Object table(Planned planned) {
        return planned.plan.get();
    }
}
