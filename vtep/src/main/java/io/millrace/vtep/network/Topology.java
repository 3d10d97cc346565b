package io.millrace.vtep.network;

import io.millrace.vtep.network.Network.Overlay;
import io.millrace.vtep.network.Network.Switched;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Everything Millrace is told: the one value that a file, the Docker API and etcd all produce, and that wiring turns into
 * a graph. Immutable; whatever cannot be is refused here, by a sentence.
 *
 * @param name the project's
 * @param networks by the name that services use
 * @param services by name
 * @param uplink null: no way out of this host
 * @param underlay null: overlays reach nobody
 * @param workers how many cores forward, 1 to 64
 * @param idle what a worker does when there is nothing to do
 */
public record Topology(
        String name,
        Map<String, Network> networks,
        Map<String, Service> services,
        @Nullable HostInterface uplink,
        @Nullable HostInterface underlay,
        int workers,
        Idle idle) {
    /**
     * {@code BUSY} spins, {@code BACKOFF} yields after a while, {@code POLL}, the default, sleeps until the kernel has
     * something.
     */
    public enum Idle {
        BUSY,
        BACKOFF,
        POLL
    }

    public Topology {
        networks = Words.inOrder(networks);
        services = Words.inOrder(services);
        Words.within("workers", workers, 1, 64);
        for (var service : services.values()) {
            for (var entry : service.networks().entrySet()) {
                connects(networks, service, entry.getKey(), entry.getValue());
            }
        }
        subnetsApart(networks);
        vnisApart(networks);
        endpointsApart(services, underlay);
        portsFit(networks, services);
        stationsStand(networks, services);
        overlaysReach(networks, underlay);
        endpointsAreElsewhere(networks, services);
    }

    /** Networks and services with nothing said about the host. */
    public static Topology of(Map<String, Network> networks, List<Service> services) {
        var byName = new LinkedHashMap<String, Service>();
        services.forEach(service -> byName.put(service.name(), service));
        return new Topology("millrace", networks, byName, null, null, 1, Idle.POLL);
    }

    /** The same topology on a host that is otherwise connected to the others. */
    public Topology withUnderlay(HostInterface other) {
        return new Topology(name, networks, services, uplink, other, workers, idle);
    }

    /** Every port of every switch, in the order of the file. */
    public List<Endpoint> endpoints() {
        return services.values().stream().flatMap(s -> s.endpoints().stream()).toList();
    }

    /** The ports of one network, in the order of the file; for all networks take {@link #endpointsByNetwork}. */
    public List<Endpoint> endpoints(String network) {
        return services.values().stream()
                .filter(s -> s.networks().containsKey(network))
                .flatMap(s -> s.endpoints().stream())
                .filter(e -> e.network().equals(network))
                .toList();
    }

    /** The ports of every network that has any, found in one pass however many networks there are. */
    public Map<String, List<Endpoint>> endpointsByNetwork() {
        return endpoints().stream()
                .collect(Collectors.groupingBy(Endpoint::network, LinkedHashMap::new, Collectors.toList()));
    }

    /** The name of the underlay's port. */
    public static final String UNDERLAY = "underlay";

    /** The first identifier that an overlay gets which names none, as Docker counts. */
    public static final int FIRST_VNI = 4096;

    /** An overlay's identifier: its own, or one that is free, given out from {@link #FIRST_VNI} in the order of the file. */
    public int vni(String network) {
        var said = new HashSet<Integer>();
        networks.values().forEach(other -> {
            if (other instanceof Overlay overlay && overlay.vni() != null) {
                said.add(overlay.vni());
            }
        });
        int next = FIRST_VNI;
        for (var entry : networks.entrySet()) {
            if (entry.getValue() instanceof Overlay overlay) {
                while (overlay.vni() == null && said.contains(next)) {
                    next++;
                }
                if (entry.getKey().equals(network)) {
                    return overlay.vni() == null ? next : overlay.vni();
                }
                next += overlay.vni() == null ? 1 : 0;
            }
        }
        throw new IllegalArgumentException(Words.quote(network) + " is no overlay");
    }

    /** The port that VXLAN packets travel by, as if it were a service's; null: there is none. */
    public @Nullable Endpoint underlayEndpoint() {
        if (underlay == null || underlay.address() == null) {
            return null;
        }
        var connection = underlay.isSocket()
                ? Connection.PLAIN
                : Connection.to(new Attachment(underlay.kind(), underlay.name()));
        return new Endpoint(UNDERLAY, UNDERLAY, 1, "", connection);
    }

    /** A network knows nothing of VLANs until one of its services speaks of them: until then tags are data. */
    public boolean vlanAware(String network) {
        return services.values().stream()
                .map(service -> service.networks().get(network))
                .anyMatch(connection -> connection != null && connection.port().vlan() != null);
    }

    /** Which port each static address of a network stands at. */
    public Map<MacAddress, Endpoint> stations(String network) {
        var stations = new LinkedHashMap<MacAddress, Endpoint>();
        if (networks.get(network) instanceof Switched switched) {
            var ports = portsByName(network, services);
            switched.segment()
                    .stations()
                    .forEach((mac, name) -> stations.put(mac, Objects.requireNonNull(ports.get(name))));
        }
        return stations;
    }

    private static void connects(
            Map<String, Network> networks, Service service, String network, Connection connection) {
        var known = networks.get(network);
        if (known == null) {
            throw new Clash(
                    service.name(),
                    "service " + Words.quote(service.name()) + " refers to undefined network " + Words.quote(network));
        }
        try {
            if (known instanceof Switched switched) {
                if (connection.ipv4() != null) {
                    switched.segment().admits(connection.ipv4());
                }
                if (connection.ipv6() != null) {
                    switched.segment().admits(connection.ipv6());
                }
            } else if (!connection.equals(Connection.PLAIN)) {
                throw new IllegalArgumentException(
                        "network " + Words.quote(network) + " has no switch: nothing can be said about a port there");
            } else if (service.networks().size() > 1) {
                throw new IllegalArgumentException(
                        "a service of network " + Words.quote(network) + " cannot be connected to any other network");
            }
        } catch (IllegalArgumentException e) {
            throw new Clash(service.name(), Objects.requireNonNull(e.getMessage()));
        }
    }

    private static void overlaysReach(Map<String, Network> networks, @Nullable HostInterface underlay) {
        if (underlay == null) {
            return;
        }
        networks.forEach((key, network) -> {
            if (network instanceof Overlay overlay) {
                if (underlay.address() == null) {
                    throw new Clash(
                            key,
                            "overlay " + Words.quote(key) + " needs an underlay with an 'address': "
                                    + "that is where its packets come from");
                }
                if (underlay.isSocket() && overlay.vtep().group() != null) {
                    throw new Clash(
                            key,
                            "overlay " + Words.quote(key) + " has a 'group', which takes an underlay with an"
                                    + " 'interface'; by a 'socket' name the peers");
                }
                try {
                    overlay.vtep().others().forEach(underlay::checkOther);
                } catch (IllegalArgumentException e) {
                    throw new Clash(key, "overlay " + Words.quote(key) + ": " + e.getMessage());
                }
            }
        });
    }

    /** No station is said to be both here and at another host. */
    private static void endpointsAreElsewhere(Map<String, Network> networks, Map<String, Service> services) {
        networks.forEach((key, network) -> {
            if (network instanceof Overlay overlay
                    && !overlay.vtep().endpoints().isEmpty()) {
                var here = new HashSet<>(overlay.segment().stations().keySet());
                for (var service : services.values()) {
                    var connection = service.networks().get(key);
                    if (connection != null && connection.mac() != null) {
                        here.add(connection.mac());
                    }
                }
                for (var endpoint : overlay.vtep().endpoints()) {
                    if (here.contains(endpoint.mac())) {
                        throw new Clash(
                                key,
                                "endpoint " + endpoint.mac() + " is said to be at " + endpoint.vtep()
                                        + ", and stands here");
                    }
                }
            }
        });
    }

    /** The most ports of one switch on this host: with all the hosts that may take part in an overlay, it can number them. */
    public static final int MOST_PORTS = 8_192;

    private static void portsFit(Map<String, Network> networks, Map<String, Service> services) {
        var ports = new HashMap<String, Integer>();
        for (var service : services.values()) {
            for (var network : service.networks().keySet()) {
                int now = ports.merge(network, service.replicas() == null ? 1 : service.replicas(), Integer::sum);
                if (now > MOST_PORTS && networks.get(network) instanceof Overlay) {
                    throw new Clash(
                            service.name(),
                            "overlay " + Words.quote(network) + " has more than " + MOST_PORTS + " ports here");
                }
            }
        }
    }

    /** As Docker has it: overlays share one address space, all others another. */
    private static void subnetsApart(Map<String, Network> networks) {
        var local = new SubnetOwners();
        var global = new SubnetOwners();
        networks.forEach((key, network) -> {
            if (network instanceof Switched switched) {
                var owners = network instanceof Overlay ? global : local;
                switched.segment().ipam().forEach(config -> owners.claim(key, config.subnet()));
            }
        });
    }

    private static void vnisApart(Map<String, Network> networks) {
        var owners = new HashMap<Integer, String>();
        networks.forEach((key, network) -> {
            if (network instanceof Overlay overlay && overlay.vni() != null) {
                var other = owners.put(overlay.vni(), key);
                if (other != null) {
                    throw new Clash(
                            key,
                            "networks " + Words.quote(other) + " and " + Words.quote(key) + " have the same VNI "
                                    + overlay.vni());
                }
            }
        });
    }

    /** No two endpoints have one name, one device, one address on one network. */
    private static void endpointsApart(Map<String, Service> services, @Nullable HostInterface underlay) {
        var owners = new HashMap<String, Endpoint>();
        if (underlay != null) {
            var its = new Endpoint(UNDERLAY, UNDERLAY, 1, "", Connection.PLAIN);
            owners.put("port name " + UNDERLAY, its);
            owners.put("interface " + underlay.name(), its);
        }
        for (var service : services.values()) {
            for (var endpoint : service.endpoints()) {
                var connection = endpoint.connection();
                claim(owners, "port name " + endpoint.name(), endpoint);
                var attachment = connection.attachment();
                if (attachment != null && !attachment.device().isEmpty()) {
                    claim(owners, "interface " + attachment.device(), endpoint);
                }
                if (attachment != null && !attachment.namespace().isEmpty()) {
                    claim(owners, "eth0 in network namespace " + attachment.namespace(), endpoint);
                }
                if (connection.ipv4() != null) {
                    claim(owners, "address " + connection.ipv4() + " on network " + endpoint.network(), endpoint);
                }
                if (connection.ipv6() != null) {
                    claim(owners, "address " + connection.ipv6() + " on network " + endpoint.network(), endpoint);
                }
                if (connection.mac() != null) {
                    claim(owners, "MAC address " + connection.mac() + " on network " + endpoint.network(), endpoint);
                }
            }
        }
    }

    private static void claim(Map<String, Endpoint> owners, String what, Endpoint endpoint) {
        var other = owners.put(what, endpoint);
        if (other != null) {
            throw new Clash(endpoint.service(), what + " is already in use by " + Words.quote(other.service()));
        }
    }

    private static void stationsStand(Map<String, Network> networks, Map<String, Service> services) {
        networks.forEach((key, network) -> {
            if (network instanceof Switched switched
                    && !switched.segment().stations().isEmpty()) {
                var ports = portsByName(key, services);
                switched.segment().stations().forEach((mac, name) -> {
                    if (!ports.containsKey(name)) {
                        throw new Clash(
                                key,
                                "stations: " + mac + " is said to stand at " + Words.quote(name)
                                        + ", which is no port of network " + Words.quote(key));
                    }
                });
            }
        });
    }

    /** A network's ports by their names; that of a service without replicas also by the service's name. */
    private static Map<String, Endpoint> portsByName(String network, Map<String, Service> services) {
        var ports = new HashMap<String, Endpoint>();
        for (var service : services.values()) {
            for (var endpoint : service.endpoints()) {
                if (endpoint.network().equals(network)) {
                    ports.put(endpoint.name(), endpoint);
                    if (service.replicas() == null) {
                        ports.put(service.name(), endpoint);
                    }
                }
            }
        }
        return ports;
    }
}
