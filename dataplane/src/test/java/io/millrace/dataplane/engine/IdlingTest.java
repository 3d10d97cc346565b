package io.millrace.dataplane.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.linux.Poller;
import io.millrace.dataplane.port.MemoryPort;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.AgentRunner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker that sleeps costs next to nothing and is there when it is called. Figures are printed, not judged. */
@Timeout(20)
class IdlingTest {
    /** A worker that is not woken wakes five times a second: so many calls would then take longer than the test may. */
    private static final int CALLS = 150;

    private final FramePool pool = new FramePool(64, 0);
    private final Counters counters = new Counters();
    private final BellPort bell = new BellPort();
    private final List<AgentRunner> runners = new ArrayList<>();
    private Thread thread = Thread.currentThread();

    @BeforeEach
    void onlyOnLinux() {
        assumeTrue(Poller.isSupported(), "sleeping in poll(2) is Linux's");
    }

    @AfterEach
    void nothingIsLost() {
        runners.forEach(AgentRunner::close);
        bell.die();
        assertThat(pool.inUse()).isZero();
    }

    /** Starts a worker whose frames leave by the port they came by. */
    private Worker start(Idling idling, Port... ports) throws Exception {
        var graph = new Graph(pool, counters);
        var ways = new ArrayList<Ingress>();
        for (var port : ports) {
            ways.add(new Ingress(graph, port, graph.linkTo(new Egress(graph, port)), 0));
        }
        var worker = new Worker("sleepy", Clock.monotonic(), new MacTable(65_536, 1), graph, ways);
        var runner = new AgentRunner(idling.of(worker), e -> assertThat(e).isNull(), null, worker);
        runners.add(runner);
        thread = AgentRunner.startOnThread(runner);
        return worker;
    }

    private static void await(BooleanSupplier done) {
        while (!done.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    /** Milliseconds of its core that the worker takes in a thousand. */
    private double idleCost() throws InterruptedException {
        Thread.sleep(200);
        var threads = ManagementFactory.getThreadMXBean();
        long began = System.nanoTime();
        long before = threads.getThreadCpuTime(thread.threadId());
        Thread.sleep(1000);
        long took = threads.getThreadCpuTime(thread.threadId()) - before;
        return 100.0 * took / (System.nanoTime() - began);
    }

    private static void say(String what, double value, String unit) {
        System.out.println(String.format(Locale.ROOT, "%s: %.3f %s", what, value, unit));
    }

    @ParameterizedTest
    @EnumSource
    void everyFrameIsSeenHoweverLongNothingCameBefore(Idling idling) throws Exception {
        start(idling, bell);
        var late = new long[CALLS];
        for (int i = 0; i < CALLS; i++) {
            Thread.sleep(i % 10);
            int before = bell.came;
            long rung = System.nanoTime();
            bell.ring();
            await(() -> bell.came > before);
            late[i] = bell.cameAt - rung;
        }
        Arrays.sort(late);
        say(idling + ": median delay of a frame", late[CALLS / 2] / 1e3, "µs");
        say(idling + ": longest but one", late[CALLS - 2] / 1e3, "µs");
    }

    @Test
    void asleepItCostsLittle() throws Exception {
        start(Idling.POLL, bell);
        double cost = idleCost();
        say("POLL, idle", cost, "% of a core");
        assertThat(cost).isLessThan(20);
    }

    @Test
    void aPortThatCannotWakeItIsAskedEachMillisecond() throws Exception {
        var cable = MemoryPort.cable("memory", "end", 8);
        start(Idling.POLL, bell, cable.near());
        double cost = idleCost();
        say("POLL with a port in memory, idle", cost, "% of a core");
        assertThat(cost).isLessThan(30);
        int before = bell.asked;
        Thread.sleep(1000);
        assertThat(bell.asked - before).as("turns in a second").isGreaterThan(100);
    }

    @Test
    void aChangeIsMadeAtOnce() throws Exception {
        var worker = start(Idling.POLL, bell);
        for (int i = 0; i < CALLS; i++) {
            Thread.sleep(1);
            var made = new CountDownLatch(1);
            assertThat(worker.submit(made::countDown)).isTrue();
            assertThat(made.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aDescriptorThatIsDeadDoesNotKeepItAwake() throws Exception {
        var cable = MemoryPort.cable("memory", "end", 8);
        start(Idling.POLL, bell, cable.near());
        bell.die();
        double cost = idleCost();
        say("POLL with a dead descriptor, idle", cost, "% of a core");
        int before = bell.asked;
        Thread.sleep(1000);
        assertThat(bell.asked - before).as("turns in a second").isLessThan(10_000);
    }

    @Test
    void aPortThatComesUpIsListenedTo() throws Exception {
        bell.up = false;
        var worker = start(Idling.POLL, bell);
        Thread.sleep(50);
        worker.submit(() -> bell.up = true);
        for (int i = 0; i < CALLS; i++) {
            Thread.sleep(1);
            int before = bell.came;
            bell.ring();
            await(() -> bell.came > before);
        }
    }

    @Test
    void aWorkerThatSleepsEndsWhenItIsTold() throws Exception {
        var worker = start(Idling.POLL, bell);
        Thread.sleep(50);
        runners.getFirst().close();
        assertThat(thread.isAlive()).isFalse();
        assertThat(worker.submit(() -> {})).as("a change nobody will make").isTrue();
    }
}
