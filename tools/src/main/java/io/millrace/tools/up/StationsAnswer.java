package io.millrace.tools.up;

import io.millrace.tools.words.Json;

/** Which station is behind which port. */
final class StationsAnswer {
    private final Running running;

    StationsAnswer(Running running) {
        this.running = running;
    }

    String json() {
        var json = new Json().object().name("fdb").array();
        for (var station : new Sightings(running).all()) {
            json.object();
            station.write(json, "port");
            json.name("remote").value(station.isRemote());
            json.endObject();
        }
        return json.endArray().endObject().toString();
    }
}
