package io.millrace.tools.up;

import io.millrace.tools.api.Request;
import io.millrace.tools.api.Routes;
import io.millrace.tools.words.Failure;
import io.millrace.tools.words.Json;
import io.millrace.vtep.network.ExposedPort;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.publish.PortListing;
import io.millrace.vtep.publish.Publication;
import io.millrace.vtep.wiring.Publishing;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/** What a running Millrace tells of its published ports, and how they are changed; {@code docs/UP.md} has every name. */
final class Published {
    private final Running running;

    Published(Running running) {
        this.running = running;
    }

    void mount(Routes routes) {
        routes.get("/millrace/published", (request, answer) -> answer.json(told(request)))
                .post("/millrace/publish", (request, answer) -> answer.json(publish(request)))
                .post("/millrace/unpublish", (request, answer) -> answer.json(unpublish(request)));
    }

    private List<Publication> now() {
        var routing = running.routing();
        return routing == null ? List.of() : routing.publishing().all();
    }

    private String told(Request request) {
        var services = running.topology().services();
        var named = request.parameter("service");
        if (named != null) {
            var service = services.get(named);
            if (service == null) {
                throw Failure.failed("No such service: " + named);
            }
            return service(new Json(), service).toString();
        }
        var json = new Json().object().name("services").array();
        services.values().forEach(service -> service(json, service));
        return json.endArray().endObject().toString();
    }

    private Json service(Json json, Service service) {
        var its = its(service);
        json.object().name("name").value(service.name());
        json.name("ports").value(PortListing.ps(service, its));
        rules(json, its);
        lines(json, its);
        return json.endObject();
    }

    private List<Publication> its(Service service) {
        return now().stream()
                .filter(one -> one.service().equals(service.name()))
                .toList();
    }

    private static void lines(Json json, List<Publication> publications) {
        json.name("lines").array();
        PortListing.port(publications).forEach(json::value);
        json.endArray();
    }

    /** The column PORTS of {@code docker ps}, for each service that has something to say there. */
    void summary(Json json) {
        json.name("published").array();
        for (var service : running.topology().services().values()) {
            var text = PortListing.ps(service, its(service));
            if (!text.isEmpty()) {
                json.object().name("service").value(service.name());
                json.name("ports").value(text).endObject();
            }
        }
        json.endArray();
    }

    private static void rules(Json json, List<Publication> publications) {
        json.name("published").array();
        for (var one : publications) {
            json.object().name("service").value(one.service());
            json.name("network").value(one.network());
            json.name("protocol").value(one.protocol().toString());
            json.name("host_ip").value(one.hostAddress().toString());
            json.name("host_port").value(one.hostPort(0));
            json.name("port").value(one.containerPorts().first());
            json.name("count").value(one.containerPorts().size());
            json.name("replicas").array();
            one.endpoints().forEach(endpoint -> json.value(endpoint.name()));
            json.endArray().endObject();
        }
        json.endArray();
    }

    private String publish(Request request) {
        var service = parameter(request, "service");
        var port = parsed(parameter(request, "port"), PublishedPort::parse);
        return changed(publishing -> publishing.publish(service, port));
    }

    private String unpublish(Request request) {
        var service = parameter(request, "service");
        var port = parsed(parameter(request, "port"), ExposedPort::parse);
        return changed(publishing -> publishing.unpublish(service, port.ports(), port.protocol()));
    }

    /** What the change gave, or why it was refused. */
    private record Outcome(List<Publication> changed, String refusal) {}

    private String changed(Function<Publishing, List<Publication>> change) {
        var routing = running.routing();
        var changes = running.changes();
        if (routing == null || changes == null) {
            throw Failure.failed("the topology has neither an uplink nor a gateway: nothing can be published");
        }
        long begun = System.nanoTime();
        var changed = changes.publish(
                () -> made(() -> change.apply(routing.publishing())),
                before -> running.change(() -> routing.publishing().reset(before)));
        long took = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begun);
        var json = new Json().object();
        rules(json, changed);
        lines(json, changed);
        json.name("took_us").value(took);
        return json.endObject().toString();
    }

    private List<Publication> made(Supplier<List<Publication>> change) {
        var outcome = running.ask(() -> {
            try {
                return new Outcome(change.get(), "");
            } catch (IllegalArgumentException e) {
                return new Outcome(List.of(), Objects.requireNonNull(e.getMessage()));
            }
        });
        if (!outcome.refusal.isEmpty()) {
            throw Failure.failed(outcome.refusal);
        }
        return outcome.changed;
    }

    private static String parameter(Request request, String name) {
        var value = request.parameter(name);
        if (value == null || value.isEmpty()) {
            throw Failure.usage("the parameter '" + name + "' is missing");
        }
        return value;
    }

    private static <T> T parsed(String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Objects.requireNonNull(e.getMessage()));
        }
    }
}
