package io.millrace.bench.peers;

import io.millrace.bench.peers.Results.Talk;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;

/** The results as a picture: bars, one panel for each kind of flood and for each thing that hosts saw. SVG 1.1. */
final class Chart {
    private static final int WIDTH = 760;
    private static final int LABELS = 190;
    private static final int FIGURES = 90;
    private static final int ROW = 20;
    private static final int HEAD = 34;
    private static final String OURS = "#1b6ca8";
    private static final String THEIRS = "#9aa5b1";

    private final Results results;
    private final StringBuilder body = new StringBuilder();
    private int y = 30;

    Chart(Results results) {
        this.results = results;
    }

    String write(Map<String, String> environment) {
        text(
                10,
                y,
                "bold",
                "Millrace and its peers: " + environment.get("cpu") + ", kernel " + environment.get("kernel"));
        for (var kind : results.kinds()) {
            panel(kind.words() + ", thousand frames/s", device -> thousandth(results.rate(kind, device)), "%,.0f");
        }
        for (var talk : Talk.values()) {
            panel(talk.words + ", " + talk.unit, device -> results.value(talk, device), "%.1f");
        }
        int height = y + 20;
        return """
                <?xml version="1.0" encoding="UTF-8"?>
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
                font-family="sans-serif" font-size="12">
                <rect width="%1$d" height="%2$d" fill="white"/>
                %3$s</svg>
                """.formatted(WIDTH, height, body);
    }

    private record Bar(String device, double value) {}

    private void panel(String title, Function<String, OptionalDouble> figure, String format) {
        var bars = new ArrayList<Bar>();
        for (var device : results.devices()) {
            figure.apply(device).ifPresent(value -> bars.add(new Bar(device, value)));
        }
        if (bars.isEmpty()) {
            return;
        }
        y += HEAD;
        text(10, y, "bold", title);
        y += 8;
        double most = bars.stream().mapToDouble(Bar::value).max().orElse(1);
        for (var bar : bars) {
            bar(bar, most, format);
        }
    }

    private void bar(Bar bar, double most, String format) {
        double length = most <= 0 ? 0 : bar.value / most * (WIDTH - LABELS - FIGURES);
        text(10, y + 14, "normal", bar.device);
        body.append(String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                LABELS,
                y + 3,
                length,
                ROW - 5,
                results.ours().contains(bar.device) ? OURS : THEIRS));
        text((int) (LABELS + length) + 6, y + 14, "normal", String.format(Locale.ROOT, format, bar.value));
        y += ROW;
    }

    private void text(int x, int at, String weight, String words) {
        body.append(String.format(
                Locale.ROOT, "<text x=\"%d\" y=\"%d\" font-weight=\"%s\">%s</text>%n", x, at, weight, escaped(words)));
    }

    private static String escaped(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static OptionalDouble thousandth(OptionalDouble rate) {
        return rate.isEmpty() ? rate : OptionalDouble.of(rate.getAsDouble() / 1000);
    }
}
