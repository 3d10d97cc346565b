package io.millrace.tools.replay;

import io.millrace.tools.words.Figures;
import io.millrace.tools.words.TextTable;
import io.millrace.tools.words.TextTable.Side;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A {@link Report} as a person reads it: a few short sections, the long ones cut. */
final class TableReport {
    private static final int MOST_ROWS = 16;

    private final StringBuilder text = new StringBuilder();
    private final Report report;

    private TableReport(Report report) {
        this.report = report;
    }

    static String of(Report report) {
        var table = new TableReport(report);
        table.capture();
        table.vxlan();
        table.ports();
        table.drops();
        table.notSwitched();
        table.protocols();
        table.stations();
        table.nat();
        table.balance();
        return table.text.toString();
    }

    private void title(String title) {
        if (!text.isEmpty()) {
            text.append('\n');
        }
        text.append(title).append('\n');
    }

    private void capture() {
        var facts = report.facts();
        var names = facts.files().stream().map(Facts.File::name).toList();
        title("Capture   " + (names.size() > 3 ? names.size() + " files" : String.join(", ", names)));
        var lines = new TextTable(Side.LEFT, Side.LEFT);
        String bytes = Figures.count(facts.bytes()) + " bytes";
        lines.row("frames", Figures.count(facts.frames()) + ", " + bytes + linkTypes());
        if (facts.hasTime()) {
            lines.row("recorded", recorded(facts));
        }
        if (facts.cut() > 0) {
            String kept = Figures.bytes(facts.capturedBytes()) + " of " + Figures.bytes(facts.bytes());
            lines.row("cut", Figures.count(facts.cut(), "frame") + ": " + kept + " were captured");
        }
        if (report.facts().malformed() > 0) {
            lines.row("malformed", Figures.count(report.facts().malformed(), "frame"));
        }
        lines.row(
                "replayed",
                "in " + Figures.duration(report.elapsedNanos()) + ": " + Figures.count((long) report.framesPerSecond())
                        + " frames a second, " + Figures.bits(report.bitsPerSecond()));
        lines.writeTo(text, Integer.MAX_VALUE);
    }

    private static String recorded(Facts facts) {
        long length = facts.last() - facts.first();
        String from = Figures.time(facts.first()) + " UTC";
        return length == 0 ? from : "from " + from + ", for " + Figures.duration(length);
    }

    private String linkTypes() {
        return report.linkType().isEmpty() ? "" : ", " + report.linkType();
    }

    private void vxlan() {
        var vxlan = report.vxlan();
        if (vxlan == null) {
            return;
        }
        String wanted = vxlan.wanted().equals("all") ? "every network" : "network " + vxlan.wanted();
        title("VXLAN (inside: " + wanted + ")");
        var table = new TextTable(Side.LEFT, Side.RIGHT);
        vxlan.packets().forEach((vni, packets) -> table.row("VNI " + vni, Figures.count(packets, "packet")));
        table.row("no VXLAN", Figures.count(vxlan.notVxlan(), "frame"));
        table.writeTo(text, MOST_ROWS);
    }

    private void nat() {
        var nat = report.nat();
        if (nat == null) {
            return;
        }
        title("Connections through the gateways (" + Figures.count(nat.counts().opened()) + " opened)");
        var table = new TextTable(Side.RIGHT, Side.LEFT);
        nat.states().forEach((state, count) -> table.row(Figures.count(count), state.toString()));
        table.row(Figures.count(nat.counts().mappings()), "outside ports in use or resting");
        if (nat.counts().evicted() > 0) {
            table.row(Figures.count(nat.counts().evicted()), "ended early to make room");
        }
        table.writeTo(text, MOST_ROWS);
    }

    private void ports() {
        if (report.ports().isEmpty()) {
            return;
        }
        title("Ports (" + Figures.count(report.ports().size()) + ")");
        var table = new TextTable(Side.LEFT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.RIGHT);
        table.row("", "frames in", "bytes in", "frames out", "bytes out");
        report.ports().stream().sorted(busiestFirst()).forEach(port -> {
            var in = port.received();
            var out = port.sent();
            table.row(
                    port.name(),
                    Figures.count(in.rxFrames()),
                    Figures.bytes(in.rxBytes()),
                    Figures.count(out.txFrames()),
                    Figures.bytes(out.txBytes()));
        });
        table.writeTo(text, MOST_ROWS);
    }

    private static Comparator<Report.PortLine> busiestFirst() {
        return Comparator.comparingLong(
                port -> -port.received().rxFrames() - port.sent().txFrames());
    }

    private void drops() {
        if (report.drops().isEmpty()) {
            return;
        }
        title("Dropped (" + Figures.count(report.droppedFrames(), "frame") + ")");
        var table = new TextTable(Side.RIGHT, Side.LEFT, Side.LEFT);
        for (var drop : report.drops()) {
            table.row(Figures.count(drop.frames()), drop.reason().sentence(), "(" + drop.node() + ")");
        }
        table.writeTo(text, MOST_ROWS);
    }

    private void notSwitched() {
        if (report.notSwitched().isEmpty()) {
            return;
        }
        title("Not switched: only Ethernet frames are");
        var table = new TextTable(Side.RIGHT, Side.LEFT, Side.LEFT);
        for (var some : report.notSwitched()) {
            table.row(
                    Figures.count(some.of().frames()),
                    some.linkType(),
                    "interface " + some.of().kind().interfaceId() + " "
                            + some.of().kind().interfaceName());
        }
        table.writeTo(text, MOST_ROWS);
    }

    private void protocols() {
        if (report.facts().protocols().isEmpty()) {
            return;
        }
        title("Protocols (the innermost one known)");
        var table = new TextTable(Side.LEFT, Side.RIGHT, Side.RIGHT);
        long all = Math.max(1, report.facts().frames());
        report.facts()
                .protocols()
                .forEach((name, frames) ->
                        table.row(name.words(), Figures.count(frames), Math.round(100.0 * frames / all) + " %"));
        table.writeTo(text, MOST_ROWS);
    }

    private void stations() {
        if (report.stations().isEmpty()) {
            return;
        }
        title("Learned (" + Figures.count(report.stations().size(), "station") + " in the table at the end)");
        var table = new TextTable(Side.LEFT, Side.LEFT);
        for (var station : report.stations()) {
            String mac = Report.mac(station);
            table.row(mac, mac.equals(station.port()) ? "behind its own port" : "behind port " + station.port());
        }
        table.writeTo(text, MOST_ROWS);
    }

    private void balance() {
        var account = report.account();
        var in = new ArrayList<>(List.of(
                Figures.count(account.received()) + " received",
                Figures.count(account.copied()) + " copied for flooding"));
        var out = new ArrayList<>(
                List.of(Figures.count(account.transmitted()) + " sent", Figures.count(account.dropped()) + " dropped"));
        some(in, account.originated(), "made here");
        some(out, account.consumed(), "not for any port");
        some(out, account.held(), "still waiting");
        title("Balance");
        text.append("  ").append(String.join(" + ", in)).append(report.conserved() ? " = " : " ≠ ");
        text.append(String.join(" + ", out)).append(report.conserved() ? "\n" : ": frames are missing\n");
    }

    private static void some(List<String> terms, long frames, String words) {
        if (frames > 0) {
            terms.add(Figures.count(frames) + " " + words);
        }
    }
}
