package io.millrace.tools.up;

import io.millrace.tools.words.Figures;
import io.millrace.tools.words.TextTable;
import io.millrace.tools.words.TextTable.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** {@code show nat} as people read it. */
final class NatTable {
    private NatTable() {}

    static String of(Answered answer) {
        if (!answer.has("settings")) {
            return "  no uplink and no gateway: networks meet nowhere\n";
        }
        return "  " + settings(answer.object("settings")) + "\n\n"
                + gateways(answer.list("gateways")) + "\n"
                + rules(answer.list("rules"))
                + mappings(answer.object("mappings"))
                + sessions(answer.object("sessions"))
                + neighbors(answer.list("neighbors"))
                + counts(answer.object("counts")) + "\n"
                + Tables.drops(answer.list("drops"));
    }

    private static String settings(Answered said) {
        var all = new ArrayList<String>();
        all.add("timeouts " + said.text("timeouts"));
        all.add("filtering " + said.text("filtering"));
        all.add("hairpin " + said.text("hairpin"));
        all.add("ports " + said.text("ports"));
        all.add("at most " + Figures.count(said.number("max_sessions"), "session"));
        if (is(said, "loose")) {
            all.add("loose");
        }
        if (said.has("session_limit")) {
            all.add(Figures.count(said.number("session_limit"), "session") + " each");
        }
        if (said.has("port_limit")) {
            all.add(Figures.count(said.number("port_limit"), "port") + " each");
        }
        if (said.has("state")) {
            all.add("kept in " + said.text("state"));
        }
        return String.join(", ", all);
    }

    private static String gateways(List<Answered> gateways) {
        var table = new TextTable(Side.LEFT, Side.LEFT, Side.LEFT, Side.LEFT, Side.LEFT);
        table.row("GATEWAY", "ADDRESSES", "MAC", "MODE", "");
        for (var gateway : gateways) {
            table.row(
                    gateway.text("network"),
                    String.join(", ", words(gateway, "addresses")),
                    gateway.has("mac") ? gateway.text("mac") : "none yet",
                    is(gateway, "uplink") ? "uplink" : modes(gateway),
                    is(gateway, "internal") ? "internal" : is(gateway, "masquerade") ? "hidden" + behind(gateway) : "");
        }
        return Tables.text(table);
    }

    private static String modes(Answered gateway) {
        var ipv4 = gateway.text("ipv4");
        var ipv6 = gateway.text("ipv6");
        return ipv4.equals(ipv6) ? ipv4 : ipv4 + ", IPv6 " + ipv6;
    }

    private static String behind(Answered gateway) {
        var own = List.of("hidden_ipv4", "hidden_ipv6").stream()
                .filter(gateway::has)
                .map(gateway::text)
                .collect(Collectors.joining(", "));
        return own.isEmpty() ? "" : " behind " + own;
    }

    private static String rules(List<Answered> rules) {
        if (rules.isEmpty()) {
            return "";
        }
        var table = new TextTable(Side.LEFT, Side.LEFT, Side.LEFT, Side.RIGHT, Side.RIGHT, Side.RIGHT);
        table.row("PUBLISHED", "AT", "LEADS TO", "WEIGHT", "CONNECTIONS", "REFUSED");
        for (var rule : rules) {
            var name = rule.text("service");
            var at = at(rule);
            var refused = Figures.count(rule.number("refused"));
            for (var backend : rule.list("backends")) {
                table.row(
                        name,
                        at,
                        end(backend.text("address"), backend.text("port")),
                        is(backend, "draining") ? "draining" : backend.text("weight"),
                        Figures.count(backend.number("connections")),
                        refused);
                name = "";
                at = "";
                refused = "";
            }
            if (!name.isEmpty()) {
                table.row(name, at, "nobody", "", Figures.count(rule.number("connections")), refused);
            }
        }
        return Tables.text(table) + "\n";
    }

    private static String at(Answered rule) {
        var ports = rule.text("port").equals(rule.text("last_port"))
                ? rule.text("port")
                : rule.text("port") + "-" + rule.text("last_port");
        return end(rule.text("address"), ports) + "/" + rule.text("protocol");
    }

    private static String mappings(Answered mappings) {
        if (mappings.number("matches") == 0) {
            return "";
        }
        var table = new TextTable(Side.LEFT, Side.LEFT, Side.LEFT, Side.RIGHT, Side.RIGHT);
        table.row("HIDDEN", "INSIDE", "OUTSIDE", "SESSIONS", "RESTING");
        var shown = mappings.list("shown");
        for (var mapping : shown) {
            table.row(
                    mapping.text("protocol"),
                    end(mapping.text("inside"), mapping.text("inside_port")),
                    end(mapping.text("outside"), mapping.text("outside_port")),
                    Figures.count(mapping.number("sessions")),
                    mapping.has("resting_s") ? duration(mapping, "resting_s") : "");
        }
        return Tables.text(table) + rest(mappings.number("matches") - shown.size()) + "\n";
    }

    private static String sessions(Answered sessions) {
        if (sessions.number("matches") == 0) {
            return "";
        }
        var table = new TextTable(
                Side.LEFT, Side.LEFT, Side.LEFT, Side.LEFT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.LEFT, Side.LEFT);
        table.row("SESSION", "ORIGINAL", "REPLY", "STATE", "AGE", "IDLE", "EXPIRES", "VIA", "SERVICE");
        var shown = sessions.list("shown");
        for (var session : shown) {
            table.row(
                    session.text("protocol"),
                    flow(session.object("original")),
                    flow(session.object("reply")),
                    session.text("state"),
                    duration(session, "age_s"),
                    duration(session, "idle_s"),
                    duration(session, "expires_s"),
                    via(session),
                    session.text("service"));
        }
        return Tables.text(table) + rest(sessions.number("matches") - shown.size()) + "\n";
    }

    private static String via(Answered session) {
        return hop(session, "back") + " > " + hop(session, "onward");
    }

    private static String hop(Answered session, String way) {
        return session.has(way) ? session.object(way).text("network") : "?";
    }

    private static String rest(long left) {
        return left <= 0 ? "" : "  … and " + Figures.count(left) + " more; --sessions N shows others\n";
    }

    private static String flow(Answered flow) {
        return end(flow.text("source"), flow.text("source_port")) + " > "
                + end(flow.text("destination"), flow.text("destination_port"));
    }

    private static String neighbors(List<Answered> neighbors) {
        if (neighbors.isEmpty()) {
            return "";
        }
        var table = new TextTable(Side.LEFT, Side.LEFT, Side.LEFT, Side.RIGHT, Side.RIGHT, Side.RIGHT);
        table.row("NEIGHBOR", "BEHIND", "NEXT HOP", "WAITING", "SESSIONS", "FRAMES");
        for (var neighbor : neighbors) {
            table.row(
                    neighbor.text("address"),
                    neighbor.text("network"),
                    VtepTable.nextHop(neighbor),
                    Figures.count(neighbor.object("next_hop").number("waiting")),
                    Figures.count(neighbor.number("sessions")),
                    Figures.count(neighbor.number("frames")));
        }
        return Tables.text(table) + "\n";
    }

    private static String counts(Answered counts) {
        var table = new TextTable(Side.LEFT, Side.LEFT);
        table.row(
                "sessions",
                Figures.count(counts.number("sessions")) + " of " + Figures.count(counts.number("max_sessions")) + ", "
                        + Figures.count(counts.number("opened")) + " opened so far, "
                        + Figures.count(counts.number("evicted")) + " ended early to make room, "
                        + Figures.count(counts.number("refused")) + " refused for want of it");
        table.row("mappings", Figures.count(counts.number("mappings")));
        for (var pool : counts.list("free_ports")) {
            table.row(
                    "free ports",
                    Figures.count(pool.number("free")) + " of " + pool.text("address") + "/" + pool.text("protocol"));
        }
        table.row(
                "held",
                Figures.count(counts.number("fragments"), "fragment") + " without their first, "
                        + Figures.count(counts.number("waiting"), "frame") + " for a neighbor's answer");
        return Tables.text(table);
    }

    private static String duration(Answered of, String name) {
        return Figures.duration((long) (of.decimal(name) * 1e9));
    }

    private static String end(String address, String port) {
        return (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
    }

    private static boolean is(Answered of, String name) {
        return of.text(name).equals("true");
    }

    private static List<String> words(Answered of, String name) {
        return of.fields().get(name) instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }
}
