package io.millrace.tools.topology;

import io.millrace.tools.topology.Section.Context;
import io.millrace.vtep.network.Connection;
import io.millrace.vtep.network.ExposedPort;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Service;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one service: where it is connected, what it publishes, how many it is. */
final class ServiceReader {
    /** The network that Compose connects a service to which names none. */
    static final String DEFAULT_NETWORK = "default";

    private final Context context;
    private final Set<String> networks;
    private final PortReader ports;
    private final Set<String> byMode = new HashSet<>();

    /** {@code networks}: the names declared in the file. */
    ServiceReader(Context context, Set<String> networks) {
        this.context = context;
        this.networks = networks;
        this.ports = new PortReader(context);
    }

    Service service(String name, Yaml value) {
        var service = new Section(context, Keys.SERVICE, value);
        var replicas = replicas(service);
        var deploy = service.section("deploy", Keys.DEPLOY);
        var mode = deploy == null ? Service.EndpointMode.VIP : deploy.word("endpoint_mode", Service.EndpointMode.VIP);
        var dns = new Service.Dns(
                service.listOrOne("dns", IpAddress::parse),
                service.listOrOne("dns_search", text -> text),
                service.list("dns_opt", text -> text));
        var connections = connections(name, service);
        var published = published(service);
        var exposed = service.list("expose", ExposedPort::parse);
        var ours = service.section("x-millrace", Keys.SERVICE_OURS);
        boolean all = ours != null && ours.bool("publish_all", false) && published(service, !exposed.isEmpty());
        var balancing = BalanceReader.balancing(ours, replicas == null ? 1 : replicas);
        return Section.guarded(
                service.at(),
                () -> new Service(name, replicas, mode, connections, published, dns, exposed, all, balancing));
    }

    /** The service's profiles; empty: it is always there. */
    List<String> profiles(Yaml value) {
        return new Section(context, Keys.SERVICE, value).list("profiles", Values::name);
    }

    /** The service named its network by network_mode. */
    boolean byMode(String service) {
        return byMode.contains(service);
    }

    private static @Nullable Integer replicas(Section service) {
        var deploy = service.section("deploy", Keys.DEPLOY);
        var replicas = deploy == null ? null : deploy.integer("replicas", 0, Service.MOST_REPLICAS);
        var scale = service.integer("scale", 0, Service.MOST_REPLICAS);
        if (replicas != null && scale != null && !replicas.equals(scale)) {
            throw service.at("scale").error("scale " + scale + " contradicts deploy.replicas " + replicas);
        }
        return replicas == null ? scale : replicas;
    }

    private List<PublishedPort> published(Section service) {
        var published = new ArrayList<PublishedPort>();
        for (var item : service.items("ports")) {
            published.add(ports.published(item));
        }
        return published(service, !published.isEmpty()) ? published : List.of();
    }

    /** Whether a service that asks to be published is. */
    private boolean published(Section service, boolean asked) {
        var mode = service.text("network_mode");
        if (!asked || mode == null) {
            return asked;
        }
        if (mode.equals("host")) {
            context.notes().sentences.add("Published ports are discarded when using host network mode");
            return false;
        }
        if (mode.startsWith("container:") || mode.startsWith("service:")) {
            throw service.at("ports").error("conflicting options: port publishing and the container type network mode");
        }
        return true;
    }

    private Map<String, Connection> connections(String name, Section service) {
        var mode = service.read("network_mode", ServiceReader::networkMode);
        var ours = service.section("x-millrace", Keys.SERVICE_OURS);
        var mac = service.read("mac_address", MacAddress::parseStation);
        if (mode != null && service.has("networks")) {
            throw service.at("network_mode").error("'network_mode' and 'networks' exclude each other");
        }
        if (mode != null) {
            byMode.add(name);
        }
        var joined = mode != null ? List.of(new Joined(mode, Connection.PLAIN, 0, false)) : joined(name, service);
        if (joined.isEmpty()) {
            joined = List.of(new Joined(DEFAULT_NETWORK, Connection.PLAIN, 0, false));
        }
        // Compose connects by priority; what is equal stays as written. The first network is the main one.
        joined = joined.stream()
                .sorted(Comparator.comparingInt(j -> -j.priority))
                .toList();
        var connections = new LinkedHashMap<String, Connection>();
        for (var network : joined) {
            connections.put(network.network, network.connection);
        }
        var main = joined.getFirst();
        if (ours != null) {
            connections.put(main.network, ofService(name, service, ours, joined));
        }
        if (mac != null) {
            connections.put(main.network, withMac(service, Objects.requireNonNull(connections.get(main.network)), mac));
        }
        return connections;
    }

    /** What the service says of its port holds for its main network. */
    private Connection ofService(String name, Section service, Section ours, List<Joined> joined) {
        var main = joined.getFirst();
        if (main.says) {
            throw service.at("x-millrace")
                    .error("x-millrace is written twice: here and for network " + Keys.quote(main.network));
        }
        if (joined.size() > 1) {
            context.notes()
                    .sentences
                    .add("service " + Keys.quote(name) + ": its x-millrace is that of network "
                            + Keys.quote(main.network) + "; under the other networks it is written for each");
        }
        return ports.plugged(main.connection, ours);
    }

    private static Connection withMac(Section service, Connection connection, MacAddress mac) {
        if (connection.mac() != null && !connection.mac().equals(mac)) {
            throw service.at("mac_address")
                    .error("mac_address " + mac + " contradicts " + connection.mac() + " on the service's network");
        }
        return connection.with(mac);
    }

    /** A network a service names, before the networks are put in order. */
    private record Joined(String network, Connection connection, int priority, boolean says) {}

    private List<Joined> joined(String service, Section section) {
        var joined = new ArrayList<Joined>();
        switch (section.value("networks")) {
            case Yaml.Items list -> {
                var seen = new LinkedHashMap<String, Boolean>();
                for (var item : list.items()) {
                    var network = context.parse("networks", item, text -> text);
                    known(service, network, item.at());
                    if (seen.put(network, true) != null) {
                        throw item.at().error("network " + Keys.quote(network) + " is named twice");
                    }
                    joined.add(new Joined(network, Connection.PLAIN, 0, false));
                }
            }
            case null -> {}
            case Yaml ignored ->
                section.entries("networks", text -> text, (network, value) -> {
                            known(service, network, section.keyAt("networks", network));
                            return one(network, value);
                        })
                        .values()
                        .forEach(joined::add);
        }
        return joined;
    }

    private Joined one(String network, Yaml value) {
        var section = new Section(context, Keys.CONNECTION, value);
        var aliases = section.list("aliases", text -> text);
        var ipv4 = section.read("ipv4_address", IpAddress::parse);
        var ipv6 = section.read("ipv6_address", IpAddress::parse);
        var mac = section.read("mac_address", MacAddress::parseStation);
        var gateway = section.integer("gw_priority", Integer.MIN_VALUE, Integer.MAX_VALUE);
        var priority = section.integer("priority", -1_000_000, 1_000_000);
        var ours = section.section("x-millrace", Keys.CONNECTION_OURS);
        var connection = Section.guarded(
                section.at(ipv4 != null && ipv4.v6() ? "ipv4_address" : "ipv6_address"),
                () -> new Connection(
                        aliases, ipv4, ipv6, mac, gateway == null ? 0 : gateway, null, Connection.PLAIN.port()));
        return new Joined(
                network,
                ours == null ? connection : ports.plugged(connection, ours),
                priority == null ? 0 : priority,
                ours != null);
    }

    private void known(String service, String network, Yaml.Place at) {
        if (!networks.contains(network) && !network.equals(DEFAULT_NETWORK)) {
            var near = Keys.nearest(network, networks);
            throw at.error("service " + Keys.quote(service) + " refers to undefined network " + Keys.quote(network)
                    + (near == null ? "" : "; did you mean '" + near + "'?"));
        }
    }

    /** Docker's words, each of which also names the network that stands for it in the model. */
    private static String networkMode(String text) {
        boolean other = (text.startsWith("service:") || text.startsWith("container:")) && !text.endsWith(":");
        if (!other && !Set.of("bridge", "host", "none").contains(text)) {
            throw new IllegalArgumentException(
                    Keys.quote(text) + " is not bridge, host, none, service:NAME or container:NAME");
        }
        return text;
    }
}
