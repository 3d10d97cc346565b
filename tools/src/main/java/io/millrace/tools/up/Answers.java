package io.millrace.tools.up;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.DropCounters;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.port.PatchPort;
import io.millrace.tools.api.Routes;
import io.millrace.tools.words.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a running Millrace tells of itself, as JSON; {@code docs/UP.md} has every name. */
final class Answers {
    /** Ports that are asked between two turns. */
    private static final int AT_ONCE = 16;

    private final Running running;
    private final About about;
    private final Rates rates;

    Answers(Running running, About about, Rates rates) {
        this.running = running;
        this.about = about;
        this.rates = rates;
    }

    void mount(Routes routes) {
        routes.get("/millrace/info", (request, answer) -> answer.json(info()))
                .get("/millrace/ports", (request, answer) -> answer.json(ports()))
                .get("/millrace/fdb", (request, answer) -> answer.json(new StationsAnswer(running).json()))
                .get("/millrace/vtep", (request, answer) -> answer.json(new VtepAnswer(running).json()))
                .get(
                        "/millrace/nat",
                        (request, answer) ->
                                answer.json(new NatAnswer(running, NatQuery.of(request.parameters())).json()))
                .get("/millrace/drops", (request, answer) -> answer.json(drops()))
                .get("/millrace/graph", (request, answer) -> answer.json(new GraphAnswer(running).json()))
                .get(
                        "/millrace/runtime",
                        (request, answer) -> answer.json(new RuntimeAnswer(running, about, rates).json()));
    }

    String info() {
        var json = new Json().object();
        json.name("name").value(about.name());
        json.name("pid").value(ProcessHandle.current().pid());
        json.name("version").value(RuntimeAnswer.version());
        json.name("since").value(about.since().toString());
        json.name("uptime_s").value(uptime(about));
        json.name("topology").value(about.topology());
        json.name("ports").value(running.outlets().size());
        json.name("networks").value(running.switches().size());
        json.name("socket").value(about.socket().toString());
        new Published(running).summary(json);
        return json.endObject().toString();
    }

    static long uptime(About about) {
        return Duration.between(about.since(), Instant.now()).toSeconds();
    }

    /** What only the worker's thread may ask a port. */
    private record Asked(boolean up, int mtu, Port.Losses losses, int held) {
        static Asked of(PatchPort port) {
            return new Asked(port.isUp(), port.mtu(), port.losses(), port.held());
        }
    }

    String ports() {
        var asked = new ArrayList<Asked>();
        var outlets = running.outlets();
        for (int from = 0; from < outlets.size(); from += AT_ONCE) {
            var some = outlets.subList(from, Math.min(from + AT_ONCE, outlets.size()));
            asked.addAll(running.ask(
                    () -> some.stream().map(outlet -> Asked.of(outlet.inner())).toList()));
        }
        var json = new Json().object().name("ports").array();
        for (int i = 0; i < outlets.size(); i++) {
            port(json, outlets.get(i), asked.get(i), rates.of(i));
        }
        json.endArray().name("alarms").array();
        running.switches()
                .forEach((network, wired) -> wired.alarms()
                        .forEach(alarm -> json.object()
                                .name("network")
                                .value(network)
                                .name("sentence")
                                .value(alarm.sentence())
                                .endObject()));
        return json.endArray().endObject().toString();
    }

    private void port(Json json, Outlet outlet, Asked asked, Rates.Rate rate) {
        var opened = outlet.opened();
        json.object();
        json.name("name").value(outlet.name());
        json.name("network")
                .value(outlet.endpoint().isHost() ? null : outlet.endpoint().network());
        json.name("number").value(outlet.plug().number());
        json.name("attachment").value(outlet.attachment());
        json.name("device").value(outlet.device());
        json.name("kind").value(opened == null ? null : opened.how());
        json.name("state").value(opened == null ? "gone" : asked.up ? "up" : "down");
        json.name("mtu");
        number(json, asked.mtu);
        var counters = running.counters().port(outlet.name());
        json.name("rx_frames").value(counters.rxFrames());
        json.name("rx_bytes").value(counters.rxBytes());
        json.name("tx_frames").value(counters.txFrames());
        json.name("tx_bytes").value(counters.txBytes());
        json.name("rx_pps").number(decimal(rate.rxFrames()));
        json.name("rx_bps").number(decimal(rate.rxBits()));
        json.name("tx_pps").number(decimal(rate.txFrames()));
        json.name("tx_bps").number(decimal(rate.txBits()));
        json.name("held").value(asked.held);
        json.name("storm_drops").value(counters.stormDrops());
        var dropped = running.counters().drops("port." + outlet.name());
        json.name("losses").object();
        json.name("us").value(dropped.total());
        json.name("ring").value(asked.losses.ring());
        json.name("pool").value(asked.losses.pool());
        json.name("kernel").value(asked.losses.kernel());
        nic(json, outlet.nic());
        json.endObject();
        json.name("drops").array();
        reasons(json, null, dropped);
        json.endArray().endObject();
    }

    private static void nic(Json json, NicCounters nic) {
        json.name("nic").value(nic.all());
        json.name("nic_missed").value(nic.missed());
        json.name("nic_fifo").value(nic.fifo());
        json.name("nic_frame").value(nic.frame());
        json.name("nic_unsent").value(nic.unsent());
    }

    private static void number(Json json, int mtu) {
        if (mtu == Port.NO_MTU) {
            json.value((String) null);
        } else {
            json.value(mtu);
        }
    }

    private static String decimal(double n) {
        return String.format(Locale.ROOT, "%.1f", n);
    }

    static void reasons(Json json, @Nullable String node, DropCounters drops) {
        for (var why : Drop.values()) {
            long frames = drops.frames(why);
            if (frames > 0) {
                json.object();
                if (node != null) {
                    json.name("node").value(node);
                }
                json.name("reason").value(why.name());
                json.name("sentence").value(why.sentence());
                json.name("frames").value(frames);
                json.endObject();
            }
        }
    }

    String drops() {
        var json = new Json().object().name("drops").array();
        running.counters().drops().forEach((node, drops) -> reasons(json, node, drops));
        return json.endArray().endObject().toString();
    }
}
