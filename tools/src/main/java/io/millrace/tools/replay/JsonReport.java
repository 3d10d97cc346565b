package io.millrace.tools.replay;

import io.millrace.codec.capture.LinkType;
import io.millrace.tools.words.Figures;
import io.millrace.tools.words.Json;
import java.util.Locale;

/** A {@link Report} as JSON, one object on one line. Its names are a contract with whoever reads it by program. */
final class JsonReport {
    private JsonReport() {}

    static String of(Report report) {
        var json = new Json().object();
        capture(json, report);
        json.name("elapsed_s").number(Figures.seconds(report.elapsedNanos()));
        json.name("pps").number(decimal(report.framesPerSecond()));
        json.name("bps").number(decimal(report.bitsPerSecond()));
        ports(json, report);
        stations(json, report);
        drops(json, report);
        json.name("protocols").object();
        report.facts()
                .protocols()
                .forEach((name, frames) -> json.name(name.words()).value(frames));
        json.endObject();
        balance(json, report);
        notSwitched(json, report);
        vxlan(json, report);
        nat(json, report);
        json.name("damage").value(report.damage().isEmpty() ? null : String.join("; ", report.damage()));
        json.name("warnings").array();
        report.warnings().forEach(json::value);
        json.endArray();
        json.name("conserved").value(report.conserved());
        return json.endObject().toString();
    }

    private static String decimal(double figure) {
        return String.format(Locale.ROOT, "%.1f", figure);
    }

    private static void capture(Json json, Report report) {
        var facts = report.facts();
        json.name("capture").object();
        json.name("frames").value(facts.frames()).name("bytes").value(facts.bytes());
        json.name("captured_bytes").value(facts.capturedBytes());
        json.name("first").value(facts.hasTime() ? Figures.seconds(facts.first()) : null);
        json.name("last").value(facts.hasTime() ? Figures.seconds(facts.last()) : null);
        json.name("duration_s").number(Figures.seconds(facts.hasTime() ? facts.last() - facts.first() : 0));
        json.name("linktype").value(report.linkType());
        json.name("truncated")
                .value(facts.cut())
                .name("malformed")
                .value(report.facts().malformed());
        json.name("files").array();
        for (var file : facts.files()) {
            json.object().name("name").value(file.name()).name("frames").value(file.frames());
            json.name("bytes").value(file.bytes()).endObject();
        }
        json.endArray().endObject();
    }

    private static void ports(Json json, Report report) {
        json.name("ports").array();
        for (var port : report.ports()) {
            json.object().name("name").value(port.name());
            json.name("rx_frames").value(port.received().rxFrames());
            json.name("rx_bytes").value(port.received().rxBytes());
            json.name("tx_frames").value(port.sent().txFrames());
            json.name("tx_bytes").value(port.sent().txBytes()).endObject();
        }
        json.endArray();
    }

    private static void stations(Json json, Report report) {
        json.name("fdb").array();
        for (var station : report.stations()) {
            json.object().name("mac").value(Report.mac(station)).name("port").value(station.port());
            json.name("network").value(station.network());
            if (station.vlan() != 0) {
                json.name("vlan").value(station.vlan());
            }
            json.endObject();
        }
        json.endArray();
    }

    private static void drops(Json json, Report report) {
        json.name("drops").array();
        for (var drop : report.drops()) {
            json.object()
                    .name("node")
                    .value(drop.node())
                    .name("reason")
                    .value(drop.reason().name());
            json.name("sentence").value(drop.reason().sentence());
            json.name("frames").value(drop.frames()).endObject();
        }
        json.endArray();
    }

    private static void balance(Json json, Report report) {
        var account = report.account();
        json.name("balance").object();
        json.name("received").value(account.received()).name("originated").value(account.originated());
        json.name("copied").value(account.copied()).name("transmitted").value(account.transmitted());
        json.name("consumed").value(account.consumed()).name("dropped").value(account.dropped());
        json.name("held").value(account.held()).endObject();
    }

    private static void vxlan(Json json, Report report) {
        var vxlan = report.vxlan();
        if (vxlan == null) {
            return;
        }
        json.name("vxlan").object();
        json.name("vni").value(vxlan.wanted()).name("packets").value(vxlan.taken());
        json.name("not_vxlan").value(vxlan.notVxlan());
        json.name("networks").array();
        vxlan.packets()
                .forEach((vni, packets) -> json.object()
                        .name("vni")
                        .value(vni)
                        .name("packets")
                        .value(packets)
                        .endObject());
        json.endArray().endObject();
    }

    private static void nat(Json json, Report report) {
        var nat = report.nat();
        if (nat == null) {
            return;
        }
        json.name("nat").object();
        json.name("sessions").value(nat.counts().sessions());
        json.name("max_sessions").value(nat.counts().mostSessions());
        json.name("opened").value(nat.counts().opened());
        json.name("evicted").value(nat.counts().evicted());
        json.name("states").object();
        nat.states().forEach((state, count) -> json.name(state.toString()).value(count));
        json.endObject();
        json.name("mappings").value(nat.counts().mappings());
        json.name("fragments").value(nat.counts().fragments());
        json.name("free_ports").array();
        for (var pool : nat.pools()) {
            json.object().name("address").value(pool.address().text());
            json.name("protocol").value(pool.protocolName());
            json.name("free").value(pool.free()).endObject();
        }
        json.endArray().endObject();
    }

    private static void notSwitched(Json json, Report report) {
        json.name("not_switched").array();
        for (var some : report.notSwitched()) {
            var kind = some.of().kind();
            json.object().name("file").value(some.file()).name("interface").value(kind.interfaceId());
            json.name("name").value(kind.interfaceName()).name("linktype").value(some.linkType());
            json.name("number").value(kind.linkTypeNumber());
            json.name("read").value(LinkType.of(kind.linkTypeNumber()) != LinkType.OTHER);
            json.name("frames").value(some.of().frames()).endObject();
        }
        json.endArray();
    }
}
