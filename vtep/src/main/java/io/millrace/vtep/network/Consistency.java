package io.millrace.vtep.network;

import io.millrace.vtep.network.Network.Overlay;
import io.millrace.vtep.network.Network.Switched;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whether the parts of a topology can all be as they are; each that cannot is a {@link Clash}. */
final class Consistency {
    private Consistency() {}

    static void check(
            Map<String, Network> networks,
            Map<String, Service> services,
            @Nullable HostInterface uplink,
            @Nullable HostInterface underlay) {
        for (var service : services.values()) {
            for (var entry : service.networks().entrySet()) {
                connects(networks, service, entry.getKey(), entry.getValue());
            }
        }
        subnetsApart(networks);
        vnisApart(networks);
        endpointsApart(services, uplink, underlay);
        portsFit(networks, services);
        stationsStand(networks, services);
        overlaysReach(networks, underlay);
        endpointsAreElsewhere(networks, services);
        published(services, uplink);
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

    private static void portsFit(Map<String, Network> networks, Map<String, Service> services) {
        var ports = new HashMap<String, Integer>();
        for (var service : services.values()) {
            for (var network : service.networks().keySet()) {
                int now = ports.merge(network, service.replicas() == null ? 1 : service.replicas(), Integer::sum);
                if (now > Topology.MOST_PORTS && networks.get(network) instanceof Overlay) {
                    throw new Clash(
                            service.name(),
                            "overlay " + Words.quote(network) + " has more than " + Topology.MOST_PORTS
                                    + " ports here");
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
    private static void endpointsApart(
            Map<String, Service> services, @Nullable HostInterface uplink, @Nullable HostInterface underlay) {
        var owners = new HashMap<String, Endpoint>();
        host(owners, Topology.UNDERLAY, underlay);
        host(owners, Topology.UPLINK, uplink);
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

    private static void host(Map<String, Endpoint> owners, String name, @Nullable HostInterface host) {
        if (host != null) {
            var its = new Endpoint(name, name, 1, "", Connection.PLAIN);
            claim(owners, "port name " + name, its);
            if (!host.isSocket()) {
                claim(owners, "interface " + host.name(), its);
            }
        }
    }

    /** Ports are published at an address of the uplink. */
    private static void published(Map<String, Service> services, @Nullable HostInterface uplink) {
        if (uplink == null || uplink.address() != null) {
            return;
        }
        for (var service : services.values()) {
            if (service.publishes()) {
                throw new Clash(
                        service.name(),
                        "service " + Words.quote(service.name())
                                + " publishes ports, which needs an uplink with an 'address': "
                                + "that is where they are reached");
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
                var ports = Topology.portsByName(key, services);
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
}
