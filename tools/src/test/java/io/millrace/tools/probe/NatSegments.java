package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

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

/**
 * An inside and an outside segment, each one cable in the hands of the test, and between them what translates addresses.
 * Behind everything that is sent a marker goes out, and its answer in, so that no test waits for nothing to come.
 */
final class NatSegments implements AutoCloseable {
    static final String INSIDE = "inside";
    static final String OUTSIDE = "outside";
    static final String GATEWAY = "10.1.0.1";
    static final String SERVICE = "10.1.0.2";
    static final String ADDRESS = "192.0.2.1";
    static final int PUBLISHED = 8080;
    static final int INSIDE_MTU = 1500;
    static final int OUTSIDE_MTU = 1400;
    static final String INSIDE_MAC = "02000a010001";
    static final String OUTSIDE_MAC = "0200c0000201";

    private static final int HOSTS = 120;
    private static final int MARKERS = HOSTS + 1;
    private static final int AT_ONCE = 500;
    private static final int PATIENCE_S = 60;

    private final Lab lab = Lab.open();
    private final Lab.Host dut = lab.bare("dut");
    private final Lab.Host probe = lab.bare("probe");
    private final NatDevice device;
    private final Wire inside;
    private final Wire outside;
    private final List<byte[]> heardInside = new ArrayList<>();
    private final List<byte[]> heardOutside = new ArrayList<>();
    private final List<String> strays = new ArrayList<>();
    private int markers;
    private int lastPort = 20_000;
    private int lastInsider = 2;
    private int lastOutsider = 1;

    NatSegments(NatDevice device, Path directory) throws IOException {
        this.device = device;
        inside = cable(INSIDE, INSIDE_MTU, INSIDE_MAC);
        outside = cable(OUTSIDE, OUTSIDE_MTU, OUTSIDE_MAC);
        device.start(dut, directory);
        awaitForwarding();
    }

    private Wire cable(String name, int mtu, String mac) {
        var far = "far" + name;
        Lab.cable(dut, name, probe, far, mtu);
        dut.run("ip", "link", "set", name, "address", colons(mac)).ok();
        return Wire.open(probe.namespace(), far);
    }

    private static String colons(String mac) {
        return mac.replaceAll("..(?=.)", "$0:");
    }

    /** Every host of both segments, with its MAC address. */
    static Map<String, String> neighbors() {
        var all = new LinkedHashMap<String, String>();
        for (int i = 2; i <= MARKERS; i++) {
            all.put("10.1.0." + i, colons(mac("10.1.0." + i)));
            all.put("192.0.2." + i, colons(mac("192.0.2." + i)));
        }
        return all;
    }

    private static String mac(String address) {
        return "0200" + Bytes.hex(Packet.address(address));
    }

    /** Who says that he is the device itself does not have its MAC address, too. */
    private static String sender(Packet packet) {
        boolean spoofs = packet.source.equals(ADDRESS) || packet.source.equals(GATEWAY);
        return spoofs ? "02000000000f" : mac(packet.source);
    }

    /** A host of the inside segment that no test has used lately. */
    String insider() {
        lastInsider = lastInsider == HOSTS ? 3 : lastInsider + 1;
        return "10.1.0." + lastInsider;
    }

    /** A host of the outside segment. */
    String outsider() {
        lastOutsider = lastOutsider == HOSTS ? 2 : lastOutsider + 1;
        return "192.0.2." + lastOutsider;
    }

    /** A UDP or TCP port or identifier that no test has used; even. */
    int port() {
        return lastPort += 2;
    }

    /** What came out at both sides, in order. */
    record Seen(List<Packet> inside, List<Packet> outside) {
        /** The one packet that came out, on the inside segment; its checksum is right. */
        Packet onlyInside() {
            assertThat(outside).as("on the outside segment").isEmpty();
            return only(inside);
        }

        Packet onlyOutside() {
            assertThat(inside).as("on the inside segment").isEmpty();
            return only(outside);
        }

        private static Packet only(List<Packet> packets) {
            assertThat(packets).hasSize(1);
            assertThat(packets.getFirst().isRight())
                    .as("checksum of %s", packets.getFirst())
                    .isTrue();
            return packets.getFirst();
        }

        void nothing() {
            assertThat(inside).as("on the inside segment").isEmpty();
            assertThat(outside).as("on the outside segment").isEmpty();
        }
    }

    /** Sends packets from the inside segment, and returns all that then comes out anywhere. */
    Seen fromInside(List<Packet> packets) {
        return send(inside, INSIDE_MAC, packets);
    }

    Seen fromInside(Packet... packets) {
        return fromInside(List.of(packets));
    }

    Seen fromOutside(List<Packet> packets) {
        return send(outside, OUTSIDE_MAC, packets);
    }

    Seen fromOutside(Packet... packets) {
        return fromOutside(List.of(packets));
    }

    private Seen send(Wire wire, String to, List<Packet> packets) {
        int waiting = 0;
        for (var packet : packets) {
            wire.send(packet.frame(to, sender(packet)));
            if (++waiting % AT_ONCE == 0) {
                round();
            }
        }
        round();
        round(); // what went another way through the device than the first marker has come, too
        return seen();
    }

    private Seen seen() {
        var seen = new Seen(read(heardInside, INSIDE_MAC), read(heardOutside, OUTSIDE_MAC));
        assertThat(strays).as("what nobody asked for").isEmpty();
        return seen;
    }

    private List<Packet> read(List<byte[]> frames, String from) {
        var packets = new ArrayList<Packet>();
        for (var frame : frames) {
            if (isIp(frame)) {
                var packet = Packet.read(frame);
                assertThat(packet.sourceMac).as("MAC source of %s", packet).isEqualTo(from);
                assertThat(packet.destinationMac)
                        .as("MAC destination of %s", packet)
                        .isEqualTo(mac(packet.destination));
                packets.add(packet);
            } else {
                strays.add(Bytes.hex(frame));
            }
        }
        frames.clear();
        return packets;
    }

    private static boolean isIp(byte[] frame) {
        return frame[12] == 8 && frame[13] == 0;
    }

    /** A marker goes out, its answer comes in. */
    private void round() {
        var out = Packet.udp("10.1.0." + MARKERS, 9, "192.0.2." + MARKERS, 9, Packet.text("marker " + ++markers));
        inside.send(out.frame(INSIDE_MAC, mac(out.source)));
        var sent = await(heardOutside, out.data());
        var answer = Packet.udp(
                sent.destination, sent.to(), sent.source, sent.from(), Packet.text("marker " + ++markers + " back"));
        outside.send(answer.frame(OUTSIDE_MAC, mac(answer.source)));
        await(heardInside, answer.data());
    }

    private Packet await(List<byte[]> heard, String marker) {
        long begin = System.nanoTime();
        int looked = 0;
        while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(PATIENCE_S)) {
            listen();
            for (; looked < heard.size(); looked++) {
                if (Bytes.hex(heard.get(looked)).contains(marker)) {
                    return Packet.read(heard.remove(looked));
                }
            }
            LockSupport.parkNanos(20_000);
        }
        throw new AssertionError("a marker did not get through\n" + device.said());
    }

    private void listen() {
        take(inside, heardInside);
        take(outside, heardOutside);
    }

    private static void take(Wire wire, List<byte[]> heard) {
        for (var frame = wire.receive(); frame != null; frame = wire.receive()) {
            heard.add(frame);
        }
    }

    private void awaitForwarding() {
        var first = Packet.udp("10.1.0." + MARKERS, 9, "192.0.2." + MARKERS, 9, Packet.text("marker first"));
        for (int i = 0; i < 25 * PATIENCE_S && heardOutside.isEmpty(); i++) {
            inside.send(first.frame(INSIDE_MAC, mac(first.source)));
            pause();
            listen();
        }
        if (heardOutside.isEmpty()) {
            var said = device.said();
            close();
            throw new AssertionError("nothing gets through:\n" + said);
        }
        round();
        round();
        heardOutside.removeIf(frame -> Bytes.hex(frame).contains(first.data()));
        heardInside.forEach(frame -> strays.add(Bytes.hex(frame)));
        heardOutside.forEach(frame -> strays.add(Bytes.hex(frame)));
        heardInside.clear();
        heardOutside.clear();
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(40);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** All that comes out while nothing is sent. */
    Seen silence(int millis) {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(millis)) {
            listen();
            pause();
        }
        return seen();
    }

    /** None of these gets through or is answered; each is counted once under this name ("node REASON") and no other. */
    void refusedFromOutside(String name, Packet... packets) throws IOException {
        var before = device.drops();
        fromOutside(packets).nothing();
        counted(before, Map.of(name, (long) packets.length));
    }

    void refusedFromInside(String name, Packet... packets) throws IOException {
        var before = device.drops();
        fromInside(packets).nothing();
        counted(before, Map.of(name, (long) packets.length));
    }

    Map<String, Long> drops() throws IOException {
        return device.drops();
    }

    /** What was dropped since, if the device counts. */
    void counted(Map<String, Long> before, Map<String, Long> expected) throws IOException {
        if (before != null) {
            var now = new TreeMap<>(device.drops());
            before.forEach((name, count) -> now.merge(name, -count, Long::sum));
            now.values().removeIf(count -> count == 0);
            assertThat(now).isEqualTo(new TreeMap<>(expected));
        }
    }

    /**
     * Sends one UDP datagram out and returns the port that it left by, of {@link #ADDRESS}; all else must be as it was.
     */
    int mapped(String host, int port, String peer, int peerPort) {
        var sent = Packet.udp(host, port, peer, peerPort);
        var seen = fromInside(sent).onlyOutside();
        assertThat(seen.source).isEqualTo(ADDRESS);
        assertThat(seen.destination + ":" + seen.to()).isEqualTo(peer + ":" + peerPort);
        assertThat(seen.data()).isEqualTo(sent.data());
        return seen.from();
    }

    @Override
    public void close() {
        try {
            device.close();
        } finally {
            inside.close();
            outside.close();
            lab.close();
        }
    }
}
