package io.millrace.tools.up;

import io.millrace.dataplane.graph.PortCounters;
import io.millrace.tools.words.Failure;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** How much goes by each port, measured each second. Any thread may read. */
final class Rates implements AutoCloseable {
    private static final double SECOND = 1e9;

    private final List<PortCounters> ports;
    private final ScheduledExecutorService each = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("rates").factory());
    private volatile Sample last;
    private volatile Rate[] rates;
    private int missed;

    /**
     * Of one port, over the last second.
     *
     * @param rxFrames a second
     * @param rxBits a second
     * @param txFrames a second
     * @param txBits a second
     */
    record Rate(double rxFrames, double rxBits, double txFrames, double txBits) {
        static final Rate NONE = new Rate(0, 0, 0, 0);
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record Sample(long time, long[] counts) {}

    private Rates(List<PortCounters> ports) {
        this.ports = ports;
        this.last = sample();
        this.rates = new Rate[ports.size()];
        Arrays.fill(rates, Rate.NONE);
    }

    static Rates of(Running running) {
        var rates = new Rates(running.outlets().stream()
                .map(outlet -> running.counters().port(outlet.name()))
                .toList());
        var _ = rates.each.scheduleAtFixedRate(rates::measure, 1, 1, TimeUnit.SECONDS);
        return rates;
    }

    /** Has something done each second, after the rates are known. */
    void eachSecond(Runnable task) {
        var _ = each.scheduleAtFixedRate(
                () -> {
                    try {
                        task.run();
                    } catch (Failure busy) {
                        missed++; // the worker had no time to answer; the next second will do
                    }
                },
                1,
                1,
                TimeUnit.SECONDS);
    }

    /** The rates of the port that is the {@code index}th of all. */
    Rate of(int index) {
        return rates[index];
    }

    private Sample sample() {
        var counts = new long[4 * ports.size()];
        for (int i = 0; i < ports.size(); i++) {
            var port = ports.get(i);
            counts[4 * i] = port.rxFrames();
            counts[4 * i + 1] = port.rxBytes();
            counts[4 * i + 2] = port.txFrames();
            counts[4 * i + 3] = port.txBytes();
        }
        return new Sample(System.nanoTime(), counts);
    }

    private void measure() {
        var before = last;
        var now = sample();
        double seconds = (now.time - before.time) / SECOND;
        var fresh = new Rate[ports.size()];
        for (int i = 0; i < fresh.length; i++) {
            double[] n = new double[4];
            for (int j = 0; j < n.length; j++) {
                n[j] = (now.counts[4 * i + j] - before.counts[4 * i + j]) / seconds;
            }
            fresh[i] = new Rate(n[0], 8 * n[1], n[2], 8 * n[3]);
        }
        last = now;
        rates = fresh;
    }

    @Override
    public void close() {
        each.shutdownNow();
    }
}
