package io.millrace.dataplane.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.port.PacketPort;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.agrona.concurrent.AgentRunner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two hosts on real links and a switch between them that sleeps: the kernel wakes it for every frame. */
@Timeout(60)
class SleepingSwitchTest {
    private final Lab lab = Lab.open();
    private final FramePool pool = new FramePool(8192, 256);
    private final Lab.Host a = lab.host("a", "10.77.0.1/24");
    private final Lab.Host b = lab.host("b", "10.77.0.2/24");
    private final List<Port> ports = new ArrayList<>();
    private final Worker worker;
    private final AgentRunner runner;
    private final Thread thread;

    SleepingSwitchTest() throws Exception {
        ports.add(PacketPort.open(a.device(), pool));
        ports.add(PacketPort.open(b.device(), pool));
        var graph = new Graph(pool, new Counters());
        var table = new MacTable(65_536, 1);
        var bridge = new Bridge("lan", graph, new FilteringDatabase(table, 300_000_000_000L, 65_536));
        var in = graph.linkTo(bridge);
        var ways = new ArrayList<Ingress>();
        for (var port : ports) {
            bridge.plug(ways.size(), graph.linkTo(new Egress(graph, port)), PortSettings.DEFAULT);
            ways.add(new Ingress(graph, port, in, ways.size()));
        }
        worker = new Worker("sleepy", Clock.monotonic(), table, graph, ways);
        runner = new AgentRunner(Idling.POLL.of(worker), Throwable::printStackTrace, null, worker);
        thread = AgentRunner.startOnThread(runner);
    }

    @AfterEach
    void close() {
        runner.close();
        ports.forEach(Port::close);
        lab.close();
        assertThat(pool.inUse()).isZero();
    }

    private void ping(String what) {
        a.run("ping", "-c", "1", "-W", "5", "10.77.0.2").ok(); // ARP
        var pings = a.run("ping", "-c", "20", "-i", "0.05", "-W", "5", "10.77.0.2");
        System.out.println(what + pings.out().lines().reduce("", (first, last) -> last));
        assertThat(pings.out()).contains(" 0% packet loss");
    }

    private double cost() throws InterruptedException {
        var threads = ManagementFactory.getThreadMXBean();
        long before = threads.getThreadCpuTime(thread.threadId());
        Thread.sleep(1500);
        return (threads.getThreadCpuTime(thread.threadId()) - before) / 15e6;
    }

    private void idle(String what) throws InterruptedException {
        double cost = cost();
        System.out.println(String.format(Locale.ROOT, "%s: %.2f %% of a core", what, cost));
        assertThat(cost).as(what).isLessThan(20);
    }

    @Test
    void frameAfterFrameIsForwardedThoughItSleepsBetweenThem() throws Exception {
        ping("every 50 ms: ");
        idle("links up, nothing comes");
    }

    @Test
    void aLinkThatIsDownOrGoneDoesNotKeepItAwake() throws Exception {
        ping("before: ");
        Lab.run("ip", "link", "set", a.device(), "down").ok();
        idle("one link down");
        Lab.run("ip", "link", "set", a.device(), "up").ok();
        ping("up again: ");
        Lab.run("ip", "link", "delete", b.device()).ok();
        idle("one interface gone");
    }
}
