package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.hex;
import static io.millrace.tools.probe.Bytes.numbered;
import static io.millrace.tools.probe.Bytes.station;

import io.millrace.dataplane.lab.TapReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One port's far side is too slow, or stands still; the others must not notice. As trials: {@code trial txfull [SECONDS]},
 * {@code trial slow [SECONDS]}.
 */
final class SlowPeers {
    private static final int OTHERS_RATE = 50_000;
    private static final int LONG_FRAME = 1514;
    /** Of long frames, some 200 Mbit/s. */
    private static final int DOUBLE_RATE = 16_500;

    private static final int SLOW_RATE = 10_000;

    private SlowPeers() {}

    /**
     * What one run showed.
     *
     * @param accounted whether sent = arrived + dropped by name, exactly
     * @param othersLost frames that a stream between two other ports lost
     * @param inOrder whether what did arrive came in order
     * @param lostAfter frames lost from a tenth of a second after all was well again
     * @param cores processor time per time, of the switch
     * @param othersP99 µs, of the other stream
     */
    record Outcome(
            int sent,
            long arrived,
            long dropped,
            boolean accounted,
            int othersLost,
            boolean inOrder,
            int lostAfter,
            double cores,
            int othersP99) {
        boolean passes() {
            return dropped > 0 && accounted && othersLost == 0 && inOrder && lostAfter == 0;
        }
    }

    public static void main(String[] arguments) throws Exception {
        int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 60;
        var directory = Files.createTempDirectory("millrace-trial");
        var outcome = arguments[0].equals("txfull") ? full(directory, seconds) : still(directory, seconds);
        System.out.println(outcome);
        boolean passes = outcome.passes() && outcome.cores <= 1;
        System.out.println(passes ? "PASS" : "FAIL");
        System.exit(passes ? 0 : 1);
    }

    /** Twice what a token bucket of 100 Mbit/s behind port 2 lets through. */
    static Outcome full(Path directory, int seconds) throws IOException, InterruptedException {
        try (var bridge = new RunningSwitch(directory, "packet", "{ driver: bridge }", 1500, dut -> {
            // The device exists already: the bucket must be there when the port opens.
            dut.run(
                            "tc", "qdisc", "add", "dev", "s2", "root", "tbf", "rate", "100mbit", "burst", "32k",
                            "latency", "10ms")
                    .ok();
        })) {
            bridge.learn(2, station(0x52));
            bridge.learn(4, station(0x54));
            var others = new Stream(bridge.wire(3), station(0x53), bridge.wire(4), station(0x54), OTHERS_RATE).start();
            var doubled = new Stream(
                            bridge.wire(1), station(0x51), bridge.wire(2), station(0x52), DOUBLE_RATE, LONG_FRAME)
                    .start();
            double before = bridge.cpuSeconds();
            TimeUnit.SECONDS.sleep(seconds);
            double cores = (bridge.cpuSeconds() - before) / seconds;
            doubled.stop();
            long dropped = bridge.undelivered(2);
            bridge.dut().run("tc", "qdisc", "del", "dev", "s2", "root").ok();
            TimeUnit.MILLISECONDS.sleep(100);
            var after = new Stream(bridge.wire(1), station(0x55), bridge.wire(2), station(0x52), SLOW_RATE).start();
            TimeUnit.SECONDS.sleep(1);
            after.stop();
            others.stop();
            return new Outcome(
                    doubled.sent(),
                    doubled.received(),
                    dropped,
                    doubled.sent() == doubled.received() + dropped,
                    others.lost(),
                    doubled.overtaken() == 0 && doubled.doubled() == 0,
                    after.lost(),
                    cores,
                    others.micros(0.99));
        }
    }

    /** The program behind the TAP at port 5 does not read for a while. */
    static Outcome still(Path directory, int seconds) throws IOException, InterruptedException {
        var reader = new TapReader[1];
        try (var bridge = new RunningSwitch(
                directory, "packet", "{ driver: bridge }", 1500, dut -> reader[0] = new TapReader(dut, "s5"))) {
            var tap = reader[0];
            bridge.learn(4, station(0x54));
            tap.write(numbered("ffffffffffff", station(0x55), 0));
            bridge.quiet();
            read(tap);
            var others = new Stream(bridge.wire(3), station(0x53), bridge.wire(4), station(0x54), OTHERS_RATE).start();
            long already = bridge.undelivered(5);
            double before = bridge.cpuSeconds();
            int sent = send(bridge, 0, seconds * SLOW_RATE, List.of(), null);
            double cores = (bridge.cpuSeconds() - before) / seconds;
            TimeUnit.MILLISECONDS.sleep(200);
            long dropped = bridge.undelivered(5) - already;
            var queued = read(tap);
            var after = new ArrayList<Integer>();
            int all = send(bridge, sent, SLOW_RATE, after, tap);
            TimeUnit.MILLISECONDS.sleep(200);
            after.addAll(read(tap));
            others.stop();
            tap.close();
            return new Outcome(
                    sent,
                    queued.size(),
                    dropped,
                    sent == queued.size() + dropped,
                    others.lost(),
                    queued.equals(queued.stream().sorted().toList()),
                    all - sent - after.size(),
                    cores,
                    others.micros(0.99));
        }
    }

    /** Sends {@code count} numbered frames to the station behind the TAP; the program there reads, if there is one. */
    private static int send(
            RunningSwitch bridge, int first, int count, List<Integer> arrived, @Nullable TapReader tap) {
        long begin = System.nanoTime();
        for (int i = 0; i < count; i++) {
            while (System.nanoTime() - begin < i * (TimeUnit.SECONDS.toNanos(1) / SLOW_RATE)) {
                Thread.yield();
            }
            bridge.wire(1).send(numbered(station(0x55), station(0x51), first + i));
            if (tap != null) {
                arrived.addAll(read(tap));
            }
        }
        return first + count;
    }

    /** The numbers of all frames that wait. */
    private static List<Integer> read(TapReader tap) {
        var numbers = new ArrayList<Integer>();
        for (var frame = tap.read(); frame != null; frame = tap.read()) {
            if (hex(frame).startsWith(station(0x55) + station(0x51))) {
                numbers.add(ByteBuffer.wrap(frame).getInt(14));
            }
        }
        return numbers;
    }
}
