package io.millrace.tools.interop;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Three Millraces, a, b and c, around a bridge of the kernel's that is their underlay and sends groups only to who joined
 * them. On the overlays {@code lan}, where each is a peer of both others, and {@code many}, which has a multicast group
 * instead, a station of the kernel's is behind each. On {@code raw}, with peers again, the test has the bare cables: a1, a2,
 * b1, c1.
 */
final class ThreeHosts implements AutoCloseable {
    static final String BROADCAST = "ffffffffffff";
    static final List<String> PORTS = List.of("a1", "a2", "b1", "c1");

    private static final List<String> HOSTS = List.of("a", "b", "c");
    private static final int PATIENCE_S = 20;

    private final Lab lab = Lab.open();
    private final Map<String, Site> sites = new LinkedHashMap<>();
    private final Map<String, Wire> wires = new LinkedHashMap<>();
    private int number;

    ThreeHosts(Path directory) {
        try {
            var net = lab.bare("net");
            Links.ip(net, "link add name hub type bridge mcast_snooping 1 mcast_querier 1 forward_delay 0");
            Links.ip(net, "link set hub up");
            HOSTS.forEach(name -> sites.put(name, cabled(new Site(lab, directory, name), net, name)));
            PORTS.forEach(port -> wires.put(port, site(port.substring(0, 1)).wire(port)));
            sites.forEach(ThreeHosts::up);
            awaitAll();
        } catch (AssertionError e) {
            close();
            throw e;
        }
    }

    private static Site cabled(Site site, Lab.Host net, String name) {
        Lab.cable(site.host(), "u", net, "to" + name, 1500);
        Links.ip(net, "link set to" + name + " master hub");
        int n = HOSTS.indexOf(name) + 1;
        site.station("lan", 1450, "10.1.0." + n + "/24", "fd00:1::" + n + "/64");
        site.station("many", 1450, "10.2.0." + n + "/24", "fd00:2::" + n + "/64");
        return site;
    }

    private static void up(String name, Site site) {
        int self = HOSTS.indexOf(name) + 1;
        var others = new ArrayList<String>();
        for (int n = 1; n <= HOSTS.size(); n++) {
            if (n != self) {
                others.add("192.0.2." + n);
            }
        }
        var ports = PORTS.stream().filter(port -> port.startsWith(name)).toList();
        site.up(
                "interface: u, address: 192.0.2." + self + "/24",
                List.of(
                        new Overlay("lan", 1, "peers: " + others),
                        new Overlay("many", 2, "group: 239.1.1.2, open: true"),
                        new Overlay("raw", 3, "peers: " + others, ports)));
    }

    /** Those next hops are asked for with the first frames: until all answer, copies may be missing. */
    private void awaitAll() {
        for (var from : PORTS) {
            awaitPaths(from, others(from));
        }
    }

    /** Sends broadcasts until one is at all these ports. */
    void awaitPaths(String from, List<String> to) {
        long begin = System.nanoTime();
        for (int had = 0; had < to.size(); ) {
            var frame = frame(BROADCAST, station(from));
            wire(from).send(frame);
            had = 0;
            for (var port : to) {
                had += wire(port).all(30).contains(hex(frame)) ? 1 : 0;
            }
            if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(PATIENCE_S)) {
                throw new AssertionError("a broadcast from " + from + " does not get to all of " + to + "\n" + story());
            }
        }
        quiet();
    }

    Site site(String name) {
        var site = sites.get(name);
        assert site != null;
        return site;
    }

    Wire wire(String port) {
        var wire = wires.get(port);
        assert wire != null;
        return wire;
    }

    /** Traffic on {@code lan} (1) or {@code many} (2) from one host's station to another's. */
    Traffic traffic(int overlay, String from, String to) {
        return new Traffic(
                site(from).stations(), site(to).stations(), "10.%d.0.%d".formatted(overlay, HOSTS.indexOf(to) + 1));
    }

    static List<String> others(String port) {
        return PORTS.stream().filter(other -> !other.equals(port)).toList();
    }

    /** The address of the station that lives at a port. */
    static String station(String port) {
        return "0200000000%02x".formatted(PORTS.indexOf(port));
    }

    /** A frame like no other. */
    byte[] frame(String destination, String source) {
        return HexFormat.of().parseHex(destination + source + "88b5%08x".formatted(++number) + "00".repeat(42));
    }

    static String hex(byte[] frame) {
        return HexFormat.of().formatHex(frame);
    }

    /** Sends a frame; tells how many copies arrived at each port. */
    Map<String, Integer> send(String from, String destination, String source) {
        return send(from, destination, source, others(from));
    }

    /**
     * Sends a frame, and a broadcast behind it that tells when all that is to come has come, however slow the machine is
     * today.
     *
     * @param alive where that broadcast arrives
     */
    Map<String, Integer> send(String from, String destination, String source, List<String> alive) {
        var frame = frame(destination, source);
        var marker = frame(BROADCAST, station(from));
        wire(from).send(frame);
        wire(from).send(marker);
        var counts = new TreeMap<String, Integer>();
        for (var port : alive) {
            count(counts, port, hex(frame), until(hex(marker), port));
        }
        count(counts, from, hex(frame), wire(from).all(1));
        return counts;
    }

    private static void count(Map<String, Integer> counts, String port, String frame, List<String> arrived) {
        for (var each : arrived) {
            counts.merge(each.equals(frame) ? port : port + " " + each, 1, Integer::sum);
        }
    }

    private List<String> until(String marker, String port) {
        var frames = new ArrayList<String>();
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(PATIENCE_S)) {
            var frame = wire(port).receive();
            if (frame == null) {
                Thread.yield();
            } else if (hex(frame).equals(marker)) {
                return frames;
            } else {
                frames.add(hex(frame));
            }
        }
        throw new AssertionError("a broadcast did not get to " + port + "\n" + story());
    }

    /** Waits until nothing more arrives anywhere, and forgets it. */
    void quiet() {
        wires.values().forEach(wire -> wire.all(20));
    }

    /** What the three have said, and dropped. */
    String story() {
        var story = new StringBuilder();
        sites.forEach((name, site) ->
                story.append(name).append(": ").append(site.story()).append('\n'));
        return story.toString();
    }

    @Override
    public void close() {
        wires.values().forEach(Wire::close);
        try {
            sites.values().forEach(Site::close);
        } finally {
            lab.close();
        }
    }
}
