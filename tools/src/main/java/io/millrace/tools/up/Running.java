package io.millrace.tools.up;

import io.millrace.dataplane.engine.Clock;
import io.millrace.dataplane.engine.Idling;
import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.StormCap;
import io.millrace.dataplane.linux.HugePages;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.port.PatchPort;
import io.millrace.tools.up.Opened.Undo;
import io.millrace.tools.words.Failure;
import io.millrace.vtep.control.ControlPlane;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.wiring.Routing;
import io.millrace.vtep.wiring.Switch;
import io.millrace.vtep.wiring.TableMemory;
import io.millrace.vtep.wiring.Underlay;
import io.millrace.vtep.wiring.Wiring;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.jspecify.annotations.Nullable;

/**
 * A topology that forwards: a graph, the worker that runs it on a thread of its own, and the ports plugged into it. What
 * is the worker's is asked and changed between two of its turns only, by {@link #ask} and {@link #change}.
 */
final class Running {
    private static final int PATIENCE_S = 5;

    private final Topology topology;
    private final Memory memory;
    private final Counters counters = new Counters();
    private final FramePool pool;
    private final Graph graph;
    private final MacTable stations;
    private final Wiring wiring;
    private final Clock clock = Clock.monotonic();
    private final @Nullable Kept kept;
    private final @Nullable Changes changes;
    private final Worker worker;
    private final List<Outlet> outlets = new ArrayList<>();
    private final List<ControlPlane> followed = new ArrayList<>();
    private final CompletableFuture<@Nullable Throwable> died = new CompletableFuture<>();
    private @Nullable AgentRunner runner;

    /** How much frame memory a topology gets. */
    record Memory(int frames, int segments) {
        private static final int FRAMES = 32_768;
        private static final int FRAMES_A_PORT = 4_096;
        private static final int MOST_FRAMES = 262_144;
        private static final int SEGMENTS = 1_024;

        static Memory of(Topology topology) {
            int ports = topology.endpoints().size() + (topology.uplinkEndpoint() == null ? 0 : 1);
            return new Memory(Math.clamp((ports + 2L) * FRAMES_A_PORT, FRAMES, MOST_FRAMES), SEGMENTS);
        }
    }

    /** Wires a topology; nothing is plugged in yet, nothing runs. */
    Running(Topology topology) {
        this.topology = topology;
        this.memory = Memory.of(topology);
        pool = pool(memory);
        graph = new Graph(pool, counters);
        stations = Wiring.tableFor(topology, ThreadLocalRandom.current().nextLong());
        var patches = new HashMap<String, PatchPort>();
        kept = Kept.open(topology);
        wiring = Wiring.wire(
                topology,
                graph,
                stations,
                StormCap.DEFAULT,
                endpoint -> {
                    var patch = new PatchPort(endpoint.name());
                    patches.put(endpoint.name(), patch);
                    return patch;
                },
                new TableMemory(kept == null ? null : kept.file(), HugePages::take));
        var routing = wiring.routing();
        changes = routing == null ? null : new Changes(topology, routing);
        if (changes != null) {
            changes.restore(); // connections through what was published while it ran go on, too
        }
        if (kept != null && routing != null) {
            kept.recover(routing.nat(), clock);
        }
        outlets(patches);
        worker = new Worker(
                "millrace",
                clock,
                stations,
                graph,
                wiring.plugs().stream().map(plug -> plug.ingress(graph)).toList());
    }

    private static FramePool pool(Memory memory) {
        try {
            return new FramePool(memory.frames, memory.segments, HugePages::take);
        } catch (OutOfMemoryError e) {
            throw Failure.failed("no memory for " + memory.frames + " frames: give the JVM more, as in"
                    + " MILLRACE_OPTS=-XX:MaxDirectMemorySize=1g");
        }
    }

    private void outlets(Map<String, PatchPort> patches) {
        var endpoints = new HashMap<String, Endpoint>();
        topology.endpoints().forEach(endpoint -> endpoints.put(endpoint.name(), endpoint));
        var underlay = topology.underlayEndpoint();
        if (underlay != null) {
            endpoints.put(underlay.name(), underlay);
        }
        var uplink = topology.uplinkEndpoint();
        if (uplink != null) {
            endpoints.put(uplink.name(), uplink);
        }
        for (var plug : wiring.plugs()) {
            var name = plug.port().name();
            var patch = patches.get(name);
            var endpoint = endpoints.get(name);
            if (patch != null && endpoint != null) {
                outlets.add(new Outlet(endpoint, plug, patch));
            }
        }
    }

    /** Begins to forward, with what is plugged in by now. */
    void start() {
        var idling = Idling.valueOf(topology.idle().name());
        try {
            runner = new AgentRunner(idling.of(worker), this::die, null, worker);
        } catch (KernelException e) {
            throw Failure.failed(String.valueOf(e.getMessage()));
        }
        AgentRunner.startOnThread(runner);
        ask(() -> 0); // the first turn has been made
    }

    /** An impossible state: this worker makes no further turn. */
    private void die(Throwable why) {
        died.complete(why);
        throw new AgentTerminationException();
    }

    /**
     * Lets somebody tell who takes part in the overlays, from whatever thread, for as long as this runs.
     *
     * @throws Failure when there is no underlay
     */
    void follow(ControlPlane control) {
        var underlay = wiring.underlay();
        if (underlay == null) {
            throw Failure.usage("there is no underlay: nobody can take part");
        }
        followed.add(control);
        control.follow(underlay.members().on(this::change));
    }

    /** Completed when the worker has met an impossible state. */
    CompletableFuture<@Nullable Throwable> died() {
        return died;
    }

    /**
     * Has a change made between two turns, and waits until it is. Without a worker that runs it is made at once.
     *
     * @throws Failure when it was not made within five seconds, or there is no worker any more
     */
    void change(Runnable change) {
        ask(() -> {
            change.run();
            return 0;
        });
    }

    /** Asks a question between two turns; as {@link #change}. */
    <T> T ask(Supplier<T> question) {
        var running = runner;
        if (running == null) {
            return question.get();
        }
        var answer = new CompletableFuture<T>();
        var change = (Runnable) () -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        };
        if (running.isClosed() || !worker.submit(change)) {
            throw Failure.failed("the worker takes no questions at present");
        }
        try {
            return answer.get(PATIENCE_S, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw Failure.failed("the worker does not answer");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.failed("interrupted");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    Topology topology() {
        return topology;
    }

    Memory memory() {
        return memory;
    }

    Counters counters() {
        return counters;
    }

    FramePool pool() {
        return pool;
    }

    Graph graph() {
        return graph;
    }

    MacTable stations() {
        return stations;
    }

    Map<String, Switch> switches() {
        return wiring.switches();
    }

    /** The way to the other hosts, or null: there is none. */
    @Nullable
    Underlay underlay() {
        return wiring.underlay();
    }

    /** What meets at the gateways, or null: there are none. */
    @Nullable
    Routing routing() {
        return wiring.routing();
    }

    /** Connections that outlive this process; null: they do not. */
    @Nullable
    Kept kept() {
        return kept;
    }

    /** What is changed at the gateways while they run; null: there are none. */
    @Nullable
    Changes changes() {
        return changes;
    }

    List<Outlet> outlets() {
        return outlets;
    }

    /** By the names of the ports, where taps are laid around whatever is plugged in. */
    Map<String, PatchPort> taps() {
        var taps = new HashMap<String, PatchPort>();
        outlets.forEach(outlet -> taps.put(outlet.name(), outlet.outer()));
        return taps;
    }

    /** The worker's time, in ns. */
    long now() {
        return clock.nanos();
    }

    /** Plugs in what was opened, or nothing; what was plugged in before is the caller's to {@link #dispose} of. */
    void plug(Outlet outlet, @Nullable Opened opened, boolean up) {
        change(() -> {
            outlet.inner().exchange(opened == null ? null : opened.port());
            link(outlet, up);
            identify(outlet, opened);
        });
        outlet.opened(opened);
    }

    /** The host has its interface's Ethernet address there, unless the file gives it another. */
    private void identify(Outlet outlet, @Nullable Opened opened) {
        var routing = wiring.routing();
        var uplink = topology.uplink();
        if (routing != null
                && opened != null
                && uplink != null
                && outlet.endpoint().isUplink()) {
            var mac = uplink.mac();
            routing.uplinkMac(mac == null ? opened.mac() : mac.value());
        }
        var underlay = wiring.underlay();
        var host = topology.underlay();
        if (underlay != null && opened != null && host != null && outlet.isUnderlay()) {
            var mac = host.mac();
            underlay.tunnels().mac(mac == null ? opened.mac() : mac.value());
        }
    }

    /** The link of a port went up or down: what was learned there is forgotten. On the worker's thread. */
    void link(Outlet outlet, boolean up) {
        outlet.inner().link(up);
        outlet.isUp(up);
        var wired = wiring.switches().get(outlet.endpoint().network());
        if (wired != null && up) {
            wired.portUp(outlet.name());
        } else if (wired != null) {
            wired.portDown(outlet.name());
        }
    }

    /** Closes what was unplugged. */
    void dispose(Outlet outlet, Opened opened, Screen screen) {
        if (opened.port().held() == 0) {
            close(opened, screen); // takes the kernel a while, which the worker need not wait for
        } else {
            change(() -> close(opened, screen)); // gives frames back, and the pool has one thread
        }
        undo(outlet, opened.around(), screen);
    }

    private static void close(Opened opened, Screen screen) {
        try {
            opened.port().close();
        } catch (RuntimeException e) {
            screen.say(opened.port().name() + " cannot be closed: " + e);
        }
    }

    private static void undo(Outlet outlet, List<Undo> undo, Screen screen) {
        for (var one : undo) {
            try {
                one.undo();
            } catch (Exception e) {
                screen.say(outlet.name() + ": " + e.getMessage());
            }
        }
    }

    /** Stops forwarding, then closes every port and takes back what was done for it. */
    void close(Screen screen) {
        followed.forEach(ControlPlane::close);
        var running = runner;
        if (running != null) {
            running.close();
            runner = null;
        }
        if (kept != null) {
            kept.close(screen);
        }
        for (var outlet : outlets) {
            var opened = outlet.opened();
            if (opened != null) {
                close(opened, screen);
                undo(outlet, opened.around(), screen);
                outlet.opened(null);
            }
            undo(outlet, outlet.made(), screen);
        }
        assert pool.inUse() == 0 : pool.inUse() + " frames are still in use";
    }
}
