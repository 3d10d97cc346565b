package io.millrace.tools.probe;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * {@code millrace up} in a namespace of its own with ports s1 to s4, and the far ends of their cables in the hands of the
 * test: a switch as a black box.
 */
final class RunningSwitch implements AutoCloseable {
    static final int PORTS = 4;

    private static final String MARKER = Bytes.station(0xFFFD);

    private final Lab lab = Lab.open();
    private final Lab.Host dut = lab.bare("dut");
    private final Lab.Host probe = lab.bare("probe");
    private final List<Wire> wires = new ArrayList<>();
    private final Started started;
    private int markers;

    /** @param kind of attachment of every port */
    RunningSwitch(Path directory, String kind, String network, int mtu) throws IOException {
        this(directory, kind, network, mtu, dut -> {});
    }

    /** @param prepare done in the switch's namespace when all cables are there; may add a device s5 for one more port */
    RunningSwitch(Path directory, String kind, String network, int mtu, Consumer<Lab.Host> prepare) throws IOException {
        var services = new StringBuilder();
        for (int i = 1; i <= PORTS; i++) {
            Lab.cable(dut, "s" + i, probe, "p" + i, i == 1 ? mtu : 1500);
            wires.add(Wire.open(probe.namespace(), "p" + i));
            services.append(service(i, kind));
        }
        prepare.accept(dut);
        if (dut.run("ip", "link", "show", "s5").exit() == 0) {
            services.append(service(5, kind));
        }
        var topology = "networks:\n  lan: %s\nservices:\n%s".formatted(network, services);
        started = new Started(dut, directory, topology);
        awaitForwarding();
    }

    private static String service(int port, String kind) {
        return "  s%d: { networks: [ lan ], x-millrace: { attach: { %s: s%d } } }%n".formatted(port, kind, port);
    }

    private void awaitForwarding() throws IOException {
        for (int i = 0; i < 200 && started.isAlive(); i++) {
            wire(2).send(Bytes.numbered("ffffffffffff", Bytes.station(0xFFFF), i));
            if (!wire(1).all(100).isEmpty()) {
                quiet();
                return;
            }
        }
        var said = said();
        close();
        throw new AssertionError("millrace up does not forward:\n" + said);
    }

    /** The far end of port {@code n}'s cable, from 1. */
    Wire wire(int n) {
        return wires.get(n - 1);
    }

    /** Waits until nothing more arrives anywhere, and forgets it. */
    void quiet() {
        for (int i = 0; i < 2; i++) {
            wires.forEach(wire -> wire.all(20));
        }
    }

    /**
     * Sends frames on wire {@code from} and returns what then arrives at each wire, in their order. A broadcast behind
     * them tells when all that is to come has come, however slow the machine is today.
     */
    List<List<String>> send(int from, byte[]... frames) {
        for (var frame : frames) {
            wire(from).send(frame);
        }
        var marker = Bytes.numbered("ffffffffffff", MARKER, ++markers);
        wire(from).send(marker);
        var arrived = new ArrayList<List<String>>();
        for (int port = 1; port <= PORTS; port++) {
            arrived.add(port == from ? List.of() : until(Bytes.hex(marker), port));
        }
        arrived.set(from - 1, wire(from).all(10));
        return arrived;
    }

    private List<String> until(String marker, int port) {
        var frames = new ArrayList<String>();
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(10)) {
            var frame = wire(port).receive();
            if (frame == null) {
                Thread.yield();
            } else if (Bytes.hex(frame).equals(marker)) {
                return frames;
            } else {
                frames.add(Bytes.hex(frame));
            }
        }
        throw new AssertionError("a broadcast did not get to port " + port + " within 10 s\n" + said());
    }

    /** Lets the switch learn a station. */
    void learn(int port, String station) {
        send(port, Bytes.numbered("ffffffffffff", station, 0));
    }

    /** The namespace the switch runs in. */
    Lab.Host dut() {
        return dut;
    }

    /** The namespace where the far ends of its cables are. */
    Lab.Host probe() {
        return probe;
    }

    /** Takes the interface of a port away, cable and all. */
    void unplug(int port) {
        wire(port).close();
        dut.run("ip", "link", "delete", "s" + port).ok();
    }

    /** Makes the interface of a port anew: another device of the same name, with another address and this MTU. */
    void plugAgain(int port, int mtu) {
        Lab.cable(dut, "s" + port, probe, "p" + port, mtu);
        wires.set(port - 1, Wire.open(probe.namespace(), "p" + port));
    }

    /** Waits until a frame from one port arrives at another. */
    void awaitPath(int from, int to) {
        for (int i = 0; i < 500; i++) {
            var frame = Bytes.numbered("ffffffffffff", Bytes.station(0xFFFE), i);
            wire(from).send(frame);
            if (wire(to).all(20).contains(Bytes.hex(frame))) {
                return;
            }
        }
        throw new AssertionError("nothing gets from port " + from + " to port " + to + "\n" + said());
    }

    /** How many file descriptors the switch has open. */
    int descriptors() {
        var folder = Path.of("/proc/" + started.pid() + "/fd");
        return Objects.requireNonNull(folder.toFile().list()).length;
    }

    /** Seconds of processor time the switch has used, as the kernel counts them: in hundredths. */
    double cpuSeconds() throws IOException {
        var stat = Files.readString(Path.of("/proc/" + started.pid() + "/stat"));
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
    }

    /**
     * Frames for port {@code n} that did not get out, by the switch's own account: those the kernel refused, and those it
     * took and then had no room for at the other side.
     */
    long undelivered(int n) throws IOException {
        var port = Pattern.compile("\\{\"name\":\"s" + n + "\".*?\"us\":(\\d+).*?\"nic_unsent\":(\\d+)")
                .matcher(api("/millrace/ports"));
        if (!port.find()) {
            throw new AssertionError("no port s" + n + ": " + api("/millrace/ports"));
        }
        return Long.parseLong(port.group(1)) + Long.parseLong(port.group(2));
    }

    /** What the switch printed. */
    String said() {
        return started.said();
    }

    /** What the running switch answers to a GET. */
    String api(String path) throws IOException {
        return started.api(path);
    }

    @Override
    public void close() {
        try {
            started.close();
        } finally {
            wires.forEach(Wire::close);
            lab.close();
        }
    }
}
