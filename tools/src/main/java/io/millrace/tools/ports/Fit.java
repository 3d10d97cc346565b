package io.millrace.tools.ports;

import io.millrace.dataplane.linux.Capability;
import io.millrace.dataplane.port.FilterCompiler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether an interface could be plugged in by an attachment of this kind, and how or why not.
 *
 * @param kind as a topology file calls it
 */
record Fit(String kind, boolean works, String why) {
    /** All kinds that are about an interface that exists. */
    static List<Fit> of(Preflight port) {
        return of(port, capabilities());
    }

    /** @param capabilities of this process, bit by bit; see capabilities(7) */
    static List<Fit> of(Preflight port, long capabilities) {
        var fits = new ArrayList<Fit>();
        if (!port.device().isEthernet()) {
            for (var kind : List.of("packet", "xdp", "pcap", "tap")) {
                fits.add(new Fit(kind, false, "its frames have no Ethernet header"));
            }
            return fits;
        }
        fits.add(needing("packet", "AF_PACKET, virtio-net headers", capabilities, Capability.CAP_NET_RAW));
        String mode = port.xdp().isNative()
                ? "AF_XDP, native mode" + (port.xdp().isZeroCopy() ? " without a copy" : "")
                : port.xdp().isTold()
                        ? "AF_XDP, generic mode: the driver has no XDP"
                        : "AF_XDP, native mode where the driver has it";
        fits.add(needing(
                "xdp", mode, capabilities, Capability.CAP_NET_RAW, Capability.CAP_NET_ADMIN, Capability.CAP_BPF));
        fits.add(
                FilterCompiler.isPossible()
                        ? needing("pcap", "libpcap", capabilities, Capability.CAP_NET_RAW)
                        : new Fit("pcap", false, "libpcap is not installed (Debian: apt install libpcap0.8)"));
        fits.add(
                port.device().kind().equals("tun")
                        ? needing("tap", "a TAP, attached to by its name", capabilities, Capability.CAP_NET_ADMIN)
                        : new Fit("tap", false, "is no TAP; one of another name can be made"));
        return fits;
    }

    private static Fit needing(String kind, String how, long capabilities, Capability... needed) {
        for (var one : needed) {
            boolean has = one.isIn(capabilities)
                    || (one == Capability.CAP_BPF && Capability.CAP_SYS_ADMIN.isIn(capabilities));
            if (!has) {
                return new Fit(kind, false, "needs the capability " + one + " (run as root or grant it)");
            }
        }
        return new Fit(kind, true, how);
    }

    private static long capabilities() {
        try {
            return Capability.effective();
        } catch (IOException nobodyTells) {
            return -1;
        }
    }
}
