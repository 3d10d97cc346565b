package io.millrace.tools.interop;

import io.millrace.dataplane.lab.Lab;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Millrace and Open vSwitch's userspace VXLAN take each other for one of theirs, in several overlays at once. */
class OpenVSwitchTest {
    /**
     * One overlay, both its ends.
     *
     * @param millrace what stands under {@code vtep}, beside the peers
     * @param ovs options of the tunnel, beside its key and the other host
     */
    private record Case(String name, int vni, String millrace, String ovs) {}

    private static final List<Case> CASES = List.of(
            new Case("plain", 5, "", ""),
            new Case("full", 16_777_215, "checksum: full", "options:csum=true"),
            new Case("otsport", 7, "port: 8472, learning: false", "options:dst_port=8472"));

    @TempDir
    private Path directory;

    @Test
    void overIpv4() {
        run("192.0.2.1", "192.0.2.2", "/24", 1500);
    }

    @Test
    void overIpv4WithJumboFrames() {
        run("192.0.2.1", "192.0.2.2", "/24", 9000);
    }

    @Test
    void overIpv6() {
        run("2001:db8::1", "2001:db8::2", "/64", 1500);
    }

    private void run(String ours, String theirs, String prefix, int mtu) {
        Traffic.assumeTools();
        OpenVSwitch.assumeThere();
        int inner = mtu - (ours.contains(":") ? 70 : 50);
        try (var lab = Lab.open();
                var site = new Site(lab, directory, "a")) {
            var other = lab.bare("o");
            Lab.cable(site.host(), "u", other, "u", mtu);
            var ovs = new OpenVSwitch(lab, directory, other);
            var mac = Links.mac(other, "u");
            ovs.underlay(theirs + prefix, mac);
            ovs.ask("tnl/neigh/set phy " + ours + " " + Links.mac(site.host(), "u"));
            var overlays = new ArrayList<Overlay>();
            for (var each : CASES) {
                var vtep = "peers: [ \"" + theirs + "\" ]" + (each.millrace.isEmpty() ? "" : ", " + each.millrace);
                var overlay = new Overlay(each.name, each.vni, vtep);
                overlays.add(overlay);
                int n = overlays.size();
                site.station(each.name, inner, "10.%d.0.1/24".formatted(n), "fd00:%d::1/64".formatted(n));
                ovs.overlay(
                        each.name,
                        each.vni,
                        ours,
                        each.ovs,
                        inner,
                        "10.%d.0.2/24".formatted(n),
                        "fd00:%d::2/64".formatted(n));
            }
            site.up(
                    "interface: u, address: \"%s%s\", neighbors: { \"%s\": \"%s\" }"
                            .formatted(ours, prefix, theirs, mac),
                    overlays);
            try {
                for (int n = 1; n <= overlays.size(); n++) {
                    new Traffic(site.stations(), other, "10.%d.0.2".formatted(n)).brief(inner);
                    new Traffic(other, site.stations(), "fd00:%d::1".formatted(n)).brief(inner);
                }
                new Traffic(site.stations(), other, "10.1.0.2").all(inner);
            } catch (AssertionError e) {
                throw new AssertionError(e.getMessage() + "\n" + site.story() + ovs.said(), e);
            }
        }
    }
}
