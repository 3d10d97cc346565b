package io.millrace.tools.replay;

import io.millrace.dataplane.nat.Gateway;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/** One gateway of a replay, and what a capture may tell of it and its neighbours. */
final class GatewaySide {
    private final Gateway gateway;
    private final List<HostAddress> addresses;
    private final LongConsumer whereabouts;
    private final boolean learns;
    private final List<IpAddress> routers;
    private boolean hasMac;

    /**
     * A gateway of a wired topology.
     *
     * @param addresses its own
     * @param whereabouts is told its Ethernet address
     * @param hasMac whether the topology names that
     * @param learns whether the topology names no neighbours
     * @param routers the next hops beyond the subnets, of each family one at most
     */
    GatewaySide(
            Gateway gateway,
            List<HostAddress> addresses,
            LongConsumer whereabouts,
            boolean hasMac,
            boolean learns,
            List<IpAddress> routers) {
        this.gateway = gateway;
        this.addresses = addresses;
        this.whereabouts = whereabouts;
        this.hasMac = hasMac;
        this.learns = learns;
        this.routers = new ArrayList<>(routers);
        routers.forEach(router -> knows(router, StandIns.mac(router)));
    }

    boolean isOnLink(IpAddress address) {
        return addresses.stream().anyMatch(own -> own.subnet().contains(address));
    }

    boolean owns(IpAddress address) {
        return addresses.stream().anyMatch(own -> own.address().equals(address));
    }

    long mac() {
        return gateway.mac();
    }

    /** Whether its Ethernet address is known, and not made up. */
    boolean hasMac() {
        return hasMac;
    }

    /** It has that Ethernet address. */
    void isAt(long mac) {
        hasMac = true;
        whereabouts.accept(mac);
    }

    /** A neighbour has that Ethernet address. */
    void knows(IpAddress neighbor, long mac) {
        if (learns && gateway.has(neighbor.v6())) {
            var mapped = neighbor.mapped();
            gateway.ip(mapped.high(), mapped.low()).known(mapped, mac);
        }
    }

    /** A packet from beyond the subnets came from that Ethernet address; the first that is told of each family holds. */
    void isBeyond(IpAddress from, long mac) {
        for (int i = 0; i < routers.size(); i++) {
            if (routers.get(i).v6() == from.v6()) {
                knows(routers.remove(i), mac);
                return;
            }
        }
    }
}
