package io.millrace.tools.up;

import io.millrace.dataplane.nat.Timeouts;
import io.millrace.tools.words.Json;
import io.millrace.vtep.network.NatSettings;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The settings of the gateways that are in force. */
final class NatSettingsText {
    private NatSettingsText() {}

    static void write(Json json, NatSettings settings) {
        json.object();
        json.name("timeouts").value(NatAnswer.word(settings.timeouts()));
        json.name("timeouts_s").object();
        var timeouts = settings.timeouts() == NatSettings.Timeouts.LINUX ? Timeouts.LINUX : Timeouts.RFC;
        for (var phase : Timeouts.Phase.values()) {
            json.name(phase.toString()).value(TimeUnit.NANOSECONDS.toSeconds(timeouts.nanos(phase)));
        }
        json.endObject();
        json.name("filtering").value(NatAnswer.word(settings.filtering()));
        json.name("hairpin").value(NatAnswer.word(settings.hairpin()));
        json.name("loose").value(settings.loose());
        json.name("max_sessions").value(settings.maxSessions());
        json.name("session_limit");
        limit(json, settings.sessionLimit());
        json.name("port_limit");
        limit(json, settings.portLimit());
        json.name("ports").value(settings.ports().toString());
        json.name("parity").value(settings.parity());
        json.name("state").value(settings.state());
        json.endObject();
    }

    private static void limit(Json json, @Nullable Integer limit) {
        if (limit == null) {
            json.value((String) null);
        } else {
            json.value(limit);
        }
    }
}
