package io.millrace.vtep.wiring;

import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Balance;
import io.millrace.dataplane.nat.Front;
import io.millrace.dataplane.nat.Service;
import io.millrace.vtep.network.AddressPlan;
import io.millrace.vtep.network.Endpoint;
import java.util.ArrayList;
import java.util.List;

/** The replicas of a service of the topology, as backends that are numbered as they are. */
record Replicas(io.millrace.vtep.network.Service of, AddressPlan plan) {
    /**
     * A service of the gateways' with the replicas for backends.
     *
     * @param network by which they are reached
     * @param port theirs for the first of the front's
     */
    Service behind(Front front, String network, boolean v6, int port) {
        var there = of.endpoints().stream()
                .filter(endpoint -> endpoint.network().equals(network))
                .toList();
        return behind(front, there, v6, port);
    }

    /** The same with some of the replicas. */
    Service behind(Front front, List<Endpoint> endpoints, boolean v6, int port) {
        var balancing = of.balancing();
        var backends = new ArrayList<Backend>();
        for (var endpoint : endpoints) {
            var address = plan.address(endpoint, v6);
            if (address != null) {
                var mapped = address.mapped();
                int replica = endpoint.replica();
                backends.add(new Backend(replica, mapped.high(), mapped.low(), port, balancing.weight(replica)));
            }
        }
        var balance = switch (balancing.method()) {
            case RR -> Balance.ROUND_ROBIN;
            case WEIGHTED -> Balance.WEIGHTED;
            case MAGLEV -> Balance.MAGLEV;
            case SOURCE -> Balance.SOURCE;
        };
        var service = new Service(of.name(), front, balance, backends);
        balancing.draining().forEach(replica -> service.drain(replica, true));
        return service;
    }
}
