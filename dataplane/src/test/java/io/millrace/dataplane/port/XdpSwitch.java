package io.millrace.dataplane.port;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.engine.Clock;
import io.millrace.dataplane.engine.Worker;
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
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** A switch that runs: one worker on a thread of its own, one bridge, some XDP ports. {@link #close} checks the books. */
final class XdpSwitch implements AutoCloseable {
    final FramePool pool = new FramePool(16_384, 256);
    final Counters counters = new Counters();
    final List<XdpPort> ports = new ArrayList<>();
    private final Worker worker;
    private final Thread thread;
    private volatile boolean running = true;
    private final AtomicReference<Throwable> died = new AtomicReference<>();

    XdpSwitch(XdpPort.Mode mode, int entries, String... devices) throws IOException {
        var memory = new XdpMemory(pool);
        var graph = new Graph(pool, counters);
        var table = new MacTable(100, 1);
        var bridge = new Bridge("lan", graph, new FilteringDatabase(table, 300_000_000_000L, 100));
        var in = graph.linkTo(bridge);
        var ways = new ArrayList<Ingress>();
        for (var device : devices) {
            var port = XdpPort.open("p" + ports.size(), device, memory, mode, entries);
            bridge.plug(ports.size(), graph.linkTo(new Egress(graph, port)), PortSettings.DEFAULT);
            ways.add(new Ingress(graph, port, in, ports.size()));
            ports.add(port);
        }
        worker = new Worker("w", Clock.monotonic(), table, graph, ways);
        thread = Thread.ofPlatform().name("switch").start(this::run);
        inTurn(() -> {}); // the rings are full
        inTurn(() -> {});
    }

    private void run() {
        try {
            int idle = 0;
            while (running) {
                idle = worker.doWork() > 0 ? 0 : idle + 1;
                if (idle > 200) {
                    Thread.sleep(0, 50_000);
                }
            }
        } catch (Throwable e) {
            died.set(e);
        }
    }

    /** Does something between two turns and waits until it is done. */
    void inTurn(Runnable change) {
        var done = new CountDownLatch(1);
        assertThat(worker.submit(() -> {
                    change.run();
                    done.countDown();
                }))
                .isTrue();
        while (done.getCount() > 0) {
            assertThat(died.get()).isNull();
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(died.get()).isNull();
        assertThat(worker.account().conserved()).isTrue();
        assertThat(pool.inUse()).isEqualTo(ports.stream().mapToInt(Port::held).sum());
        ports.forEach(XdpPort::close);
        assertThat(pool.inUse()).isZero();
        assertThat(ports).allSatisfy(p -> assertThat(p.held()).isZero());
    }
}
