package io.millrace.tools.replay;

import io.millrace.tools.words.Figures;
import java.util.List;
import java.util.stream.Stream;

/** A {@link Report} as one page that needs nothing but itself: no script, no font, no address of anybody's server. */
final class HtmlReport {
    private static final int MOST_ROWS = 2000;

    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>TITLE</title>
            <style>
            :root { color-scheme: light dark; --line: #8884; --bar: #4a90d9; }
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
            h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
            table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
            th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); }
            th { font-weight: 600; } .n { text-align: right; }
            .bar { background: var(--bar); height: .7rem; border-radius: 2px; min-width: 1px; }
            .bad { border-left: 4px solid #d33; padding-left: .8rem; }
            </style>
            </head>
            <body>
            """;

    private final StringBuilder page = new StringBuilder();
    private final Report report;

    private HtmlReport(Report report) {
        this.report = report;
    }

    static String of(Report report) {
        var html = new HtmlReport(report);
        html.capture();
        html.ports();
        html.drops();
        html.notSwitched();
        html.protocols();
        html.stations();
        html.page.append("</body>\n</html>\n");
        return html.page.toString();
    }

    private void capture() {
        var facts = report.facts();
        String names =
                String.join(", ", facts.files().stream().map(Facts.File::name).toList());
        page.append(HEAD.replace("TITLE", escaped("Millrace: " + names)));
        page.append("<h1>").append(escaped(names)).append("</h1>\n");
        paragraph(
                "",
                Figures.count(facts.frames(), "frame") + ", " + Figures.count(facts.bytes()) + " bytes on the wire, "
                        + report.linkType());
        if (facts.hasTime()) {
            paragraph("", "From " + Figures.time(facts.first()) + " to " + Figures.time(facts.last()) + " UTC.");
        }
        if (facts.cut() + facts.malformed() > 0) {
            paragraph(
                    "",
                    Figures.count(facts.cut(), "frame") + " cut by the capture, "
                            + Figures.count(facts.malformed(), "frame") + " malformed.");
        }
        paragraph(
                "",
                "Replayed in " + Figures.duration(report.elapsedNanos()) + ": "
                        + Figures.count((long) report.framesPerSecond()) + " frames a second, "
                        + Figures.bits(report.bitsPerSecond()) + ".");
        var account = report.account();
        paragraph(
                report.conserved() ? "" : "bad",
                Figures.count(account.received()) + " received and "
                        + Figures.count(account.copied()) + " copied for flooding; "
                        + Figures.count(account.transmitted())
                        + " sent and " + Figures.count(account.dropped()) + " dropped: "
                        + (report.conserved() ? "every frame is accounted for." : "frames are missing."));
        Stream.concat(report.damage().stream(), report.warnings().stream()).forEach(line -> paragraph("bad", line));
    }

    private void ports() {
        long most = report.ports().stream()
                .mapToLong(port -> port.received().rxFrames() + port.sent().txFrames())
                .max()
                .orElse(1);
        table("Ports", report.ports().size(), "", "frames in", "bytes in", "frames out", "bytes out", "=");
        for (var port : shown(report.ports())) {
            var in = port.received();
            var out = port.sent();
            row(
                    port.name(),
                    Figures.count(in.rxFrames()),
                    Figures.bytes(in.rxBytes()),
                    Figures.count(out.txFrames()),
                    Figures.bytes(out.txBytes()),
                    "=" + share(in.rxFrames() + out.txFrames(), most));
        }
        end(report.ports().size());
    }

    private void drops() {
        table("Dropped", report.droppedFrames(), "reason", "node", "frames");
        for (var drop : report.drops()) {
            row(drop.reason().sentence(), drop.node(), Figures.count(drop.frames()));
        }
        end(0);
    }

    private void notSwitched() {
        if (report.notSwitched().isEmpty()) {
            return;
        }
        table(
                "Not switched: only Ethernet frames are",
                report.notSwitched().size(),
                "link type",
                "interface",
                "frames");
        for (var some : shown(report.notSwitched())) {
            var kind = some.of().kind();
            row(
                    some.linkType(),
                    kind.interfaceId() + " " + kind.interfaceName(),
                    Figures.count(some.of().frames()));
        }
        end(report.notSwitched().size());
    }

    private void protocols() {
        var protocols = report.facts().protocols();
        table("Protocols", protocols.size(), "innermost known", "frames", "=");
        protocols.forEach((name, frames) -> row(
                name.words(),
                Figures.count(frames),
                "=" + share(frames, report.facts().frames())));
        end(0);
    }

    private void stations() {
        table("Learned", report.stations().size(), "station", "behind port", "network");
        for (var station : shown(report.stations())) {
            String vlan = station.vlan() == 0 ? "" : " VLAN " + station.vlan();
            row(Report.mac(station), station.port(), station.network() + vlan);
        }
        end(report.stations().size());
    }

    private static <T> List<T> shown(List<T> rows) {
        return rows.subList(0, Math.min(rows.size(), MOST_ROWS));
    }

    /** From 0 to 100. */
    private static long share(long part, long whole) {
        return Math.round(100.0 * part / Math.max(1, whole));
    }

    private void paragraph(String kind, String words) {
        page.append("<p class=\"")
                .append(kind)
                .append("\">")
                .append(escaped(words))
                .append("</p>\n");
    }

    private void table(String title, long count, String... columns) {
        page.append("<h2>")
                .append(title)
                .append(" (")
                .append(Figures.count(count))
                .append(")</h2>\n<table><tr>");
        for (var column : columns) {
            page.append(column.equals("=") ? "<th>" : "<th" + side(column) + ">")
                    .append(column.equals("=") ? "" : column)
                    .append("</th>");
        }
        page.append("</tr>\n");
    }

    private static String side(String column) {
        return column.startsWith("frames") || column.startsWith("bytes") ? " class=\"n\"" : "";
    }

    /** A row of words, of figures, which stand right, and of bars, which are written {@code =} and their percentage. */
    private void row(String... cells) {
        page.append("<tr>");
        for (var cell : cells) {
            if (cell.startsWith("=")) {
                page.append("<td style=\"width:20%\"><div class=\"bar\" style=\"width:")
                        .append(cell, 1, cell.length())
                        .append("%\"></div></td>");
            } else {
                page.append(cell.matches("[0-9,.]+( k?[BMGT]{1,2})?") ? "<td class=\"n\">" : "<td>")
                        .append(escaped(cell))
                        .append("</td>");
            }
        }
        page.append("</tr>\n");
    }

    private void end(long rows) {
        page.append("</table>\n");
        if (rows > MOST_ROWS) {
            paragraph("", "… and " + Figures.count(rows - MOST_ROWS) + " more; replay -o json has all.");
        }
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
