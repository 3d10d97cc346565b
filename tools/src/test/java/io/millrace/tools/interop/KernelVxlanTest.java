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
     * @param millrace what stands under {@code vtep}, beside the peers
     * @param kernel what ip(8) is told, beside what is the same for all; also {@code learning} and {@code dstport}
     */
    private record Case(String name, int vni, String millrace, String kernel) {}

    private static final List<Case> V4 = List.of(
            new Case("plain", 5, "", "dstport 4789 noudpcsum"),
            new Case("full", 6, "checksum: full", "dstport 4789 udpcsum"),
            new Case("lefthand", 7, "checksum: full", "dstport 4789 noudpcsum"),
            new Case("right", 16_777_215, "checksum: zero", "dstport 4789 udpcsum"),
            new Case("otsport", 8, "port: 8472", "dstport 8472 noudpcsum"),
            new Case("ofull", 0, "port: 8472, checksum: full", "dstport 8472 udpcsum"),
            new Case("unlearn", 9, "learning: false", "dstport 4789 nolearning"));

    /** The kernel takes datagrams without a checksum at all of a UDP port or at none: hence another one. */
    private static final List<Case> V6 = List.of(
            new Case("plain", 5, "", "dstport 4789"),
            new Case("zero", 6, "port: 4790, checksum: zero", "dstport 4790 udp6zerocsumtx udp6zerocsumrx"),
            new Case("lefthand", 7, "port: 4790, checksum: full", "dstport 4790 udp6zerocsumrx"),
            new Case("right", 16_777_215, "port: 4790, checksum: zero", "dstport 4790 udp6zerocsumrx"),
            new Case("otsport", 8, "port: 8472", "dstport 8472"),
            new Case("unlearn", 9, "learning: false", "dstport 4789 nolearning"));

    @TempDir
    private Path directory;

    @Test
    void overIpv4() {
        run("192.0.2.1", "192.0.2.2", "/24", 1500, V4);
    }

    @Test
    void overIpv4WithJumboFrames() {
        run("192.0.2.1", "192.0.2.2", "/24", 9000, V4.subList(0, 2));
    }

    @Test
    void overIpv6() {
        run("2001:db8::1", "2001:db8::2", "/64", 1500, V6);
    }

    @Test
    void overIpv6WithJumboFrames() {
        run("2001:db8::1", "2001:db8::2", "/64", 9000, V6.subList(0, 2));
    }

    private void run(String ours, String theirs, String prefix, int mtu, List<Case> cases) {
        Traffic.assumeTools();
        int inner = mtu - (ours.contains(":") ? 70 : 50);
        try (var lab = Lab.open();
                var site = new Site(lab, directory, "a")) {
            var kernel = lab.bare("k");
            Lab.cable(site.host(), "u", kernel, "u", mtu);
            Links.address(kernel, "u", theirs + prefix);
            Links.neighbor(kernel, "u", ours, Links.mac(site.host(), "u"));
            var overlays = new ArrayList<Overlay>();
            for (var each : cases) {
                var overlay = overlay(each, theirs);
                overlays.add(overlay);
                int n = overlays.size();
                site.station(overlay, inner, "10.%d.0.1/24".formatted(n), "fd00:%d::1/64".formatted(n));
                vxlan(kernel, each, ours, theirs, Links.mac(site.stations(), "v" + each.name()));
                Links.address(kernel, "x" + each.name(), "10.%d.0.2/24".formatted(n), "fd00:%d::2/64".formatted(n));
            }
            var neighbors = "address: \"%s%s\", neighbors: { \"%s\": \"%s\" }"
                    .formatted(ours, prefix, theirs, Links.mac(kernel, "u"));
            site.up(neighbors, overlays);
            try {
                new Traffic(kernel, site.stations(), "fd00:1::1").all(inner);
                traffic(site, kernel, overlays, inner);
                for (var overlay : overlays) {
                    Links.withoutOffloads(site.stations(), "v" + overlay.name());
                    Links.withoutOffloads(kernel, "x" + overlay.name());
                }
                Links.withoutOffloads(kernel, "u");
                traffic(site, kernel, overlays, inner);
                new Traffic(site.stations(), kernel, "10.1.0.2").all(inner);
            } catch (AssertionError e) {
                throw new AssertionError(e.getMessage() + "\n" + site.story(), e);
            }
        }
    }

    private static Overlay overlay(Case each, String theirs) {
        var vtep = "peers: [ \"" + theirs + "\" ]" + (each.millrace.isEmpty() ? "" : ", " + each.millrace);
        return new Overlay(each.name, each.vni, vtep);
    }

    private static void vxlan(Lab.Host kernel, Case each, String ours, String theirs, String station) {
        var device = "x" + each.name;
        Links.ip(
                kernel,
                "link add %s type vxlan id %d local %s dev u %s".formatted(device, each.vni, theirs, each.kernel));
        Links.ip(kernel, "link set " + device + " up");
        Links.run(kernel, "bridge fdb append 00:00:00:00:00:00 dev %s dst %s".formatted(device, ours));
        if (each.kernel.contains("nolearning")) {
            Links.run(kernel, "bridge fdb append %s dev %s dst %s".formatted(station, device, ours));
        }
    }

    private static void traffic(Site site, Lab.Host kernel, List<Overlay> overlays, int mtu) {
        for (int n = 1; n <= overlays.size(); n++) {
            try {
                new Traffic(site.stations(), kernel, "10.%d.0.2".formatted(n)).brief(mtu);
                new Traffic(kernel, site.stations(), "fd00:%d::1".formatted(n)).brief(mtu);
            } catch (AssertionError e) {
                throw new AssertionError(overlays.get(n - 1) + ": " + e.getMessage(), e);
            }
        }
    }
}
