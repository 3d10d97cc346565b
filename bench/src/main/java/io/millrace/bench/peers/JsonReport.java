package io.millrace.bench.peers;

import io.millrace.bench.peers.Results.Kind;
import io.millrace.bench.peers.Results.Talk;
import io.millrace.tools.words.Json;
import java.util.Locale;
import java.util.Map;

/** The results as a program reads them; docs/PEERS.md tells what each member is. */
final class JsonReport {
    private final Results results;
    private final Json json = new Json();

    JsonReport(Results results) {
        this.results = results;
    }

    String write(Map<String, String> environment, Options options) {
        json.object().name("environment").object();
        environment.forEach((name, value) -> json.name(name).value(value));
        json.endObject();
        number("seconds", options.seconds());
        json.name("rounds").value(options.rounds());
        json.name("floods").array();
        results.kinds().forEach(this::flood);
        json.endArray();
        json.name("hosts").array();
        for (var talk : Talk.values()) {
            results.devices().forEach(device -> talk(talk, device));
        }
        json.endArray();
        missing();
        return json.endObject() + "\n";
    }

    private void flood(Kind kind) {
        json.object().name("frame_bytes").value(kind.length()).name("flows").value(kind.flows());
        json.name("generator_fps").array();
        results.samples(kind, Results.CEILING).forEach(s -> json.number(decimal(s.offered())));
        json.endArray().name("devices").array();
        for (var device : results.devices()) {
            if (!results.samples(kind, device).isEmpty()) {
                device(kind, device);
            }
        }
        json.endArray().endObject();
    }

    private void device(Kind kind, String device) {
        var samples = results.samples(kind, device);
        var sample = Medians.ofSamples(samples);
        json.object().name("name").value(device);
        number("forwarded_fps", sample.forwarded());
        number("offered_fps", sample.offered());
        number("sent_fps", sample.sent());
        number("loss", sample.loss());
        number("cores", sample.cores());
        number("own_cores", sample.own());
        number("ns_per_frame", sample.nanos());
        json.name("rounds_fps").array();
        samples.forEach(s -> json.number(decimal(s.forwarded())));
        json.endArray().name("ratios").array();
        if (results.ours().contains(device)) {
            results.devices().forEach(peer -> ratio(kind, device, peer));
        }
        json.endArray().endObject();
    }

    private void ratio(Kind kind, String device, String peer) {
        var ratio = peer.equals(device) ? null : results.ratio(kind, device, peer);
        if (ratio != null) {
            json.object().name("to").value(peer);
            number("times", ratio.times());
            json.name("generator_limited").value(ratio.limited()).endObject();
        }
    }

    private void talk(Talk talk, String device) {
        var value = results.value(talk, device);
        if (value.isPresent()) {
            json.object()
                    .name("name")
                    .value(device)
                    .name("what")
                    .value(talk.name().toLowerCase(Locale.ROOT));
            number("median", value.getAsDouble());
            json.name("unit").value(talk.unit).name("rounds").array();
            results.values(talk, device).forEach(v -> json.number(decimal(v)));
            json.endArray().endObject();
        }
    }

    private void missing() {
        json.name("not_measured").array();
        results.missing()
                .forEach((device, reasons) -> reasons.forEach((what, why) -> json.object()
                        .name("name")
                        .value(device)
                        .name("what")
                        .value(what)
                        .name("why")
                        .value(why)
                        .endObject()));
        json.endArray();
    }

    private void number(String name, double value) {
        json.name(name).number(decimal(value));
    }

    private static String decimal(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4f", value) : "null";
    }
}
