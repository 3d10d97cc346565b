package io.millrace.vtep.network;

import io.millrace.vtep.network.Network.Overlay;
import io.millrace.vtep.network.Network.Switched;
import java.util.Comparator;
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
 * @param nat how connections through the gateways are tracked
 */
public record Topology(
        String name,
        Map<String, Network> networks,
        Map<String, Service> services,
        @Nullable HostInterface uplink,
        @Nullable HostInterface underlay,
        int workers,
        Idle idle,
        NatSettings nat) {
    /**
     * {@code BUSY} spins, {@code BACKOFF} yields after a while, {@code POLL}, the default, sleeps until the kernel has
     * something.
     */
    public enum Idle {
        BUSY,
        BACKOFF,
        POLL
    }

    /** A topology about whose gateways nothing is said. */
    public Topology(
            String name,
            Map<String, Network> networks,
            Map<String, Service> services,
            @Nullable HostInterface uplink,
            @Nullable HostInterface underlay,
            int workers,
            Idle idle) {
        this(name, networks, services, uplink, underlay, workers, idle, NatSettings.DEFAULT);
    }

    public Topology {
        networks = Words.inOrder(networks);
        services = Words.inOrder(services);
        Words.within("workers", workers, 1, 64);
        Consistency.check(networks, services, uplink, underlay);
        AddressPlan.of(networks, services);
    }

    /** Networks and services with nothing said about the host. */
    public static Topology of(Map<String, Network> networks, List<Service> services) {
        var byName = new LinkedHashMap<String, Service>();
        services.forEach(service -> byName.put(service.name(), service));
        return new Topology("millrace", networks, byName, null, null, 1, Idle.POLL);
    }

    /** The same topology on a host that is otherwise connected to the others. */
    public Topology withUnderlay(HostInterface other) {
        return new Topology(name, networks, services, uplink, other, workers, idle, nat);
    }

    /** The same topology on a host with another way out. */
    public Topology withUplink(HostInterface other) {
        return new Topology(name, networks, services, other, underlay, workers, idle, nat);
    }

    /** The same topology with other networks of the same names. */
    public Topology withNetworks(Map<String, Network> others) {
        return new Topology(name, others, services, uplink, underlay, workers, idle, nat);
    }

    /** The same topology with other settings of the translation. */
    public Topology with(NatSettings other) {
        return new Topology(name, networks, services, uplink, underlay, workers, idle, other);
    }

    /** Every port of every switch, in the order of the file. */
    public List<Endpoint> endpoints() {
        return endpoints(services);
    }

    static List<Endpoint> endpoints(Map<String, Service> services) {
        return services.values().stream().flatMap(s -> s.endpoints().stream()).toList();
    }

    /** Who has which address, the gateways among them; made anew at each call. */
    public AddressPlan addresses() {
        return AddressPlan.of(networks, services);
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

    /** The most ports of one switch on this host: with all the hosts that may take part in an overlay, it can number them. */
    public static final int MOST_PORTS = 8_192;

    /** The name of the uplink's port. */
    public static final String UPLINK = "uplink";

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
        return hostEndpoint(UNDERLAY, underlay);
    }

    /** The port by which packets leave this host, as if it were a service's; null: there is none. */
    public @Nullable Endpoint uplinkEndpoint() {
        return hostEndpoint(UPLINK, uplink);
    }

    private static @Nullable Endpoint hostEndpoint(String name, @Nullable HostInterface host) {
        if (host == null || host.address() == null) {
            return null;
        }
        var connection = host.isSocket() ? Connection.PLAIN : Connection.to(new Attachment(host.kind(), host.name()));
        return new Endpoint(name, name, 1, "", connection);
    }

    /**
     * The network that has a service's default gateway and its published ports, chosen as Docker does: by {@code
     * gw_priority}, then the one with more families, then by name; null: none of them leads out.
     */
    public @Nullable String gatewayNetwork(Service service) {
        return service.networks().entrySet().stream()
                .filter(entry -> leadsOut(entry.getKey()))
                .min(Comparator.comparingInt((Map.Entry<String, Connection> entry) ->
                                entry.getValue().gatewayPriority())
                        .reversed()
                        .thenComparingLong(entry -> -families(entry.getKey()))
                        .thenComparing(entry -> nameOf(entry.getKey())))
                .map(Map.Entry::getKey)
                .orElse(null);
    }

    private String nameOf(String network) {
        var known = networks.get(network);
        return known == null ? network : known.name();
    }

    private boolean leadsOut(String network) {
        return networks.get(network) instanceof Switched switched
                && !(switched instanceof Network.Macvlan)
                && !switched.segment().internal()
                && families(network) > 0;
    }

    private long families(String network) {
        return networks.get(network) instanceof Switched switched
                ? switched.segment().ipam().stream()
                        .map(config -> config.subnet().first().v6())
                        .distinct()
                        .count()
                : 0;
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

    /** A network's ports by their names; that of a service without replicas also by the service's name. */
    static Map<String, Endpoint> portsByName(String network, Map<String, Service> services) {
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
