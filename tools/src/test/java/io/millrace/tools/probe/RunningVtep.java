package io.millrace.tools.probe;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * {@code millrace up} in a namespace of its own with an underlay sU and ports s1, s2 and more; the far ends of all cables
 * are in the hands of the test. Network "lan", VNI 5, has s1, s2 and two peers: through it goes, behind what a test sends, a
 * marker, so that no test ever waits for nothing to come.
 */
final class RunningVtep implements AutoCloseable {
    static final String UNDERLAY = "sU";
    /** Where a marker goes in, and comes out. */
    private static final List<String> MARKED = List.of("s1", "s2", UNDERLAY);

    private static final int PEERS = 2;
    private static final int AT_ONCE = 1_000;
    private static final int PATIENCE_S = 60;
    private static final String MARK = "0200000fff";
    private static final Pattern DROPS =
            Pattern.compile("\"node\":\"([^\"]*)\",\"reason\":\"([^\"]*)\",\"sentence\":\"[^\"]*\",\"frames\":(\\d+)");

    private final Lab lab = Lab.open();
    private final Lab.Host dut = lab.bare("dut");
    private final Lab.Host probe = lab.bare("probe");
    private final Map<String, Wire> wires = new LinkedHashMap<>();
    private final Map<String, List<byte[]>> heard = new LinkedHashMap<>();
    private final List<String> strays = new ArrayList<>();
    private final boolean v6;
    private final Started started;
    private int markers;

    /** @param mtu of the underlay; the other cables take 9,000 bytes */
    RunningVtep(Path directory, String topology, boolean v6, int mtu, String... devices) throws IOException {
        this.v6 = v6;
        cable(UNDERLAY, mtu);
        for (var device : devices) {
            cable(device, 9000);
        }
        started = new Started(dut, directory, topology);
        awaitForwarding();
    }

    private void cable(String device, int mtu) {
        var far = "p" + device.substring(1);
        Lab.cable(dut, device, probe, far, mtu);
        wires.put(device, Wire.open(probe.namespace(), far));
        heard.put(device, new ArrayList<>());
    }

    /** What came out at each cable, in order. */
    record Arrived(Map<String, List<byte[]>> frames) {
        List<String> at(String device) {
            return frames.get(device).stream().map(Bytes::hex).toList();
        }

        /** What left by the underlay, read and judged. */
        List<Outer> packets() {
            return frames.get(UNDERLAY).stream().map(Outer::read).toList();
        }
    }

    private void awaitForwarding() {
        for (int i = 0; i < 25 * PATIENCE_S && started.isAlive(); i++) {
            wires.get("s2").send(Bytes.numbered("ffffffffffff", MARK + "02", ++markers));
            pause();
            pause();
            listen();
            if (!heard.get("s1").isEmpty() && heard.get(UNDERLAY).size() >= PEERS && started.answers()) {
                break;
            }
        }
        if (heard.get("s1").isEmpty() || !started.answers()) {
            var said = said();
            close();
            throw new AssertionError("millrace up does not forward:\n" + said);
        }
        settle();
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(20);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Lets all that is under way arrive; what nobody asked for is kept. */
    private void settle() {
        round("s2");
        round(UNDERLAY);
        wires.keySet()
                .forEach(device -> heard.get(device).stream()
                        .map(Bytes::hex)
                        .filter(frame -> !frame.contains(MARK))
                        .forEach(frame -> strays.add(device + ": " + frame)));
        heard.values().forEach(List::clear);
    }

    /** The far end of a cable, for who sends and listens by himself. */
    Wire wire(String device) {
        return wires.get(device);
    }

    /** What came before anything was sent, and is not our own. */
    List<String> strays() {
        return strays;
    }

    private void listen() {
        wires.forEach((device, wire) -> {
            var frames = heard.get(device);
            for (var frame = wire.receive(); frame != null; frame = wire.receive()) {
                frames.add(frame);
            }
        });
    }

    /** Sends frames on one cable, no more at once than any ring holds, and returns all that then comes out of any. */
    Arrived send(String from, byte[]... frames) {
        for (int i = 0; i < frames.length; i++) {
            if (i > 0 && i % AT_ONCE == 0) {
                round(from);
            }
            wires.get(from).send(frames[i]);
        }
        if (MARKED.contains(from)) {
            round(from);
            round(from.equals("s1") ? "s2" : "s1"); // one turn more, and now at the cable that it came from, too
        } else {
            MARKED.forEach(this::round);
        }
        var arrived = new LinkedHashMap<String, List<byte[]>>();
        heard.forEach((device, list) -> arrived.put(device, List.copyOf(list)));
        heard.values().forEach(List::clear);
        return new Arrived(arrived);
    }

    /** Sends a marker and waits until it has come out wherever it should; takes it out of what was heard. */
    private void round(String from) {
        var marker = Bytes.numbered("ffffffffffff", MARK + "0" + "U12".indexOf(from.charAt(1)), ++markers);
        wires.get(from).send(from.equals(UNDERLAY) ? Outer.packet(v6, marker, o -> {}) : marker);
        var hex = Bytes.hex(marker);
        long begin = System.nanoTime();
        for (var device : MARKED) {
            int wanted = device.equals(from) ? 0 : device.equals(UNDERLAY) ? PEERS : 1;
            while (count(device, hex) < wanted) {
                if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(PATIENCE_S)) {
                    throw new AssertionError("a broadcast from " + from + " did not get to " + device + "\n" + said());
                }
                listen();
                LockSupport.parkNanos(50_000);
            }
        }
        listen();
        heard.values()
                .forEach(frames -> frames.removeIf(frame -> Bytes.hex(frame).endsWith(hex)));
    }

    private long count(String device, String marker) {
        return heard.get(device).stream()
                .filter(frame -> Bytes.hex(frame).endsWith(marker))
                .count();
    }

    /** All that comes while nothing is sent. */
    List<String> silence(int millis) {
        var frames = new ArrayList<String>();
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(millis)) {
            listen();
            pause();
        }
        heard.forEach((device, list) -> list.forEach(frame -> frames.add(device + ": " + Bytes.hex(frame))));
        heard.values().forEach(List::clear);
        return frames;
    }

    /** Frames dropped until now, by "node REASON". */
    Map<String, Long> drops() throws IOException {
        var drops = new TreeMap<String, Long>();
        var found = DROPS.matcher(api("/millrace/drops"));
        while (found.find()) {
            drops.put(found.group(1) + " " + found.group(2), Long.parseLong(found.group(3)));
        }
        return drops;
    }

    /** The same, less what was dropped before. */
    Map<String, Long> dropsSince(Map<String, Long> before) throws IOException {
        var drops = drops();
        before.forEach((what, frames) -> drops.merge(what, -frames, Long::sum));
        drops.values().removeIf(frames -> frames == 0);
        return drops;
    }

    /** Whether the switch knows a station; {@code mac} is twelve digits. */
    boolean knows(String mac) throws IOException {
        return api("/millrace/fdb").contains(mac.replaceAll("..(?=.)", "$0:"));
    }

    String api(String path) throws IOException {
        return started.api(path);
    }

    String said() {
        return started.said();
    }

    @Override
    public void close() {
        try {
            started.close();
        } finally {
            wires.values().forEach(Wire::close);
            lab.close();
        }
    }
}
