package io.millrace.vtep.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A service of a Compose file: one or more like hosts.
 *
 * @param replicas how many; null: the file does not say, there is one and it bears the service's own name
 * @param endpointMode how the service's own name is resolved
 * @param networks by network, the one with the highest priority first
 * @param ports published on the uplink
 * @param dns what the service's hosts ask for names
 * @param exposed listened on, and published only by {@code publishAll}
 * @param publishAll whether every exposed port is published, each at any free port, Docker's {@code -P}
 * @param balancing how its replicas share new connections
 */
public record Service(
        String name,
        @Nullable Integer replicas,
        EndpointMode endpointMode,
        Map<String, Connection> networks,
        List<PublishedPort> ports,
        Dns dns,
        List<ExposedPort> exposed,
        boolean publishAll,
        Balancing balancing) {
    /** More would not be a file but a load. */
    public static final int MOST_REPLICAS = 4_096;

    /** {@code VIP}: one virtual address, balanced; {@code DNSRR}: the addresses of all replicas. */
    public enum EndpointMode {
        VIP,
        DNSRR
    }

    /**
     * Whom the service's hosts ask for names.
     *
     * @param servers asked in order; empty: the host's
     */
    public record Dns(List<IpAddress> servers, List<String> search, List<String> options) {
        public static final Dns HOST = new Dns(List.of(), List.of(), List.of());

        public Dns {
            servers = List.copyOf(servers);
            search = List.copyOf(search);
            options = List.copyOf(options);
        }
    }

    /** A service that exposes nothing beyond what it publishes. */
    public Service(
            String name,
            @Nullable Integer replicas,
            EndpointMode endpointMode,
            Map<String, Connection> networks,
            List<PublishedPort> ports,
            Dns dns) {
        this(name, replicas, endpointMode, networks, ports, dns, List.of(), false, Balancing.DEFAULT);
    }

    public Service {
        exposed = List.copyOf(exposed);
        networks = Words.inOrder(networks);
        ports = List.copyOf(ports);
        if (replicas != null) {
            Words.within("replicas", replicas, 0, MOST_REPLICAS);
        }
        if (replicas != null && replicas > 1) {
            for (var connection : networks.values()) {
                oneForMany(replicas, connection);
            }
        }
        balancing.check(replicas == null ? 1 : replicas);
    }

    /** A service with one replica on one network. */
    public static Service of(String name, String network, Connection connection) {
        return new Service(name, null, EndpointMode.VIP, Map.of(network, connection), List.of(), Dns.HOST);
    }

    private static void oneForMany(int replicas, Connection connection) {
        var address = connection.ipv4() != null ? connection.ipv4() : connection.ipv6();
        if (address != null) {
            throw new IllegalArgumentException("address " + address + " cannot be that of " + replicas + " replicas");
        }
        if (connection.mac() != null) {
            throw new IllegalArgumentException(
                    "MAC address " + connection.mac() + " cannot be that of " + replicas + " replicas");
        }
        var attachment = connection.attachment();
        if (attachment != null && !attachment.name().contains(Attachment.REPLICA)) {
            throw new IllegalArgumentException(attachment + " cannot serve " + replicas + " replicas: write "
                    + Attachment.REPLICA + " in its name, which stands for the replica's number");
        }
    }

    /** Whether any port of it is to be reached from outside. */
    public boolean publishes() {
        return !ports.isEmpty() || (publishAll && !exposed.isEmpty());
    }

    /** Whether it is one address for many replicas on each of its networks. */
    public boolean hasVirtualAddress() {
        return endpointMode == EndpointMode.VIP && replicas != null && replicas > 1;
    }

    /** Replica by replica, network by network. */
    public List<Endpoint> endpoints() {
        var endpoints = new ArrayList<Endpoint>();
        for (int replica = 1; replica <= (replicas == null ? 1 : replicas); replica++) {
            for (var entry : networks.entrySet()) {
                var connection = entry.getValue();
                var attachment = connection.attachment();
                if (attachment != null) {
                    connection = connection.with(attachment.forReplica(replica));
                }
                var portName = name
                        + (replicas == null ? "" : "." + replica)
                        + (networks.size() == 1 ? "" : "." + entry.getKey());
                endpoints.add(new Endpoint(portName, name, replica, entry.getKey(), connection));
            }
        }
        return endpoints;
    }
}
