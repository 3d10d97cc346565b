package io.millrace.dataplane.port;

import io.millrace.dataplane.engine.Worker;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.concurrent.FutureTask;

/** A bridge over some ports, turned by a thread that sleeps on their descriptors when nothing comes. */
final class RunningBridge implements AutoCloseable {
    private static final int POLLIN = 1;

    final FramePool pool;
    final Counters counters = new Counters();
    private final Port[] ports;
    private final Worker worker;
    private final Thread thread;
    private volatile boolean ended;
    private volatile Throwable failure;

    RunningBridge(FramePool pool, Port... ports) {
        this.pool = pool;
        this.ports = ports;
        var graph = new Graph(pool, counters);
        var table = new MacTable(1000, 1);
        var bridge = new Bridge("lan", graph, new FilteringDatabase(table, 300_000_000_000L, 1000));
        var in = graph.linkTo(bridge);
        var ways = new ArrayList<Ingress>();
        for (int i = 0; i < ports.length; i++) {
            bridge.plug(i, graph.linkTo(new Egress(graph, ports[i])), PortSettings.DEFAULT);
            ways.add(new Ingress(graph, ports[i], in, i));
        }
        worker = new Worker("w", System::nanoTime, table, graph, ways);
        thread = Thread.ofPlatform().start(this::run);
    }

    private void run() {
        try {
            var calls = new Native();
            var waiting = Memory.of(ports.length * 8);
            for (int i = 0; i < ports.length; i++) {
                waiting.putInt(i * 8, ports[i].descriptors()[0]);
                waiting.putShort(i * 8 + 4, (short) POLLIN);
            }
            while (!ended) {
                if (worker.doWork() == 0) {
                    calls.poll(waiting.addressOffset(), ports.length, 10);
                }
            }
        } catch (Throwable e) {
            failure = e;
        }
    }

    /** Frames that left by that port. */
    long sentBy(Port port) {
        return counters.port(port.name()).txFrames();
    }

    /** Frames dropped on the way out of that port, for that reason. */
    long dropped(Port port, Drop why) {
        return counters.drops("port." + port.name()).frames(why);
    }

    /** Has something done on the worker's thread, between two turns. */
    void between(Runnable change) {
        var task = new FutureTask<>(change, null);
        while (!worker.submit(task)) {
            Thread.onSpinWait();
        }
        try {
            task.get();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** What the thread has used of a processor, in ns. */
    long processorTime() {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    }

    /** Ends the thread, then closes the ports. */
    @Override
    public void close() {
        ended = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        for (var port : ports) {
            port.close();
        }
        if (failure != null) {
            throw new AssertionError("the worker", failure);
        }
    }
}
