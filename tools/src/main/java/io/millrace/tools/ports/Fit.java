package io.millrace.tools.ports;

import io.millrace.dataplane.port.FilterCompiler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether an interface could be plugged in by an attachment of this kind, and how or why not.
 *
 * @param kind as a topology file calls it
 */
record Fit(String kind, boolean works, String why) {
    private static final int NET_ADMIN = 12, NET_RAW = 13, SYS_ADMIN = 21, BPF = 39, HEX = 16;

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
        fits.add(needing("packet", "AF_PACKET, virtio-net headers", capabilities, NET_RAW));
        String mode = port.xdp().isNative()
                ? "AF_XDP, native mode" + (port.xdp().isZeroCopy() ? " without a copy" : "")
                : port.xdp().isTold()
                        ? "AF_XDP, generic mode: the driver has no XDP"
                        : "AF_XDP, native mode where the driver has it";
        fits.add(needing("xdp", mode, capabilities, NET_RAW, NET_ADMIN, BPF));
        fits.add(
                FilterCompiler.isPossible()
                        ? needing("pcap", "libpcap", capabilities, NET_RAW)
                        : new Fit("pcap", false, "libpcap is not installed (Debian: apt install libpcap0.8)"));
        fits.add(
                port.device().kind().equals("tun")
                        ? needing("tap", "a TAP, attached to by its name", capabilities, NET_ADMIN)
                        : new Fit("tap", false, "is no TAP; one of another name can be made"));
        return fits;
    }

    private static Fit needing(String kind, String how, long capabilities, int... needed) {
        for (int bit : needed) {
            boolean has = (capabilities >>> bit & 1) != 0 || (bit == BPF && (capabilities >>> SYS_ADMIN & 1) != 0);
            if (!has) {
                return new Fit(kind, false, "needs the capability " + name(bit) + " (run as root or grant it)");
            }
        }
        return new Fit(kind, true, how);
    }

    private static String name(int bit) {
        return switch (bit) {
            case NET_RAW -> "CAP_NET_RAW";
            case NET_ADMIN -> "CAP_NET_ADMIN";
            default -> "CAP_BPF";
        };
    }

    private static long capabilities() {
        try {
            for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("CapEff:")) {
                    return Long.parseUnsignedLong(
                            line.substring("CapEff:".length()).strip(), HEX);
                }
            }
        } catch (IOException nobodyTells) {
            return -1;
        }
        return -1;
    }
}
