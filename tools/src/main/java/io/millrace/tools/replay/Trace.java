package io.millrace.tools.replay;

import io.millrace.codec.FrameText;
import io.millrace.codec.capture.CaptureReader;
import io.millrace.codec.capture.LinkType;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Witness;
import io.millrace.dataplane.port.CaptureFilePort;
import io.millrace.tools.words.Figures;
import io.millrace.tools.words.TextTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The ways of some frames of a capture: what their headers say, each node they came to, what it decided and why, and
 * where each copy left or ended. It watches the same run that {@code replay} is.
 */
final class Trace implements CaptureFilePort.Observer, Witness, Consumer<Replay> {
    private static final int MOST_COPIES = 16;
    private static final String INDENT = "  ";

    private final Predicate<CaptureReader> chosen;
    private final Consumer<String> out;
    private final FrameText text = new FrameText();
    private final Map<Long, Way> underWay = new LinkedHashMap<>();
    private final Supplier<FramePool> pool;
    private long left;
    private boolean found;

    /**
     * Traces nothing yet.
     *
     * @param chosen which frames
     * @param atMost how many of them
     * @param out is given each frame's way when it is over
     * @param pool where the frames are
     * @param vxlanPorts UDP ports that are VXLAN's
     */
    Trace(
            Predicate<CaptureReader> chosen,
            long atMost,
            Consumer<String> out,
            Supplier<FramePool> pool,
            int... vxlanPorts) {
        for (int port : vxlanPorts) {
            text.alsoVxlan(port);
        }
        this.pool = pool;
        this.chosen = chosen;
        this.left = atMost;
        this.out = out;
    }

    /** One frame's way so far. */
    private static final class Way {
        private final String frame;
        private final List<String[]> steps = new ArrayList<>();
        private final List<String> departures = new ArrayList<>();

        Way(String frame) {
            this.frame = frame;
        }
    }

    @Override
    public void frame(CaptureReader at, int file, long time) {
        if (left == 0 || !chosen.test(at)) {
            return;
        }
        left--;
        found = true;
        var way = new Way(title(at, time) + headers(at));
        underWay.put(at.number(), way);
        if (at.linkType() != LinkType.ETHERNET) {
            way.steps.add(new String[] {
                "capture",
                "not switched: only Ethernet frames are, this is "
                        + at.linkType().words()
            });
        }
    }

    private String title(CaptureReader at, long time) {
        String when = time == CaptureReader.NO_TIME
                ? ""
                : INDENT + Figures.time(time) + "."
                        + Figures.seconds(Math.floorMod(time, 1_000_000_000L)).substring(2);
        String cut = at.original() > at.captured() ? ", " + Figures.count(at.captured()) + " of them captured" : "";
        return "frame " + at.number() + when + INDENT + Figures.count(Math.max(at.original(), at.captured())) + " bytes"
                + cut + "\n";
    }

    private String headers(CaptureReader at) {
        String lines = text.of(at.linkType(), at.buffer(), at.offset(), at.captured(), at.original());
        return lines.isEmpty() ? "" : lines.stripTrailing().indent(INDENT.length());
    }

    @Override
    public void decided(Node node, long frame, int decision) {
        var way = wayOf(frame);
        if (way == null) {
            return;
        }
        if (!(node instanceof Egress)) {
            for (var line : node.explain(decision, frame).split("\n", -1)) {
                way.steps.add(new String[] {node.name(), line});
            }
        } else {
            way.departures.add(node.explain(decision, frame));
        }
    }

    @Override
    public void dropped(Node node, long frame, Drop why) {
        var way = wayOf(frame);
        if (way == null) {
            return;
        }
        String sentence = "drop: " + why.sentence();
        boolean known = !way.steps.isEmpty() && way.steps.getLast()[1].equals(sentence);
        if (!known) {
            way.steps.add(new String[] {node.name(), sentence});
        }
    }

    private @Nullable Way wayOf(long frame) {
        return underWay.isEmpty() ? null : underWay.get(pool.get().number(frame));
    }

    /** Whether there was any. */
    boolean found() {
        return found;
    }

    /** The turn is over, and with it the way of each of its frames. */
    @Override
    public void accept(Replay replay) {
        underWay.values().forEach(way -> out.accept(written(way)));
        underWay.clear();
        if (left == 0) {
            replay.stop();
        }
    }

    private static String written(Way way) {
        var steps = new TextTable(TextTable.Side.LEFT, TextTable.Side.LEFT);
        way.steps.forEach(steps::row);
        int shown = way.departures.size() > MOST_COPIES + 1 ? MOST_COPIES : way.departures.size();
        for (int i = 0; i < shown; i++) {
            steps.row("→", way.departures.get(i));
        }
        if (shown < way.departures.size()) {
            steps.row("→", "… and by " + Figures.count(way.departures.size() - shown) + " more ports");
        }
        var all = new StringBuilder(way.frame).append('\n');
        steps.writeTo(all, Integer.MAX_VALUE);
        return all.toString();
    }
}
