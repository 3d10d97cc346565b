package io.millrace.tools.up;

import io.millrace.tools.words.Figures;
import io.millrace.tools.words.TextTable;
import io.millrace.tools.words.TextTable.Side;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Answers as people read them. */
final class Tables {
    private static final int MOST_ROWS = 10_000;

    private Tables() {}

    static String of(ShowCommand.What what, Answered answer) {
        return switch (what) {
            case ports -> ports(answer.list("ports"));
            case fdb -> fdb(answer.list("fdb"));
            case vtep -> VtepTable.of(answer);
            case nat -> NatTable.of(answer);
            case drops -> drops(answer.list("drops"));
            case graph -> graph(answer);
            case runtime -> runtime(answer);
        };
    }

    private static String ports(List<Answered> ports) {
        var table = new TextTable(
                Side.LEFT, Side.LEFT, Side.LEFT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.RIGHT);
        table.row("PORT", "NETWORK", "STATE", "MTU", "RX FRAMES", "RX", "TX FRAMES", "TX");
        var lost = new TextTable(Side.LEFT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.LEFT);
        lost.row("LOST", "BY US", "BY OUR RING", "BY POOL", "BY KERNEL", "BY NIC", "WHY WE DROPPED");
        var kinds = new TextTable(Side.LEFT, Side.LEFT, Side.LEFT);
        kinds.row("PLUGGED", "INTO", "BY WAY OF");
        for (var port : ports) {
            table.row(
                    port.text("name"),
                    port.has("network") ? port.text("network") : "(underlay)",
                    port.text("state"),
                    port.has("mtu") ? port.text("mtu") : "any",
                    Figures.count(port.number("rx_frames")),
                    Figures.bytes(port.number("rx_bytes")),
                    Figures.count(port.number("tx_frames")),
                    Figures.bytes(port.number("tx_bytes")));
            var losses = port.object("losses");
            lost.row(
                    port.text("name"),
                    Figures.count(losses.number("us")),
                    Figures.count(losses.number("ring")),
                    Figures.count(losses.number("pool")),
                    Figures.count(losses.number("kernel")),
                    Figures.count(losses.number("nic")),
                    String.join(
                            "; ",
                            port.list("drops").stream()
                                    .map(drop -> Figures.count(drop.number("frames")) + " " + drop.text("sentence"))
                                    .toList()));
            kinds.row(port.text("name"), port.text("attachment"), port.has("kind") ? port.text("kind") : "–");
        }
        return text(table) + "\n" + text(lost) + "\n" + text(kinds);
    }

    private static String fdb(List<Answered> stations) {
        boolean vlans = stations.stream().anyMatch(station -> station.has("vlan"));
        var table = new TextTable(Side.LEFT, Side.LEFT, Side.RIGHT, Side.LEFT, Side.RIGHT, Side.RIGHT);
        table.row("STATION", "NETWORK", vlans ? "VLAN" : "", "PORT", "LAST HEARD", "MOVES");
        for (var station : stations) {
            table.row(
                    station.text("mac"),
                    station.text("network"),
                    station.text("vlan"),
                    station.text("port"),
                    heard(station),
                    Figures.count(station.number("moves")));
        }
        return text(table);
    }

    /** When a station was last heard. */
    static String heard(Answered station) {
        return station.has("age_s") ? Figures.duration((long) (station.decimal("age_s") * 1e9)) + " ago" : "static";
    }

    static String drops(List<Answered> drops) {
        var table = new TextTable(Side.LEFT, Side.RIGHT, Side.LEFT);
        table.row("NODE", "FRAMES", "WHY");
        for (var drop : drops) {
            table.row(drop.text("node"), Figures.count(drop.number("frames")), drop.text("sentence"));
        }
        return text(table);
    }

    private static String graph(Answered graph) {
        var leads = new LinkedHashMap<String, List<String>>();
        for (var link : graph.list("links")) {
            leads.computeIfAbsent(link.text("from"), from -> new ArrayList<>()).add(link.text("to"));
        }
        var table = new TextTable(Side.LEFT, Side.LEFT);
        table.row("FROM", "LEADS TO");
        leads.forEach((from, to) -> table.row(from, String.join(", ", to)));
        return text(table);
    }

    private static String runtime(Answered runtime) {
        var pool = runtime.object("pool");
        var heap = runtime.object("heap");
        var balance = runtime.object("balance");
        var table = new TextTable(Side.LEFT, Side.LEFT);
        table.row("name", runtime.text("name"));
        table.row("pid", runtime.text("pid"));
        table.row("up for", Figures.duration(TimeUnit.SECONDS.toNanos(runtime.number("uptime_s"))));
        table.row("topology", runtime.text("topology"));
        table.row("version", runtime.text("version") + ", Java " + runtime.text("java"));
        table.row("when idle", runtime.text("idle"));
        table.row(
                "frames a second",
                Figures.count(Math.round(runtime.decimal("rx_pps"))) + " in, "
                        + Figures.count(Math.round(runtime.decimal("tx_pps"))) + " out");
        table.row(
                "frames so far",
                Figures.count(balance.number("received")) + " in, " + Figures.count(balance.number("copied"))
                        + " copied, " + Figures.count(balance.number("transmitted")) + " out, "
                        + Figures.count(balance.number("dropped")) + " dropped");
        table.row(
                "frame memory",
                Figures.count(pool.number("in_use")) + " of " + Figures.count(pool.number("frames")) + " frames and "
                        + Figures.count(pool.number("segments")) + " segments in use, "
                        + Figures.bytes(pool.number("bytes")));
        table.row("stations", Figures.count(runtime.object("stations").number("known")));
        table.row(
                "heap",
                Figures.bytes(heap.number("used")) + " of " + Figures.bytes(heap.number("max")) + ", "
                        + Figures.bytes(runtime.number("allocated_bytes")) + " allocated so far");
        for (var collector : runtime.list("gc")) {
            table.row(
                    "collections",
                    collector.text("name") + ": " + Figures.count(collector.number("count")) + " in "
                            + Figures.count(collector.number("time_ms")) + " ms");
        }
        return text(table);
    }

    static String text(TextTable table) {
        var text = new StringBuilder();
        table.writeTo(text, MOST_ROWS);
        return text.toString();
    }
}
