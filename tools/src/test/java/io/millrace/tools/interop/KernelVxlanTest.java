package io.millrace.tools.interop;

import io.millrace.dataplane.lab.Lab;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Millrace and the kernel's vxlan device take each other for one of theirs. One Millrace, many overlays at once, each
 * set up in another way; behind each a station, and in the other host a vxlan device with an address.
 */
class KernelVxlanTest {
    /**
     * One overlay, both its ends.
     *
     * @param millrace what stands under {@code vtep}; PEERS stands for the other host
     * @param kernel what ip(8) is told, beside what is the same for all
     */
    private record Case(String name, int vni, String millrace, String kernel) {
        boolean isMulticast() {
            return kernel.contains("group");
        }
    }

    private static final List<Case> V4 = List.of(
            new Case("plain", 5, "PEERS", "dstport 4789 noudpcsum"),
            new Case("full", 6, "PEERS, checksum: full", "dstport 4789 udpcsum"),
            new Case("lefthand", 7, "PEERS, checksum: full", "dstport 4789 noudpcsum"),
            new Case("right", 16_777_215, "PEERS, checksum: zero", "dstport 4789 udpcsum"),
            new Case("otsport", 8, "PEERS, port: 8472", "dstport 8472 noudpcsum"),
            new Case("ofull", 0, "PEERS, port: 8472, checksum: full", "dstport 8472 udpcsum"),
            new Case("unlearn", 9, "PEERS, learning: false", "dstport 4789 nolearning"),
            new Case("group", 10, "group: 239.1.1.10, open: true", "dstport 4789 group 239.1.1.10"),
            new Case("known", 11, "PEERS, group: 239.1.1.11", "dstport 4789 group 239.1.1.11"));

    /** The kernel takes datagrams without a checksum at all of a UDP port or at none: hence another one. */
    private static final List<Case> V6 = List.of(
            new Case("plain", 5, "PEERS", "dstport 4789"),
            new Case("zero", 6, "PEERS, port: 4790, checksum: zero", "dstport 4790 udp6zerocsumtx udp6zerocsumrx"),
            new Case("lefthand", 7, "PEERS, port: 4790, checksum: full", "dstport 4790 udp6zerocsumrx"),
            new Case("right", 16_777_215, "PEERS, port: 4790, checksum: zero", "dstport 4790 udp6zerocsumrx"),
            new Case("otsport", 8, "PEERS, port: 8472", "dstport 8472"),
            new Case("unlearn", 9, "PEERS, learning: false", "dstport 4789 nolearning"),
            new Case("group", 10, "group: \"ff05::10\", open: true", "dstport 4789 group ff05::10"));

    @TempDir
    private Path directory;

    /** How Millrace gets to the other host. */
    private enum Way {
        /** An interface of its own; both know the other's Ethernet address beforehand. */
        TOLD,
        /** The same, and both ask. */
        ASKED,
        /** Ordinary sockets, and the kernel's own address. */
        SOCKET
    }

    @Test
    void overIpv4() {
        run("192.0.2.1", "192.0.2.2", "/24", 1500, Way.TOLD, V4);
    }

    @Test
    void overIpv4WithJumboFramesAndNeighborsThatAreAsked() {
        run("192.0.2.1", "192.0.2.2", "/24", 9000, Way.ASKED, V4.subList(0, 2));
    }

    @Test
    void overSocketsAndIpv4() {
        run("192.0.2.1", "192.0.2.2", "/24", 1500, Way.SOCKET, V4.subList(1, 5));
    }

    @Test
    void overIpv6() {
        run("2001:db8::1", "2001:db8::2", "/64", 1500, Way.TOLD, V6);
    }

    @Test
    void overIpv6WithJumboFramesAndNeighborsThatAreAsked() {
        run("2001:db8::1", "2001:db8::2", "/64", 9000, Way.ASKED, V6.subList(0, 2));
    }

    @Test
    void overSocketsAndIpv6WithJumboFrames() {
        run("2001:db8::1", "2001:db8::2", "/64", 9000, Way.SOCKET, V6.subList(0, 2));
    }

    private void run(String ours, String theirs, String prefix, int mtu, Way way, List<Case> cases) {
        Traffic.assumeTools();
        int inner = mtu - (ours.contains(":") ? 70 : 50);
        try (var lab = Lab.open();
                var site = new Site(lab, directory, "a")) {
            var kernel = lab.bare("k");
            Lab.cable(site.host(), "u", kernel, "u", mtu);
            Links.address(kernel, "u", theirs + prefix);
            var underlay = underlay(way, site, kernel, ours, theirs, prefix);
            var overlays = new ArrayList<Overlay>();
            for (var each : cases) {
                var overlay = overlay(each, theirs);
                overlays.add(overlay);
                int n = overlays.size();
                site.station(each.name, inner, "10.%d.0.1/24".formatted(n), "fd00:%d::1/64".formatted(n));
                vxlan(kernel, each, ours, theirs, Links.mac(site.stations(), "v" + each.name()));
                Links.address(kernel, "x" + each.name(), "10.%d.0.2/24".formatted(n), "fd00:%d::2/64".formatted(n));
            }
            site.up(underlay, overlays);
            try {
                new Traffic(kernel, site.stations(), "fd00:1::1").all(inner);
                for (int n = 1; n <= cases.size(); n++) {
                    there(site, kernel, n, inner);
                    back(site, kernel, n, inner);
                }
                for (var each : cases) {
                    Links.withoutOffloads(site.stations(), "v" + each.name);
                    Links.withoutOffloads(kernel, "x" + each.name);
                }
                Links.withoutOffloads(kernel, "u");
                for (int n = 1; n <= cases.size(); n++) {
                    there(site, kernel, n, inner);
                }
                new Traffic(kernel, site.stations(), "10.1.0.1").all(inner);
            } catch (AssertionError e) {
                throw new AssertionError(e.getMessage() + "\n" + site.story(), e);
            }
        }
    }

    /** What stands under {@code underlay}; makes the kernel's share ready. */
    private static String underlay(Way way, Site site, Lab.Host kernel, String ours, String theirs, String prefix) {
        if (way == Way.SOCKET) {
            Links.address(site.host(), "u", ours + prefix);
            return "socket: \"" + ours + "\"";
        }
        var underlay = "interface: u, address: \"" + ours + prefix + "\"";
        if (way == Way.ASKED) {
            return underlay;
        }
        Links.neighbor(kernel, "u", ours, Links.mac(site.host(), "u"));
        return underlay + ", neighbors: { \"%s\": \"%s\" }".formatted(theirs, Links.mac(kernel, "u"));
    }

    private static Overlay overlay(Case each, String theirs) {
        return new Overlay(each.name, each.vni, each.millrace.replace("PEERS", "peers: [ \"" + theirs + "\" ]"));
    }

    private static void vxlan(Lab.Host kernel, Case each, String ours, String theirs, String station) {
        var device = "x" + each.name;
        Links.ip(
                kernel,
                "link add %s type vxlan id %d local %s dev u %s".formatted(device, each.vni, theirs, each.kernel));
        Links.ip(kernel, "link set " + device + " up");
        if (!each.isMulticast()) {
            Links.run(kernel, "bridge fdb append 00:00:00:00:00:00 dev %s dst %s".formatted(device, ours));
        }
        if (each.kernel.contains("nolearning")) {
            Links.run(kernel, "bridge fdb append %s dev %s dst %s".formatted(station, device, ours));
        }
    }

    private static void there(Site site, Lab.Host kernel, int n, int mtu) {
        new Traffic(site.stations(), kernel, "10.%d.0.2".formatted(n)).brief(mtu);
    }

    private static void back(Site site, Lab.Host kernel, int n, int mtu) {
        new Traffic(kernel, site.stations(), "fd00:%d::1".formatted(n)).brief(mtu);
    }
}
