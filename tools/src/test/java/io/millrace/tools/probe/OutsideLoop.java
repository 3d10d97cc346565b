package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.numbered;
import static io.millrace.tools.probe.Bytes.station;

import io.millrace.dataplane.lab.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Somebody joins two ports outside of the switch, and a broadcast goes round. As a trial: {@code trial storm [SECONDS]}.
 */
final class OutsideLoop {
    private static final int RATE = 10_000;
    /** What the cap lets by in a second, and the burst it begins with. */
    private static final int CAP = 10_000;

    private static final int BURST = 40_000;

    private OutsideLoop() {}

    /**
     * What one run showed.
     *
     * @param lost of the stream between two other ports
     * @param flooded frames of the storm that a station at a third port heard
     * @param most that the cap allows: both looped ports' burst and rate
     * @param alarm what the switch said of the loop; empty: nothing
     * @param slowestAnswer of the API meanwhile, ms
     * @param quietAfter ms from the loop's end until no frame of it is heard any more
     */
    record Outcome(int sent, int lost, int flooded, int most, String alarm, long slowestAnswer, long quietAfter) {
        boolean passes() {
            return lost == 0 && flooded <= most && alarm.contains("s3") && alarm.contains("s4");
        }
    }

    public static void main(String[] arguments) throws Exception {
        int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10;
        var outcome = run(Files.createTempDirectory("millrace-trial"), seconds);
        System.out.println(outcome);
        boolean passes = outcome.passes() && outcome.slowestAnswer <= 1_000 && outcome.quietAfter <= 1_000;
        System.out.println(passes ? "PASS" : "FAIL");
        System.exit(passes ? 0 : 1);
    }

    static Outcome run(Path directory, int seconds) throws IOException, InterruptedException {
        try (var bridge = new RunningSwitch(directory, "interface", "{ driver: bridge }", 1500)) {
            var stream = new Stream(bridge.wire(1), station(0x51), bridge.wire(2), station(0x52), RATE).start();
            TimeUnit.MILLISECONDS.sleep(100);
            var probe = bridge.probe();
            probe.run("ip", "link", "add", "loop", "type", "bridge").ok();
            probe.run("ip", "link", "set", "p3", "master", "loop").ok();
            probe.run("ip", "link", "set", "p4", "master", "loop").ok();
            var fifth = Wire.open(bridge.probe().namespace(), "p2"); // a second pair of ears beside the stream's
            fifth.all(0);
            probe.run("ip", "link", "set", "loop", "up").ok();
            bridge.wire(1).send(numbered("ffffffffffff", station(0x61), 1));
            long slowest = 0;
            int flooded = 0;
            long begin = System.nanoTime();
            long end = begin + TimeUnit.SECONDS.toNanos(seconds);
            for (long next = begin; System.nanoTime() < end; ) {
                flooded += heard(fifth);
                if (System.nanoTime() > next) {
                    long asked = System.nanoTime();
                    bridge.api("/millrace/ports");
                    slowest = Math.max(slowest, System.nanoTime() - asked);
                    next += TimeUnit.MILLISECONDS.toNanos(250);
                }
            }
            int most = 2 * (BURST + CAP * (seconds + 1));
            probe.run("ip", "link", "set", "loop", "down").ok();
            long cut = System.nanoTime();
            long last = cut;
            while (System.nanoTime() - last < TimeUnit.MILLISECONDS.toNanos(500)) {
                if (heard(fifth) > 0) {
                    last = System.nanoTime();
                }
            }
            stream.stop();
            fifth.close();
            var alarms = bridge.api("/millrace/ports");
            var alarm = alarms.substring(alarms.indexOf("\"alarms\""));
            return new Outcome(
                    stream.sent(), stream.lost(), flooded, most, alarm, slowest / 1_000_000, (last - cut) / 1_000_000);
        }
    }

    /** How many frames of the storm have come. */
    private static int heard(Wire wire) {
        int heard = 0;
        for (var frame = wire.receive(); frame != null; frame = wire.receive()) {
            if (frame[0] == (byte) 0xFF) {
                heard++;
            }
        }
        return heard;
    }
}
