package io.millrace.tools.ports;

import io.millrace.dataplane.linux.Ethtool.Offload;
import io.millrace.tools.words.TextTable;
import io.millrace.tools.words.TextTable.Side;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Interfaces in words for people. */
final class PortsTable {
    private PortsTable() {}

    /** A line for each. */
    static String of(List<Preflight> ports) {
        var table =
                new TextTable(Side.LEFT, Side.LEFT, Side.LEFT, Side.RIGHT, Side.RIGHT, Side.LEFT, Side.LEFT, Side.LEFT);
        table.row("interface", "driver", "link", "Mbit/s", "MTU", "XDP", "attach", "addresses");
        for (var port : ports) {
            table.row(
                    port.device().name(),
                    driver(port),
                    link(port),
                    number(port.speed()),
                    "" + port.device().mtu(),
                    port.xdpMode(),
                    Fit.of(port).stream().filter(Fit::works).map(Fit::kind).collect(Collectors.joining(" ")),
                    String.join(" ", port.addresses()));
        }
        var text = new StringBuilder();
        table.writeTo(text, Integer.MAX_VALUE);
        return text.toString();
    }

    /** All about one. */
    static String of(Preflight port) {
        var table = new TextTable(Side.LEFT, Side.LEFT);
        table.row("interface", port.device().name());
        table.row("driver", (driver(port) + " " + port.driver().version()).strip());
        table.row("firmware", orNone(port.driver().firmware()));
        table.row("bus", orNone(port.driver().bus()));
        table.row("NUMA node", port.numaNode() < 0 ? "not told" : "" + port.numaNode());
        table.row("link", link(port));
        table.row("speed", port.speed() < 0 ? "not told" : port.speed() + " Mbit/s " + port.duplex());
        table.row("MTU", port.device().mtu() + " bytes");
        table.row("queues", port.receiveQueues() + " to receive, " + port.transmitQueues() + " to transmit");
        table.row("rings", port.rings().receive() < 0 ? "not told" : rings(port));
        table.row("interrupts", port.interrupts() == 0 ? "none of its own" : "" + port.interrupts());
        table.row("pause frames", pause(port));
        table.row("time stamps", stamps(port));
        table.row("offloads on", orNone(offloads(port)));
        table.row("that hurt", orNone(port.hurting()));
        table.row("XDP", port.xdpMode());
        table.row(
                "addresses",
                port.addresses().isEmpty()
                        ? "none"
                        : String.join(" ", port.addresses())
                                + ": the kernel talks here too; up refuses it without --force");
        for (var fit : Fit.of(port)) {
            table.row(fit.kind() + ":", (fit.works() ? "works: " : "no: ") + fit.why());
        }
        var text = new StringBuilder();
        table.writeTo(text, Integer.MAX_VALUE);
        return text.toString();
    }

    private static String driver(Preflight port) {
        var name = port.driver().name();
        return !name.isEmpty()
                ? name
                : port.device().kind().isEmpty() ? "none" : port.device().kind();
    }

    private static String link(Preflight port) {
        return !port.device().up() ? "off" : port.device().running() ? "up" : "no carrier";
    }

    private static String rings(Preflight port) {
        return port.rings().receive() + " frames to receive, " + port.rings().transmit() + " to transmit";
    }

    private static String pause(Preflight port) {
        var pause = port.pause();
        if (!pause.isTold()) {
            return "not told";
        }
        return (pause.receive() ? "heeded" : "not heeded") + ", " + (pause.transmit() ? "sent" : "not sent")
                + (pause.negotiated() ? ", negotiated" : "");
    }

    private static String stamps(Preflight port) {
        var stamps = port.timestamps();
        if (!stamps.hardwareReceive() && !stamps.hardwareTransmit()) {
            return "by software only";
        }
        return "by the card: " + (stamps.hardwareReceive() ? "receive " : "")
                + (stamps.hardwareTransmit() ? "transmit " : "") + "/dev/ptp" + stamps.clock();
    }

    static String offloads(Preflight port) {
        return port.offloads().stream().map(PortsTable::word).collect(Collectors.joining(" "));
    }

    static String word(Offload offload) {
        return offload.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String orNone(String text) {
        return text.isEmpty() ? "none" : text;
    }

    private static String number(int n) {
        return n < 0 ? "–" : "" + n;
    }
}
