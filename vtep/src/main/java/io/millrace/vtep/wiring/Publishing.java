package io.millrace.vtep.wiring;

import io.millrace.codec.IpProtocol;
import io.millrace.dataplane.nat.Front;
import io.millrace.dataplane.nat.Nat;
import io.millrace.dataplane.nat.Service;
import io.millrace.vtep.network.AddressPlan;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.PublishedPort.Protocol;
import io.millrace.vtep.network.Topology;
import io.millrace.vtep.publish.PortChange;
import io.millrace.vtep.publish.Publication;
import io.millrace.vtep.publish.PublishedPorts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** What is published, as services of the gateways: at first what the topology says. Changes are made between two turns. */
public final class Publishing {
    private final Topology topology;
    private final Nat nat;
    private final AddressPlan plan;
    private final PublishedPorts ports;
    private final Map<Publication, List<Service>> rules = new LinkedHashMap<>();
    private final List<Publication> begun;
    private volatile List<Publication> shown;

    Publishing(Topology topology, Nat nat, AddressPlan plan) {
        this.topology = topology;
        this.nat = nat;
        this.plan = plan;
        this.ports = PublishedPorts.of(topology);
        ports.all().forEach(this::add);
        begun = ports.all();
        shown = begun;
    }

    /** Everything that is published, service by service. Any thread. */
    public List<Publication> all() {
        return shown;
    }

    /**
     * Publishes a port, or a range of them, which takes no longer.
     *
     * @return what is published by that; nothing where Docker silently publishes nothing, as on an internal network
     * @throws IllegalArgumentException by Docker's words; nothing has changed
     */
    public List<Publication> publish(String service, PublishedPort port) {
        var added = ports.publish(service, port);
        added.forEach(this::add);
        shown = ports.all();
        return added;
    }

    /**
     * Publishes no longer what a service had at these ports of the host; its connections are forgotten at once. Of a range
     * that is taken back in part the rest begins anew.
     *
     * @return what is published no more
     * @throws IllegalArgumentException when the service has not all of them; nothing has changed
     */
    public List<Publication> unpublish(String service, PortRange hostPorts, Protocol protocol) {
        var removed = ports.unpublish(service, hostPorts, protocol);
        follow();
        return removed;
    }

    /** How what is published differs from what the topology says. Any thread. */
    public List<PortChange> changes() {
        return PortChange.between(begun, shown);
    }

    /**
     * Does what was done before a start.
     *
     * @throws IllegalArgumentException as {@link #publish}
     */
    public void apply(PortChange change) {
        ports.apply(change);
        follow();
    }

    /** Takes back what was done since some moment: publishes what was {@linkplain #all published} then. */
    public void reset(List<Publication> before) {
        ports.reset(before);
        follow();
    }

    /** Has the services follow what is published. */
    private void follow() {
        var now = ports.all();
        var before = Set.copyOf(shown);
        var after = Set.copyOf(now);
        before.stream().filter(one -> !after.contains(one)).forEach(this::remove);
        now.stream().filter(one -> !before.contains(one)).forEach(this::add);
        shown = now;
    }

    private void add(Publication publication) {
        if (rules.containsKey(publication)) {
            return; // the same port published twice, where nothing is translated
        }
        var its = new ArrayList<Service>();
        rules.put(publication, its);
        var host = publication.hostPorts();
        if (host == null) {
            open(publication, its);
        } else if (!publication.hostAddress().isLoopback()) { // nobody comes to that by a gateway
            int to = publication.containerPorts().first();
            publish(rule(publication, publication.hostAddress(), host, publication.endpoints(), to), its);
        }
    }

    private void remove(Publication publication) {
        var its = rules.remove(publication);
        if (its == null) {
            return;
        }
        its.forEach(nat::unpublish);
        if (publication.hostPorts() == null) {
            rules.forEach((other, theirs) -> {
                if (other.hostPorts() == null && other.service().equals(publication.service())) {
                    open(other, theirs); // what it shared with this one
                }
            });
        }
    }

    private void publish(Service service, List<Service> its) {
        if (nat.publish(service) == null) {
            its.add(service);
        }
    }

    /** Rules at each replica's own address, for those of the ports that no other rule has opened there. */
    private void open(Publication publication, List<Service> its) {
        var ports = publication.containerPorts();
        for (var endpoint : publication.endpoints()) {
            var address = plan.address(endpoint, publication.hostAddress().v6());
            int first = ports.first();
            for (int port = first; address != null && port <= ports.last() + 1; port++) {
                if (port > ports.last() || isOpen(address, publication.protocol(), port)) {
                    if (first < port) {
                        var some = new PortRange(first, port - 1);
                        publish(rule(publication, address, some, List.of(endpoint), first), its);
                    }
                    first = port + 1;
                }
            }
        }
    }

    private boolean isOpen(IpAddress at, Protocol protocol, int port) {
        var mapped = at.mapped();
        return nat.services().find(mapped.high(), mapped.low(), number(protocol), port) != null;
    }

    private static int number(Protocol protocol) {
        return protocol == Protocol.TCP ? IpProtocol.TCP : IpProtocol.UDP;
    }

    /** @param to the replica's port for the first of {@code ports} */
    private Service rule(Publication publication, IpAddress at, PortRange ports, List<Endpoint> endpoints, int to) {
        int protocol = number(publication.protocol());
        var mapped = at.mapped();
        var front = new Front(mapped.high(), mapped.low(), protocol, ports.first(), ports.last(), ports.size() > 1);
        var service = Objects.requireNonNull(topology.services().get(publication.service()));
        return new Replicas(service, plan).behind(front, endpoints, at.v6(), to);
    }
}
