package io.millrace.tools.up;

import io.millrace.tools.words.Figures;
import io.millrace.tools.words.TextTable;
import io.millrace.tools.words.TextTable.Side;
import java.util.ArrayList;
import java.util.List;

/** {@code show vtep} as people read it. */
final class VtepTable {
    private VtepTable() {}

    static String of(Answered answer) {
        if (!answer.has("underlay")) {
            return "  no underlay: overlays connect the ports of this host only\n";
        }
        var underlay = answer.object("underlay");
        var overlays = answer.list("overlays");
        var drops = new ArrayList<>(answer.list("drops"));
        overlays.forEach(overlay -> drops.addAll(overlay.list("drops")));
        var clash = underlay.number("clashes") == 0
                ? ""
                : "; " + underlay.text("rival") + " claimed that address, too, "
                        + Figures.count(underlay.number("clashes"), "time");
        var where = underlay.has("interface")
                ? underlay.text("interface") + ": " + underlay.text("address") + ", "
                        + (underlay.has("mac") ? underlay.text("mac") : "no Ethernet address yet")
                : underlay.text("address") + ", the kernel's";
        return "  underlay " + where + ", MTU " + mtu(underlay)
                + clash
                + "\n\n" + overlays(overlays) + "\n" + hosts(overlays) + "\n" + stations(overlays) + "\n"
                + Tables.drops(drops);
    }

    private static String mtu(Answered of) {
        return of.has("mtu") ? of.text("mtu") : "any";
    }

    private static String overlays(List<Answered> overlays) {
        var table = new TextTable(
                Side.LEFT,
                Side.RIGHT,
                Side.RIGHT,
                Side.RIGHT,
                Side.LEFT,
                Side.LEFT,
                Side.LEFT,
                Side.RIGHT,
                Side.RIGHT,
                Side.RIGHT,
                Side.RIGHT,
                Side.RIGHT,
                Side.RIGHT);
        table.row(
                "OVERLAY",
                "VNI",
                "UDP",
                "MTU",
                "LEARNING",
                "OPEN",
                "CHECKSUM",
                "TTL",
                "DSCP",
                "HOSTS",
                "STATIONS",
                "ANSWERED",
                "TOO LONG");
        for (var overlay : overlays) {
            table.row(
                    overlay.text("network"),
                    overlay.text("vni"),
                    overlay.text("port"),
                    mtu(overlay),
                    yes(overlay, "learning"),
                    yes(overlay, "open"),
                    overlay.text("checksum"),
                    overlay.text("ttl"),
                    overlay.text("dscp"),
                    Figures.count(overlay.list("peers").size()),
                    Figures.count(overlay.list("stations").size()),
                    Figures.count(overlay.number("arp_answered") + overlay.number("nd_answered")),
                    Figures.count(overlay.number("senders_told") + overlay.number("senders_not_told")));
        }
        return Tables.text(table);
    }

    private static String hosts(List<Answered> overlays) {
        var table = new TextTable(
                Side.LEFT,
                Side.LEFT,
                Side.LEFT,
                Side.LEFT,
                Side.LEFT,
                Side.RIGHT,
                Side.RIGHT,
                Side.RIGHT,
                Side.RIGHT,
                Side.RIGHT);
        table.row("HOST", "OVERLAY", "NEXT HOP", "BY", "FLOODED", "STATIONS", "TX FRAMES", "TX", "RX FRAMES", "RX");
        for (var overlay : overlays) {
            for (var peer : overlay.list("peers")) {
                table.row(
                        peer.text("address"),
                        overlay.text("network"),
                        nextHop(peer),
                        isTrue(peer, "group") ? "group" : isTrue(peer, "named") ? "name" : "hearing",
                        yes(peer, "flooded"),
                        Figures.count(peer.number("stations")),
                        Figures.count(peer.number("tx_frames")),
                        Figures.bytes(peer.number("tx_bytes")),
                        Figures.count(peer.number("rx_frames")),
                        Figures.bytes(peer.number("rx_bytes")));
            }
        }
        return Tables.text(table);
    }

    static String nextHop(Answered peer) {
        if (!peer.has("next_hop")) {
            return "the kernel's";
        }
        var hop = peer.object("next_hop");
        var where = hop.has("mac") ? hop.text("mac") : inWords(hop.text("state"));
        return hop.text("address").equals(peer.text("address")) ? where : where + " (" + hop.text("address") + ")";
    }

    private static String inWords(String state) {
        return switch (state) {
            case "asked" -> "asking";
            case "no_route" -> "no route";
            default -> state;
        };
    }

    private static String stations(List<Answered> overlays) {
        boolean vlans = overlays.stream()
                .flatMap(overlay -> overlay.list("stations").stream())
                .anyMatch(station -> station.has("vlan"));
        var table = new TextTable(Side.LEFT, Side.LEFT, Side.RIGHT, Side.LEFT, Side.RIGHT, Side.RIGHT);
        table.row("STATION", "OVERLAY", vlans ? "VLAN" : "", "ON HOST", "LAST HEARD", "MOVES");
        for (var overlay : overlays) {
            for (var station : overlay.list("stations")) {
                table.row(
                        station.text("mac"),
                        overlay.text("network"),
                        station.text("vlan"),
                        station.text("vtep"),
                        Tables.heard(station),
                        Figures.count(station.number("moves")));
            }
        }
        return Tables.text(table);
    }

    private static boolean isTrue(Answered of, String name) {
        return of.text(name).equals("true");
    }

    private static String yes(Answered of, String name) {
        return isTrue(of, name) ? "yes" : "no";
    }
}
