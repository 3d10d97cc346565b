package io.millrace.vtep.wiring;

import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Balance;
import io.millrace.dataplane.nat.Front;
import io.millrace.dataplane.nat.Service;
import io.millrace.vtep.network.AddressPlan;
import java.util.ArrayList;

/** The replicas of a service of the topology, as backends that are numbered as they are. */
record Replicas(io.millrace.vtep.network.Service of, AddressPlan plan) {
    /**
     * A service of the gateways' with the replicas for backends.
     *
     * @param network by which they are reached
     * @param port theirs for the first of the front's
     */
    Service behind(Front front, String network, boolean v6, int port) {
        var balancing = of.balancing();
        var backends = new ArrayList<Backend>();
        for (var endpoint : of.endpoints()) {
            var address = plan.address(endpoint, v6);
            if (address != null && endpoint.network().equals(network)) {
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
