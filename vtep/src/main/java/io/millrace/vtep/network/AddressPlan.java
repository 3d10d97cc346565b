package io.millrace.vtep.network;

import io.millrace.vtep.network.Network.Macvlan;
import io.millrace.vtep.network.Network.Switched;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who has which address, in the order of the file: first the gateways, then who asked for an address, then everybody else
 * the lowest free one, at the end the virtual addresses of services. Made by {@link Topology#addresses}.
 */
public final class AddressPlan {
    private final Map<String, List<AddressPool>> pools = new HashMap<>();
    private final Map<String, List<HostAddress>> gateways = new LinkedHashMap<>();
    private final Map<String, IpAddress> ipv4 = new HashMap<>();
    private final Map<String, IpAddress> ipv6 = new HashMap<>();
    private final Map<String, Map<String, List<IpAddress>>> virtual = new HashMap<>();

    private AddressPlan() {}

    /**
     * Gives out the addresses of a topology.
     *
     * @throws Clash by Docker's words, when there are not enough or one is taken
     */
    static AddressPlan of(Map<String, Network> networks, Map<String, Service> services) {
        var plan = new AddressPlan();
        var endpoints = Topology.endpoints(services);
        networks.forEach((key, network) -> {
            if (network instanceof Switched switched) {
                plan.open(key, switched);
            }
        });
        endpoints.forEach(plan::asked);
        endpoints.forEach(endpoint -> plan.given(endpoint, networks));
        services.values().stream()
                .filter(Service::hasVirtualAddress)
                .forEach(service -> plan.virtual(service, networks));
        return plan;
    }

    private void open(String key, Switched network) {
        var its = new ArrayList<AddressPool>();
        var gates = new ArrayList<HostAddress>();
        try {
            for (var config : network.segment().ipam()) {
                var pool = new AddressPool(config);
                its.add(pool);
                var mode = network.segment().gateway().mode(pool.v6());
                // A macvlan's gateway is a router of that segment, and needs a word to be known.
                boolean ours = !(network instanceof Macvlan) && mode != GatewayPolicy.Mode.ISOLATED;
                if (ours || config.gateway() != null) {
                    var gateway = pool.gateway();
                    if (ours) {
                        gates.add(gateway);
                    }
                }
            }
        } catch (IllegalArgumentException e) {
            throw new Clash(key, Objects.requireNonNull(e.getMessage()));
        }
        pools.put(key, its);
        gateways.put(key, List.copyOf(gates));
    }

    private void asked(Endpoint endpoint) {
        take(endpoint, endpoint.connection().ipv4(), ipv4);
        take(endpoint, endpoint.connection().ipv6(), ipv6);
    }

    private void take(Endpoint endpoint, @Nullable IpAddress address, Map<String, IpAddress> into) {
        if (address == null) {
            return;
        }
        for (var pool : poolsOf(endpoint)) {
            if (pool.contains(address) && !pool.take(address)) {
                throw new Clash(endpoint.service(), "address " + address + ": " + AddressPool.IN_USE);
            }
        }
        into.put(endpoint.name(), address);
    }

    private void given(Endpoint endpoint, Map<String, Network> networks) {
        for (boolean v6 : new boolean[] {false, true}) {
            var into = v6 ? ipv6 : ipv4;
            var its = pools(endpoint.network(), v6);
            if (!its.isEmpty() && !into.containsKey(endpoint.name())) {
                var network = Objects.requireNonNull(networks.get(endpoint.network()));
                into.put(endpoint.name(), lowest(endpoint.service(), its, network));
            }
        }
    }

    private static IpAddress lowest(String service, List<AddressPool> pools, Network network) {
        for (var pool : pools) {
            var address = pool.lowest();
            if (address != null) {
                return address;
            }
        }
        throw new Clash(
                service,
                "no available " + (pools.getFirst().v6() ? "IPv6" : "IPv4")
                        + " addresses on this network's address pools: " + network.name());
    }

    /** On every network whose gateway answers for it, and whose services may reach one another. */
    private void virtual(Service service, Map<String, Network> networks) {
        for (var name : service.networks().keySet()) {
            if (networks.get(name) instanceof Switched network
                    && network.segment().gateway().icc()) {
                var its = new ArrayList<IpAddress>(2);
                for (boolean v6 : new boolean[] {false, true}) {
                    if (gateway(name, v6) != null) {
                        its.add(lowest(service.name(), pools(name, v6), network));
                    }
                }
                if (!its.isEmpty()) {
                    virtual.computeIfAbsent(name, key -> new LinkedHashMap<>()).put(service.name(), List.copyOf(its));
                }
            }
        }
    }

    private List<AddressPool> pools(String network, boolean v6) {
        return pools.getOrDefault(network, List.of()).stream()
                .filter(pool -> pool.v6() == v6)
                .toList();
    }

    private List<AddressPool> poolsOf(Endpoint endpoint) {
        return pools.getOrDefault(endpoint.network(), List.of());
    }

    /** The gateway's addresses on a network, one for each subnet where it has one, in the order of the file. */
    public List<HostAddress> gateways(String network) {
        return gateways.getOrDefault(network, List.of());
    }

    /** The gateway's first address of a family; null: it has none. */
    public @Nullable HostAddress gateway(String network, boolean v6) {
        return gateways(network).stream()
                .filter(gateway -> gateway.address().v6() == v6)
                .findFirst()
                .orElse(null);
    }

    /** A port's address; null: its network has no subnet of that family. */
    public @Nullable IpAddress address(Endpoint endpoint, boolean v6) {
        return (v6 ? ipv6 : ipv4).get(endpoint.name());
    }

    /** The virtual addresses on a network, IPv4 before IPv6, by service. */
    public Map<String, List<IpAddress>> virtual(String network) {
        return virtual.getOrDefault(network, Map.of());
    }

    /** A port's addresses: IPv4, then IPv6, as far as it has them. */
    public List<IpAddress> addresses(Endpoint endpoint) {
        var its = new ArrayList<IpAddress>(2);
        for (boolean v6 : new boolean[] {false, true}) {
            var address = address(endpoint, v6);
            if (address != null) {
                its.add(address);
            }
        }
        return its;
    }
}
