package io.millrace.vtep.publish;

import io.millrace.vtep.network.AddressPlan;
import io.millrace.vtep.network.Clash;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.network.GatewayPolicy.Mode;
import io.millrace.vtep.network.HostInterface;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.Network.Switched;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.PublishedPort.Protocol;
import io.millrace.vtep.network.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * What is published on this host: at first what the topology says, then what is published and unpublished while it runs.
 * Whatever fails leaves everything as it was. For one thread.
 */
public final class PublishedPorts {
    private final Topology topology;
    private final AddressPlan addresses;
    private final PortRange ephemeral;
    private final PortAllocator allocator = new PortAllocator();
    private final Map<String, List<Publication>> published = new LinkedHashMap<>();

    private PublishedPorts(Topology topology) {
        this.topology = topology;
        this.addresses = topology.addresses();
        var range = topology.nat().ephemeral();
        this.ephemeral = range == null ? EphemeralPorts.kernel() : range;
    }

    /**
     * Publishes what a topology says, in the order of the file; nothing if it has no uplink with an address.
     *
     * @throws Clash by Docker's words, naming the service
     */
    public static PublishedPorts of(Topology topology) {
        var ports = new PublishedPorts(topology);
        for (var service : topology.services().values()) {
            try {
                service.ports().forEach(port -> ports.publish(service.name(), port));
                if (service.publishAll()) {
                    Exposed.beyond(service).forEach(port -> ports.publish(service.name(), port));
                }
            } catch (IllegalArgumentException e) {
                throw new Clash(service.name(), Objects.requireNonNull(e.getMessage()));
            }
        }
        return ports;
    }

    /** Everything, in the order it was published, service by service. */
    public List<Publication> all() {
        return published.values().stream().flatMap(List::stream).toList();
    }

    /** What one service publishes. */
    public List<Publication> of(String service) {
        return List.copyOf(published.getOrDefault(service, List.of()));
    }

    /**
     * Publishes a port, or a range of them.
     *
     * @return one rule for each address, run of ports and, in mode {@code host}, replica; none where Docker silently
     *     publishes nothing: the service is on internal networks only, or on none with a gateway
     * @throws IllegalArgumentException by Docker's words
     */
    public List<Publication> publish(String name, PublishedPort port) {
        var service = topology.services().get(name);
        if (service == null) {
            throw new IllegalArgumentException("No such service: " + name);
        }
        var network = topology.gatewayNetwork(service);
        var uplink = topology.uplink();
        if (uplink == null || uplink.address() == null || network == null) {
            return List.of();
        }
        var replicas = service.endpoints().stream()
                .filter(endpoint -> endpoint.network().equals(network))
                .toList();
        var added = new ArrayList<Publication>();
        try {
            for (var endpoints : shares(port, replicas)) {
                added.addAll(take(name, endpoints, hostAddresses(port, network, uplink, endpoints), port));
                for (var publication : added) {
                    checkBind(publication, uplink);
                }
            }
        } catch (IllegalStateException e) {
            added.forEach(this::release);
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        published.computeIfAbsent(name, n -> new ArrayList<>()).addAll(added);
        return added;
    }

    /** All replicas behind one port, or each behind its own. */
    private static List<List<Endpoint>> shares(PublishedPort port, List<Endpoint> replicas) {
        if (port.mode() == PublishedPort.Mode.HOST) {
            return replicas.stream().map(List::of).toList();
        }
        return replicas.isEmpty() ? List.of() : List.of(replicas);
    }

    /**
     * Where a port is published: at the address that is named, else at every address of the uplink. Nothing is translated from
     * one family to the other: a service has no port in the family in which it has no address.
     */
    private List<IpAddress> hostAddresses(
            PublishedPort port, String network, HostInterface uplink, List<Endpoint> endpoints) {
        var named = port.hostAddress();
        var binding = ((Switched) Objects.requireNonNull(topology.networks().get(network)))
                .segment()
                .gateway()
                .hostBinding();
        var all = new ArrayList<IpAddress>(2);
        if (named != null) {
            all.add(named);
        } else if (binding != null && !PortAllocator.isWildcard(binding) && uplink.address(false) != null) {
            all.add(binding); // an IPv4 address, and then there is no port in IPv6
        } else {
            for (var own : uplink.addresses()) {
                all.add(PortAllocator.wildcard(own.address().v6()));
            }
            all.sort(Comparator.comparing(IpAddress::v6));
        }
        all.removeIf(address -> addresses.address(endpoints.getFirst(), address.v6()) == null);
        return all;
    }

    /** All the families of a port get the same ports of the host. */
    private List<Publication> take(
            String service, List<Endpoint> endpoints, List<IpAddress> where, PublishedPort port) {
        var pieces = new ArrayList<Publication>();
        var at = new ArrayList<IpAddress>(2);
        var container = port.containerPorts();
        for (var address : where) {
            if (mode(endpoints.getFirst().network(), address.v6()) == Mode.ROUTED) {
                pieces.add(new Publication(service, endpoints, port.protocol(), address, null, container));
            } else {
                at.add(address);
            }
        }
        if (at.isEmpty()) {
            return pieces;
        }
        var host = port.hostPorts();
        if (host != null && host.size() == container.size()) {
            allocator.take(at, port.protocol(), host);
            at.forEach(address ->
                    pieces.add(new Publication(service, endpoints, port.protocol(), address, host, container)));
            return pieces;
        }
        int next = container.first();
        try {
            while (next <= container.last()) {
                var piece = allocator.takeAny(
                        at, port.protocol(), host == null ? ephemeral : host, container.last() - next + 1);
                var inside = new PortRange(next, next + piece.size() - 1);
                at.forEach(address ->
                        pieces.add(new Publication(service, endpoints, port.protocol(), address, piece, inside)));
                next += piece.size();
            }
        } catch (IllegalStateException e) {
            pieces.forEach(this::release);
            throw e;
        }
        return pieces;
    }

    /** What the kernel would say to Docker, which binds each port of the host. */
    private static void checkBind(Publication publication, HostInterface uplink) {
        var where = publication.hostText() + ":" + publication.hostPort(0);
        if (publication.protocol() == Protocol.SCTP) {
            throw new IllegalStateException("failed to listen on " + where + ": protocol not supported");
        }
        var address = publication.hostAddress();
        if (!PortAllocator.isWildcard(address) && !address.isLoopback() && !uplink.has(address)) {
            throw new IllegalStateException("listen " + publication.protocol() + (address.v6() ? "6 " : "4 ") + where
                    + ": bind: cannot assign requested address");
        }
    }

    private Mode mode(String network, boolean v6) {
        return ((Switched) Objects.requireNonNull(topology.networks().get(network)))
                .segment()
                .gateway()
                .mode(v6);
    }

    private void release(Publication publication) {
        if (publication.hostPorts() != null) {
            allocator.release(List.of(publication.hostAddress()), publication.protocol(), publication.hostPorts());
        }
    }

    /**
     * Takes back what a service published at these ports of the host, also a part of a range.
     *
     * @return exactly what is published no more
     * @throws IllegalArgumentException when one of the ports was not published by the service
     */
    public List<Publication> unpublish(String service, PortRange hostPorts, Protocol protocol) {
        var taken = new Taken(of(service), its -> its.protocol() == protocol, hostPorts);
        int found = taken.removed.stream()
                .mapToInt(its -> its.containerPorts().size())
                .sum();
        if (found < hostPorts.size()) {
            throw new IllegalArgumentException(
                    "No public port '" + hostPorts + "/" + protocol + "' published for " + service);
        }
        return take(service, taken);
    }

    /**
     * Takes back what a service has at the very address, as far as there is any.
     *
     * @param port with an address; its container's ports count only where it has none of the host
     */
    List<Publication> withdraw(String service, PublishedPort port) {
        var ports = port.hostPorts() == null ? port.containerPorts() : port.hostPorts();
        return take(
                service,
                new Taken(
                        of(service),
                        its -> its.protocol() == port.protocol()
                                && its.hostAddress().equals(port.hostAddress())
                                && (its.hostPorts() == null) == (port.hostPorts() == null),
                        ports));
    }

    private List<Publication> take(String service, Taken taken) {
        taken.removed.forEach(this::release);
        published.put(service, taken.kept);
        return taken.removed;
    }

    /** Rules without some ports. */
    private static final class Taken {
        private final List<Publication> removed = new ArrayList<>();
        private final List<Publication> kept = new ArrayList<>();

        Taken(List<Publication> all, Predicate<Publication> which, PortRange ports) {
            for (var one : all) {
                var cut = which.test(one) ? one.cut(ports) : null;
                if (cut == null) {
                    kept.add(one);
                } else {
                    removed.add(cut);
                    kept.addAll(one.without(ports));
                }
            }
        }
    }

    /**
     * Does what was done before a start. What is so already, and ports to be taken back that nobody has, are none to do.
     *
     * @throws IllegalArgumentException by Docker's words, as when the topology has given the port to another one since
     */
    public void apply(PortChange change) {
        var port = change.port();
        if (!change.publishes()) {
            withdraw(change.service(), port);
        } else if (of(change.service()).stream().noneMatch(its -> isAlready(its, port))) {
            publish(change.service(), port);
        }
    }

    private static boolean isAlready(Publication its, PublishedPort port) {
        return its.protocol() == port.protocol()
                && its.hostAddress().equals(port.hostAddress())
                && Objects.equals(its.hostPorts(), port.hostPorts())
                && its.containerPorts().equals(port.containerPorts());
    }

    /** Publishes what was published at some moment before, and nothing else. */
    public void reset(List<Publication> before) {
        all().forEach(this::release);
        published.clear();
        for (var publication : before) {
            var host = publication.hostPorts();
            if (host != null) {
                allocator.take(List.of(publication.hostAddress()), publication.protocol(), host);
            }
            published
                    .computeIfAbsent(publication.service(), n -> new ArrayList<>())
                    .add(publication);
        }
    }
}
