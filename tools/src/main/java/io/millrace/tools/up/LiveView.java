package io.millrace.tools.up;

import io.millrace.tools.words.Figures;
import io.millrace.tools.words.TextTable;
import io.millrace.tools.words.TextTable.Side;
import java.util.List;

/** What goes on, drawn anew each second below the lines that stay; on a terminal only. */
final class LiveView implements AutoCloseable {
    private static final int MOST_PORTS = 40;

    private final Running running;
    private final Rates rates;
    private final Screen screen;
    private long droppedBefore;

    private LiveView(Running running, Rates rates, Screen screen) {
        this.running = running;
        this.rates = rates;
        this.screen = screen;
    }

    static LiveView show(Running running, Rates rates, Screen screen) {
        var view = new LiveView(running, rates, screen);
        if (screen.isTerminal()) {
            rates.eachSecond(view::draw);
        }
        return view;
    }

    private void draw() {
        var table = new TextTable(Side.LEFT, Side.LEFT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.RIGHT, Side.RIGHT);
        table.row("port", "", "rx frames/s", "rx", "tx frames/s", "tx", "dropped");
        var outlets = running.outlets();
        for (int i = 0; i < outlets.size(); i++) {
            var rate = rates.of(i);
            var name = outlets.get(i).name();
            table.row(
                    name,
                    outlets.get(i).isUp() ? "up" : "down",
                    Figures.count(Math.round(rate.rxFrames())),
                    Figures.bits(rate.rxBits()),
                    Figures.count(Math.round(rate.txFrames())),
                    Figures.bits(rate.txBits()),
                    Figures.count(running.counters().drops("port." + name).total()));
        }
        var text = new StringBuilder();
        table.writeTo(text, MOST_PORTS);
        text.append("  ").append(dropped());
        screen.view(List.of(text.toString().split("\n", -1)));
    }

    private String dropped() {
        long all = 0;
        for (var node : running.counters().drops().values()) {
            all += node.total();
        }
        long fresh = all - droppedBefore;
        droppedBefore = all;
        return Figures.count(all) + " dropped, " + Figures.count(fresh) + " a second; 'millrace show drops' says why";
    }

    @Override
    public void close() {
        screen.view(List.of());
    }
}
