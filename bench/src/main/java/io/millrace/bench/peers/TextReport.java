package io.millrace.bench.peers;

import io.millrace.bench.peers.Results.Kind;
import io.millrace.bench.peers.Results.Talk;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** The results as a person reads them: one table for each kind of flood, one for what hosts saw. */
final class TextReport {
    private final Results results;
    private final StringBuilder text = new StringBuilder();

    TextReport(Results results) {
        this.results = results;
    }

    String write(Map<String, String> environment) {
        text.append(environment.get("cpu")).append(", ").append(environment.get("cores"));
        text.append(" cores, kernel ").append(environment.get("kernel")).append('\n');
        if (!results.ours().isEmpty()) {
            text.append("× by xdp: how many times as many frames a second as this row millrace-xdp forwards\n");
        }
        results.kinds().forEach(this::flood);
        talk();
        missing();
        return text.toString();
    }

    private void flood(Kind kind) {
        text.append('\n').append(kind.words()).append(" (the generator alone: ");
        text.append(thousands(ceiling(kind))).append(" thousand frames/s)\n");
        var rows = new ArrayList<List<String>>();
        var head = new ArrayList<>(List.of("", "kframes/s", "offered", "loss", "cores", "own", "ns/frame"));
        var ours = results.ours().stream()
                .filter(d -> results.rate(kind, d).isPresent())
                .toList();
        ours.forEach(d -> head.add(times(d)));
        rows.add(head);
        for (var device : results.devices()) {
            var samples = results.samples(kind, device);
            if (!samples.isEmpty()) {
                rows.add(row(kind, device, Medians.ofSamples(samples), ours));
            }
        }
        table(rows);
    }

    private double ceiling(Kind kind) {
        var samples = results.samples(kind, Results.CEILING);
        return samples.isEmpty()
                ? 0
                : Medians.of(samples.stream().map(Sample::offered).toList());
    }

    private List<String> row(Kind kind, String device, Sample sample, List<String> all) {
        var row = new ArrayList<>(List.of(
                device,
                thousands(sample.forwarded()),
                thousands(sample.offered()),
                format("%.1f %%", sample.loss() * 100),
                format("%.2f", sample.cores()),
                format("%.2f", sample.own()),
                format("%.0f", sample.nanos())));
        for (var ours : all) {
            row.add(ratio(kind, ours, device));
        }
        return row;
    }

    private String ratio(Kind kind, String ours, String device) {
        var ratio = ours.equals(device) || device.equals(Results.NOTHING) ? null : results.ratio(kind, ours, device);
        if (ratio == null) {
            return "";
        }
        return ratio.limited() ? "generator-limited" : format("%.2f", ratio.times());
    }

    private void talk() {
        var rows = new ArrayList<List<String>>();
        var head = new ArrayList<>(List.of(""));
        for (var talk : Talk.values()) {
            head.add(talk.words + ", " + talk.unit);
        }
        rows.add(head);
        for (var device : results.devices()) {
            var row = new ArrayList<>(List.of(device));
            for (var talk : Talk.values()) {
                row.add(figure(talk, results.value(talk, device)));
            }
            if (row.stream().skip(1).anyMatch(w -> !w.isEmpty())) {
                rows.add(row);
            }
        }
        if (rows.size() > 1) {
            text.append("\nHosts at both ends\n");
            table(rows);
            talkRatios();
        }
    }

    /** TCP against TCP, as each of our rows stands to each peer. */
    private void talkRatios() {
        for (var talk : List.of(Talk.TCP_OFFLOADS, Talk.TCP_PLAIN)) {
            var rows = new ArrayList<List<String>>();
            var head = new ArrayList<>(List.of(""));
            var ours = results.ours().stream()
                    .filter(d -> results.value(talk, d).isPresent())
                    .toList();
            ours.forEach(d -> head.add(times(d)));
            rows.add(head);
            for (var device : results.devices()) {
                var peer = results.value(talk, device);
                if (peer.isPresent() && !results.ours().contains(device)) {
                    var row = new ArrayList<>(List.of(device));
                    ours.forEach(d -> row.add(times(results.value(talk, d), peer.getAsDouble())));
                    rows.add(row);
                }
            }
            if (rows.size() > 1 && rows.getFirst().size() > 1) {
                text.append('\n').append(talk.words).append(", ratios\n");
                table(rows);
            }
        }
    }

    private static String times(String ours) {
        return "× by " + ours.substring("millrace-".length());
    }

    private static String times(OptionalDouble mine, double peer) {
        return mine.isEmpty() ? "" : format("%.2f", mine.getAsDouble() / peer);
    }

    private static String figure(Talk talk, OptionalDouble value) {
        if (value.isEmpty()) {
            return "";
        }
        return format(talk.unit.equals("µs") ? "%.0f" : "%.2f", value.getAsDouble());
    }

    private void missing() {
        if (!results.missing().isEmpty()) {
            text.append("\nNot measured\n");
        }
        results.missing()
                .forEach((device, reasons) -> reasons.forEach((what, why) -> text.append("  ")
                        .append(device)
                        .append(", ")
                        .append(what)
                        .append(": ")
                        .append(why)
                        .append('\n')));
    }

    private void table(List<List<String>> rows) {
        var widths = new int[rows.getFirst().size()];
        for (var row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (var row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                var space = " ".repeat(widths[i] - row.get(i).length());
                line.append("  ").append(i == 0 ? row.get(i) + space : space + row.get(i));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
    }

    private static String thousands(double rate) {
        return format("%,.0f", rate / 1000);
    }

    private static String format(String how, double value) {
        return String.format(Locale.ROOT, how, value);
    }
}
