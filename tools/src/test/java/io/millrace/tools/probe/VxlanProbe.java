package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.hex;
import static io.millrace.tools.probe.Bytes.numbered;
import static io.millrace.tools.probe.Bytes.station;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.tools.probe.RunningVtep.Arrived;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What all probes of a tunnel endpoint have in common: one endpoint, stations nobody met before, and words for what is seen. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class VxlanProbe {
    static final String BROADCAST = "ffffffffffff";
    static final String UNDERLAY = RunningVtep.UNDERLAY;
    static final Consumer<Outer> AS_IT_IS = outer -> {};

    /** Addresses are never used twice, so that no test depends on what another one taught. */
    private int lastStation = 0x100;

    RunningVtep vtep;

    abstract RunningVtep start(Path directory) throws IOException;

    @BeforeAll
    void up(@TempDir Path directory) throws IOException {
        vtep = start(directory);
    }

    @AfterAll
    void down() {
        if (vtep != null) {
            vtep.close();
        }
    }

    boolean v6() {
        return false;
    }

    /** The address of a host on the underlay, by its last number. */
    String host(int n) {
        return v6() ? "fd00:9::" + n : "10.9.0." + n;
    }

    String stranger() {
        return station(lastStation++);
    }

    /** A broadcast of somebody nobody knows. */
    byte[] anyFrame() {
        return numbered(BROADCAST, stranger(), lastStation);
    }

    /** A packet from the first peer. */
    byte[] packet(byte[] inner, Consumer<Outer> edit) {
        return Outer.packet(v6(), inner, edit);
    }

    /** Lets the switch meet a station at one of its own ports. */
    void learn(String port, String mac) {
        vtep.send(port, numbered(BROADCAST, mac, 0));
    }

    /** Lets the switch meet a station at another host. */
    void learnAt(int host, String mac) {
        vtep.send(UNDERLAY, packet(numbered(BROADCAST, mac, 0), o -> o.source = host(host)));
    }

    /** These packets get in: their frames come out at these ports as they are, in their order, and nothing anywhere else. */
    void delivered(List<byte[]> inners, List<byte[]> packets, String... ports) throws IOException {
        var before = vtep.drops();
        var arrived = vtep.send(UNDERLAY, packets.toArray(byte[][]::new));
        comesOut(arrived, inners, ports);
        assertThat(vtep.dropsSince(before)).isEmpty();
    }

    /** The same for one packet with a broadcast in it. */
    void delivered(Consumer<Outer> edit) throws IOException {
        var inner = anyFrame();
        delivered(List.of(inner), List.of(packet(inner, edit)), "s1", "s2");
    }

    static void comesOut(Arrived arrived, List<byte[]> frames, String... ports) {
        var expected = frames.stream().map(Bytes::hex).toList();
        arrived.frames()
                .keySet()
                .forEach(device -> assertThat(arrived.at(device))
                        .as("at %s", device)
                        .isEqualTo(List.of(ports).contains(device) ? expected : List.of()));
    }

    /** None of these comes out anywhere, each is counted once under this name and no other, and none teaches anything. */
    void refused(String name, byte[]... packets) throws IOException {
        refused(UNDERLAY, Map.of(name, (long) packets.length), packets);
    }

    void refused(String from, Map<String, Long> drops, byte[]... packets) throws IOException {
        var before = vtep.drops();
        comesOut(vtep.send(from, packets), List.of());
        assertThat(vtep.dropsSince(before)).isEqualTo(new TreeMap<>(drops));
    }

    /** The same for one packet with a frame of a stranger in it, whom nobody knows afterwards. */
    void refused(String name, Consumer<Outer> edit) throws IOException {
        var mac = stranger();
        refused(name, packet(numbered(BROADCAST, mac, 1), edit));
        assertThat(vtep.knows(mac)).as("%s is known", mac).isFalse();
    }

    /** Two hosts get one copy each, as it is, and nobody else anything. */
    void goesToBothHosts(Arrived arrived, byte[] frame) {
        var packets = arrived.packets();
        assertThat(packets.stream().map(o -> o.destination).toList()).containsExactlyInAnyOrder(address(2), address(3));
        packets.forEach(o -> assertThat(o.innerHex()).isEqualTo(hex(frame)));
    }

    /** As Java writes it. */
    String address(int host) {
        return v6() ? "fd00:9:0:0:0:0:0:" + host : host(host);
    }

    /** The only packet that left. */
    static Outer only(Arrived arrived) {
        assertThat(arrived.packets()).hasSize(1);
        return arrived.packets().getFirst();
    }
}
