package io.millrace.tools.up;

import io.millrace.codec.Addresses;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Flow;
import io.millrace.dataplane.nat.Front;
import io.millrace.dataplane.nat.Inventory;
import io.millrace.dataplane.nat.MappingSearch;
import io.millrace.dataplane.nat.Nat;
import io.millrace.dataplane.nat.Service;
import io.millrace.dataplane.nat.SessionSearch;
import io.millrace.tools.words.Json;
import io.millrace.vtep.wiring.Routing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The gateways, what is published and hidden there, and which connections go through them. The tables are read in pieces
 * between turns, so that packets wait for none of it.
 */
final class NatAnswer {
    private static final List<Drop> FOR_WANT_OF_ROOM =
            List.of(Drop.NAT_FULL, Drop.NAT_PORTS, Drop.SESSION_LIMIT, Drop.PORT_LIMIT, Drop.TOO_MANY_NEIGHBORS);

    private final Running running;
    private final NatQuery query;
    private final Json json = new Json();

    NatAnswer(Running running, NatQuery query) {
        this.running = running;
        this.query = query;
    }

    /** A service at one moment. */
    private record Rule(
            Service service,
            List<Backend> backends,
            List<Long> given,
            boolean virtual,
            long connections,
            long refused) {
        static Rule of(Service service, Nat nat) {
            var front = service.front();
            return new Rule(
                    service,
                    service.backends(),
                    service.backends().stream().map(Backend::connections).toList(),
                    nat.gateways().stream().anyMatch(gateway -> gateway.isVirtual(front.high(), front.low())),
                    service.connections(),
                    service.refused());
        }
    }

    String json() {
        var most = query.most();
        var wanted = query.wanted();
        var routing = running.routing();
        json.object().name("settings");
        if (routing == null) {
            return json.value((String) null).endObject().toString();
        }
        var nat = routing.nat();
        NatSettingsText.write(json, running.topology().nat());
        gateways(routing);
        rules(nat);
        var mappings = new MappingSearch(nat, wanted, most);
        all(mappings::look);
        mappings(mappings);
        var sessions = new SessionSearch(nat, wanted, most);
        all(sessions::look);
        sessions(sessions);
        var neighbors = neighbors(nat);
        neighbors(neighbors);
        counts(nat, neighbors);
        json.name("drops").array();
        routing.gateways().values().forEach(gateway -> drops(gateway.name()));
        return json.endArray().endObject().toString();
    }

    /** Looks until there is no more, a piece between two turns. */
    private void all(Supplier<Boolean> look) {
        boolean more = true;
        while (more) {
            more = running.ask(look);
        }
    }

    private void drops(String node) {
        Answers.reasons(json, node, running.counters().drops(node));
    }

    private void gateways(Routing routing) {
        json.name("gateways").array();
        for (var gateway : routing.gateways().values()) {
            var settings = gateway.settings();
            long mac = running.ask(gateway::mac);
            json.object();
            json.name("network").value(settings.network());
            json.name("uplink").value(settings.isUplink());
            json.name("addresses").array();
            settings.addresses()
                    .forEach(own -> json.value(own.address().text() + "/"
                            + (own.prefix() - (own.address().isIpv4() ? 96 : 0))));
            json.endArray();
            json.name("mac").value(mac == 0 ? null : Addresses.mac(mac));
            json.name("ipv4").value(word(settings.ipv4()));
            json.name("ipv6").value(word(settings.ipv6()));
            json.name("masquerade").value(settings.masquerade());
            json.name("internal").value(settings.internal());
            json.name("hidden_ipv4").value(text(settings.hiddenIpv4()));
            json.name("hidden_ipv6").value(text(settings.hiddenIpv6()));
            json.endObject();
        }
        json.endArray();
    }

    private static @Nullable String text(@Nullable Ipv6Address address) {
        return address == null ? null : address.text();
    }

    /** As the topology file has it: {@code nat-unprotected}. */
    static String word(Enum<?> of) {
        return of.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void rules(Nat nat) {
        json.name("rules").array();
        var rules = running.ask(() -> {
            var all = new ArrayList<Rule>();
            nat.services().forEach(service -> all.add(Rule.of(service, nat)));
            return all;
        });
        for (var rule : rules) {
            json.object();
            json.name("service").value(rule.service.name());
            front(rule.service.front());
            json.name("virtual").value(rule.virtual);
            json.name("balance").value(word(rule.service.balance()));
            json.name("connections").value(rule.connections);
            json.name("refused").value(rule.refused);
            json.name("backends").array();
            for (int i = 0; i < rule.backends.size(); i++) {
                var backend = rule.backends.get(i);
                json.object();
                json.name("address").value(new Ipv6Address(backend.high(), backend.low()).text());
                json.name("port").value(backend.port());
                json.name("weight").value(backend.weight());
                json.name("draining").value(backend.isDraining());
                json.name("connections").value(rule.given.get(i));
                json.endObject();
            }
            json.endArray().endObject();
        }
        json.endArray();
    }

    private void front(Front front) {
        json.name("address").value(new Ipv6Address(front.high(), front.low()).text());
        json.name("protocol").value(Inventory.protocol(front.protocol()));
        json.name("port").value(front.first());
        json.name("last_port").value(front.last());
    }

    private void mappings(MappingSearch found) {
        json.name("mappings").object();
        json.name("matches").value(found.matches());
        json.name("shown").array();
        for (var mapping : found.first()) {
            json.object();
            json.name("protocol").value(Inventory.protocol(mapping.protocol()));
            json.name("inside").value(mapping.inside().text());
            json.name("inside_port").value(mapping.insidePort());
            json.name("outside").value(mapping.outside().text());
            json.name("outside_port").value(mapping.outsidePort());
            json.name("sessions").value(mapping.sessions());
            json.name("resting_s");
            if (mapping.sessions() > 0) {
                json.value((String) null);
            } else {
                seconds(mapping.resting());
            }
            json.endObject();
        }
        json.endArray().endObject();
    }

    private void sessions(SessionSearch found) {
        json.name("sessions").object();
        json.name("matches").value(found.matches());
        json.name("states").object();
        found.states().forEach((state, count) -> json.name(state.toString()).value(count));
        json.endObject().name("shown").array();
        for (var session : found.newest()) {
            json.object();
            json.name("protocol").value(Inventory.protocol(session.protocol()));
            json.name("original");
            flow(session.original());
            json.name("reply");
            flow(session.reply());
            json.name("state").value(session.state().toString());
            json.name("answered").value(session.answered());
            json.name("age_s");
            seconds(session.age());
            json.name("idle_s");
            seconds(session.idle());
            json.name("expires_s");
            seconds(session.left());
            json.name("service").value(session.service());
            json.name("backend").value(session.backend());
            json.name("onward");
            next(session.onward());
            json.name("back");
            next(session.back());
            json.endObject();
        }
        json.endArray().endObject();
    }

    private void seconds(long nanos) {
        json.number(String.format(Locale.ROOT, "%.1f", nanos / 1e9));
    }

    private void flow(Flow flow) {
        json.object();
        json.name("source").value(flow.source().text());
        json.name("source_port").value(flow.sourcePort());
        json.name("destination").value(flow.destination().text());
        json.name("destination_port").value(flow.destinationPort());
        json.endObject();
    }

    private void next(SessionSearch.@Nullable Next next) {
        if (next == null) {
            json.value((String) null);
        } else {
            json.object();
            json.name("network").value(next.network());
            json.name("address").value(next.address().text()).endObject();
        }
    }

    private List<Inventory.Neighbor> neighbors(Nat nat) {
        var all = new ArrayList<Inventory.Neighbor>();
        var inventory = new Inventory(nat, running.graph());
        int from = 0;
        do {
            int at = from;
            from = running.ask(() -> inventory.neighbors(at, all));
        } while (from > 0);
        return all;
    }

    private void neighbors(List<Inventory.Neighbor> neighbors) {
        json.name("neighbors").array();
        for (var neighbor : neighbors) {
            json.object();
            json.name("network").value(neighbor.network());
            json.name("address").value(neighbor.address().text());
            json.name("next_hop");
            VtepAnswer.write(json, neighbor.by());
            json.name("sessions").value(neighbor.sessions());
            json.name("frames").value(neighbor.frames()).endObject();
        }
        json.endArray();
    }

    private void counts(Nat nat, List<Inventory.Neighbor> neighbors) {
        var inventory = new Inventory(nat, running.graph());
        var counts = running.ask(inventory::counts);
        json.name("counts").object();
        json.name("sessions").value(counts.sessions());
        json.name("max_sessions").value(counts.mostSessions());
        json.name("opened").value(counts.opened());
        json.name("evicted").value(counts.evicted());
        json.name("refused").value(refused(nat));
        json.name("mappings").value(counts.mappings());
        json.name("fragments").value(counts.fragments());
        json.name("waiting").value(waiting(neighbors));
        json.name("free_ports").array();
        for (var pool : running.ask(inventory::pools)) {
            json.object();
            json.name("address").value(pool.address().text());
            json.name("protocol").value(pool.protocolName());
            json.name("free").value(pool.free()).endObject();
        }
        json.endArray().endObject();
    }

    /** Several neighbours may be behind one router, whose frames wait once. */
    private static long waiting(List<Inventory.Neighbor> neighbors) {
        var seen = new HashSet<String>();
        return neighbors.stream()
                .filter(neighbor ->
                        seen.add(neighbor.network() + " " + neighbor.by().address()))
                .mapToLong(neighbor -> neighbor.by().waiting())
                .sum();
    }

    private long refused(Nat nat) {
        return nat.gateways().stream()
                .map(gateway -> running.counters().drops(gateway.name()))
                .mapToLong(drops ->
                        FOR_WANT_OF_ROOM.stream().mapToLong(drops::frames).sum())
                .sum();
    }
}
