package io.millrace.dataplane.engine;

import static io.millrace.dataplane.trials.Bytes.padded;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Counters;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Ingress;
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.port.MemoryPort;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Turns: fair to ports, bounded, and the only moment at which anything changes. */
class WorkerTest {
    private static final byte[] FROM_A = padded(60, "ff ff ff ff ff ff", "02 00 00 00 00 0a", "08 00");
    private static final byte[] TO_A = padded(60, "02 00 00 00 00 0a", "02 00 00 00 00 0b", "08 00");

    private final FramePool pool = new FramePool(4096, 0);
    private final Counters counters = new Counters();
    private final MacTable table = new MacTable(100, 1);
    private final FilteringDatabase stations = new FilteringDatabase(table, 300_000_000_000L, 100);
    private final List<MemoryPort.Cable> cables = new ArrayList<>();

    WorkerTest() {
        for (String name : List.of("a", "b", "c")) {
            cables.add(MemoryPort.cable(name, name + ".end", 1024));
        }
    }

    /** A fresh graph over the same ports, tables and counters. */
    private Graph wire(List<Ingress> ways) {
        var graph = new Graph(pool, counters);
        var bridge = new Bridge("web", graph, stations);
        var in = graph.linkTo(bridge);
        for (int i = 0; i < cables.size(); i++) {
            var port = cables.get(i).near();
            bridge.plug(i, graph.linkTo(new Egress(graph, port)), PortSettings.DEFAULT);
            ways.add(new Ingress(graph, port, in, i));
        }
        return graph;
    }

    private Worker worker() {
        var ways = new ArrayList<Ingress>();
        var graph = wire(ways);
        return new Worker("w", () -> 0, table, graph, ways);
    }

    private void give(int port, int frames, byte[] bytes) {
        for (int i = 0; i < frames; i++) {
            assertThat(cables.get(port).far().put(bytes, pool)).isTrue();
        }
    }

    private int take(int port) {
        int[] frames = new int[1];
        cables.get(port).far().takeAll(frame -> {
            frames[0]++;
            pool.free(frame);
        });
        return frames[0];
    }

    private long received(String port) {
        return counters.port(port).rxFrames();
    }

    @Test
    void aTurnReceivesABatchAndNoMore() {
        var worker = worker();
        give(0, 200, FROM_A);
        give(1, 200, FROM_A);
        assertThat(worker.doWork()).isEqualTo(Worker.BATCH);
        assertThat(received("a")).isEqualTo(200);
        assertThat(received("b")).isEqualTo(56);
        assertThat(worker.doWork()).isEqualTo(144);
        assertThat(worker.doWork()).isZero();
    }

    @Test
    void aBusyPortDoesNotStarveTheOthers() {
        var worker = worker();
        give(0, 1000, FROM_A);
        give(1, 10, FROM_A);
        give(2, 10, FROM_A);
        worker.doWork();
        assertThat(received("a")).isEqualTo(256);
        worker.doWork();
        assertThat(received("b")).isEqualTo(10);
        assertThat(received("c")).isEqualTo(10);
        assertThat(received("a")).isEqualTo(256 + 236);
    }

    @Test
    void whatIsCountedIsFramesAndBytes() {
        var worker = worker();
        give(0, 3, FROM_A);
        give(0, 1, padded(1514, "ff ff ff ff ff ff", "02 00 00 00 00 0a", "08 00"));
        worker.doWork();
        var a = counters.port("a");
        var b = counters.port("b");
        assertThat(List.of(a.rxFrames(), a.rxBytes(), a.txFrames(), a.txBytes()))
                .containsExactly(4L, 1694L, 0L, 0L);
        assertThat(List.of(b.rxFrames(), b.rxBytes(), b.txFrames(), b.txBytes()))
                .containsExactly(0L, 0L, 4L, 1694L);
        assertThat(worker.account().conserved()).isTrue();
        assertThat(worker.account().copied()).isEqualTo(4);
    }

    @Test
    void framesThatThePortDoesNotTakeAreNotCountedAsSent() {
        var worker = worker();
        give(0, 600, FROM_A);
        while (worker.doWork() > 0) {}
        give(0, 600, FROM_A);
        while (worker.doWork() > 0) {}
        var b = counters.port("b");
        assertThat(b.txFrames()).isEqualTo(1024);
        assertThat(b.txBytes()).isEqualTo(1024 * 60);
        assertThat(counters.drops("port.b").total()).isEqualTo(176);
        assertThat(worker.account().conserved()).isTrue();
        assertThat(pool.inUse()).isEqualTo(2 * 1024);
    }

    @Test
    void changesAreMadeBetweenTurnsInOrderAndThereIsRoomForAThousand() {
        var worker = worker();
        var made = new ArrayList<Integer>();
        for (int i = 0; i < 1024; i++) {
            int change = i;
            assertThat(worker.submit(() -> made.add(change))).isTrue();
        }
        assertThat(worker.submit(() -> made.add(-1))).isFalse();
        assertThat(made).isEmpty();
        for (int turn = 0; turn < 1024; turn++) {
            worker.doWork();
        }
        assertThat(made).hasSize(1024).isSorted();
    }

    @Test
    void aNewGraphGoesOnWithWhatWasLearnedAndCounted() {
        var worker = worker();
        give(0, 1, FROM_A);
        worker.doWork();
        assertThat(take(1) + take(2)).isEqualTo(2);
        assertThat(worker.submit(() -> {
                    var ways = new ArrayList<Ingress>();
                    worker.rewire(wire(ways), ways);
                }))
                .isTrue();
        give(1, 1, TO_A);
        worker.doWork();
        assertThat(take(0)).isOne();
        assertThat(take(2)).as("the station is still known").isZero();
        assertThat(received("a")).isOne();
        assertThat(received("b")).isOne();
        assertThat(worker.account().conserved()).isTrue();
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void anIdleTurnAgesALittle() {
        long[] now = {0};
        var ways = new ArrayList<Ingress>();
        var graph = wire(ways);
        var worker = new Worker("w", () -> now[0], table, graph, ways);
        give(0, 1, FROM_A);
        worker.doWork();
        take(1);
        take(2);
        now[0] = 301_000_000_000L;
        for (int turn = 0; turn < 8; turn++) {
            worker.doWork();
        }
        assertThat(table.size()).isZero();
    }

    @Test
    void aSleeperMakesUpForTheAgeingItMissed() {
        long[] now = {0};
        var ways = new ArrayList<Ingress>();
        var graph = wire(ways);
        var worker = new Worker("w", () -> now[0], table, graph, ways);
        for (int i = 0; i < 50; i++) {
            var frame = FROM_A.clone();
            frame[11] = (byte) i;
            give(0, 1, frame);
        }
        worker.doWork();
        take(1);
        take(2);
        now[0] = 301_000_000_000L;
        worker.slept(200_000_000);
        assertThat(table.size()).isZero();
    }

    @Test
    void theClockRunsForwards() {
        var clock = Clock.monotonic();
        long before = clock.nanos();
        assertThat(before).isGreaterThanOrEqualTo(0);
        assertThat(clock.nanos()).isGreaterThanOrEqualTo(before);
    }
}
