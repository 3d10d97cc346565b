package io.millrace.tools.replay;

import io.millrace.dataplane.nat.Gateway;
import io.millrace.vtep.network.HostAddress;
import io.millrace.vtep.network.IpAddress;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One gateway of a replay, and what a capture may tell of it and its neighbours. */
final class GatewaySide {
    private final Gateway gateway;
    private final List<HostAddress> addresses;
    private final LongConsumer whereabouts;
    private final boolean learns;
    private @Nullable IpAddress router;
    private boolean hasMac;

    /**
     * A gateway of a wired topology.
     *
     * @param addresses its own
     * @param whereabouts is told its Ethernet address
     * @param hasMac whether the topology names that
     * @param learns whether the topology names no neighbours
     * @param router the next hop beyond the subnets, or null
     */
    GatewaySide(
            Gateway gateway,
            List<HostAddress> addresses,
            LongConsumer whereabouts,
            boolean hasMac,
            boolean learns,
            @Nullable IpAddress router) {
        this.gateway = gateway;
        this.addresses = addresses;
        this.whereabouts = whereabouts;
        this.hasMac = hasMac;
        this.learns = learns;
        this.router = router;
        if (router != null) {
            knows(router, StandIns.mac(router));
        }
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

    /** A neighbour has that Ethernet address; the first of its router's that is told holds. */
    void knows(IpAddress neighbor, long mac) {
        if (learns && gateway.has(neighbor.v6())) {
            var mapped = neighbor.mapped();
            gateway.ip(mapped.high(), mapped.low()).known(mapped, mac);
        }
    }

    /** Packets from beyond the subnets come from that Ethernet address. */
    void routerIsAt(long mac) {
        if (router != null) {
            knows(router, mac);
            router = null;
        }
    }
}
