package io.millrace.tools.ports;

import io.millrace.dataplane.linux.Ethtool;
import io.millrace.dataplane.linux.Ethtool.Offload;
import io.millrace.dataplane.linux.Interface;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Netlink;
import io.millrace.dataplane.linux.XdpFeatures;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What can be known of an interface without touching it.
 *
 * @param speed Mbit/s; −1 where nobody tells
 * @param duplex {@code full}, {@code half}, or empty
 * @param numaNode the memory its card is next to; −1 where there is but one
 * @param receiveQueues how many queues the kernel has for it
 * @param offloads those that are on
 * @param addresses the kernel's on it, seen from outside
 */
record Preflight(
        Interface device,
        Ethtool.Driver driver,
        int speed,
        String duplex,
        int numaNode,
        int receiveQueues,
        int transmitQueues,
        int interrupts,
        Ethtool.Queues channels,
        Ethtool.Rings rings,
        Ethtool.Pause pause,
        Ethtool.Timestamps timestamps,
        Set<Offload> offloads,
        XdpFeatures xdp,
        List<String> addresses) {
    private static final Path INTERFACES = Path.of("/sys/class/net");

    /** Looks at one interface. */
    static Preflight of(Interface device, Ethtool card, Netlink kernel) throws KernelException {
        var name = device.name();
        var on = EnumSet.noneOf(Offload.class);
        for (var offload : Offload.values()) {
            if (card.isOn(name, offload)) {
                on.add(offload);
            }
        }
        var addresses = new ArrayList<String>();
        for (var address : kernel.globalAddresses(device.index())) {
            addresses.add(address.toString());
        }
        var duplex = told(name, "duplex");
        return new Preflight(
                device,
                card.driver(name),
                number(told(name, "speed")),
                duplex.equals("unknown") ? "" : duplex,
                number(told(name, "device/numa_node")),
                entries(name, "queues", "rx-"),
                entries(name, "queues", "tx-"),
                entries(name, "device/msi_irqs", ""),
                card.queues(name),
                card.rings(name),
                card.pause(name),
                card.timestamps(name),
                on,
                XdpFeatures.of(device.index()),
                addresses);
    }

    private static String told(String name, String file) {
        try {
            return Files.readString(INTERFACES.resolve(name).resolve(file)).strip();
        } catch (IOException nobodyTells) {
            return "";
        }
    }

    private static int number(String text) {
        return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
    }

    private static int entries(String name, String directory, String prefix) {
        int n = 0;
        try (var found = Files.newDirectoryStream(INTERFACES.resolve(name).resolve(directory), prefix + "*")) {
            for (var _ : found) {
                n++;
            }
        } catch (IOException | DirectoryIteratorException nobodyTells) {
            return 0;
        }
        return n;
    }

    /** Offloads of its own that spoil what a test measures: frames that were merged, before anybody saw them. */
    String hurting() {
        var hurts = new ArrayList<String>();
        if (offloads.contains(Offload.LRO)) {
            hurts.add("LRO: the card merges segments, and what it merged cannot be forwarded as it was");
        }
        if (offloads.contains(Offload.GRO)) {
            hurts.add("GRO: the kernel merges segments; packet: and tap: carry them whole, a capture shows them so");
        }
        return String.join("; ", hurts);
    }

    /** {@code native}, {@code native, zero copy}, {@code generic}, as far as is told. */
    String xdpMode() {
        if (!xdp.isTold()) {
            return "not told by this kernel";
        }
        return xdp.isNative() ? "native" + (xdp.isZeroCopy() ? ", zero copy" : "") : "generic";
    }
}
