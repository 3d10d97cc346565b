package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.station;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Interfaces go down, vanish and come back, again and again, while the other ports carry traffic. As a trial:
 * {@code trial interfaces [CYCLES] [KIND]}.
 */
final class InterfaceFaults {
    private static final int RATE = 50_000;
    /** Lines an event may be worth in the log. */
    private static final int TALK = 10;

    private InterfaceFaults() {}

    /** What one run showed. */
    record Outcome(
            int sent, int lost, int doubled, int overtaken, int descriptorsMore, int linesPerEvent, List<String> late) {
        boolean passes() {
            return lost == 0 && doubled == 0 && overtaken == 0 && descriptorsMore == 0 && linesPerEvent <= TALK;
        }
    }

    public static void main(String[] arguments) throws Exception {
        int cycles = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
        var kind = arguments.length > 1 ? arguments[1] : "interface";
        var directory = Files.createTempDirectory("millrace-trial");
        var outcome = run(directory, kind, cycles);
        System.out.println(cycles + " cycles on " + kind + " ports: " + outcome);
        boolean passes = outcome.passes() && outcome.late.isEmpty();
        System.out.println(passes ? "PASS" : "FAIL");
        System.exit(passes ? 0 : 1);
    }

    static Outcome run(Path directory, String kind, int cycles) throws IOException, InterruptedException {
        try (var bridge = new RunningSwitch(directory, kind, "{ driver: bridge }", 1500)) {
            cycle(bridge, 0, new ArrayList<>()); // what is loaded and opened once, is by now
            int descriptors = bridge.descriptors();
            long lines = bridge.said().lines().count();
            var late = new ArrayList<String>();
            var stream = new Stream(bridge.wire(1), station(0x51), bridge.wire(2), station(0x52), RATE).start();
            for (int i = 1; i <= cycles; i++) {
                cycle(bridge, i, late);
            }
            stream.stop();
            int events = 4 * cycles;
            long said = bridge.said().lines().count() - lines;
            return new Outcome(
                    stream.sent(),
                    stream.lost(),
                    stream.doubled(),
                    stream.overtaken(),
                    Math.max(0, bridge.descriptors() - descriptors),
                    (int) ((said + events - 1) / events),
                    late);
        }
    }

    /** Down, up, deleted, made anew with another MTU; each time the port is back within two seconds. */
    private static void cycle(RunningSwitch bridge, int number, List<String> late) throws InterruptedException {
        bridge.dut().run("ip", "link", "set", "s4", "down").ok();
        TimeUnit.MILLISECONDS.sleep(50);
        bridge.dut().run("ip", "link", "set", "s4", "up").ok();
        back(bridge, "up again, cycle " + number, late);
        bridge.unplug(4);
        TimeUnit.MILLISECONDS.sleep(50);
        bridge.plugAgain(4, number % 2 == 0 ? 1500 : 9000);
        back(bridge, "made again, cycle " + number, late);
    }

    private static void back(RunningSwitch bridge, String what, List<String> late) {
        long begin = System.nanoTime();
        bridge.awaitPath(4, 3);
        bridge.awaitPath(3, 4);
        long took = System.nanoTime() - begin;
        if (took > TimeUnit.SECONDS.toNanos(2)) {
            late.add(what + ": " + took / 1_000_000 + " ms");
        }
    }
}
