package io.millrace.vtep.network;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one subnet, given out as Docker does: the lowest that is free in its range. Takes no longer for a large
 * subnet than for a small one.
 */
final class AddressPool {
    /** As Docker words it. */
    static final String IN_USE = "Address already in use";

    private final IpamConfig config;
    private final Set<IpAddress> taken = new HashSet<>();
    private @Nullable IpAddress next;

    AddressPool(IpamConfig config) {
        this.config = config;
        var range = config.range() == null ? config.subnet() : config.range();
        next = range.first();
        reserveEdges(config.subnet());
        config.auxiliary().forEach((label, address) -> {
            if (!taken.add(address)) {
                throw new IllegalArgumentException(
                        "failed to allocate secondary ip address (" + label + ":" + address + "): " + IN_USE);
            }
        });
    }

    /** The network's own address and the broadcast are nobody's, except where there are but one or two. */
    private void reserveEdges(Subnet subnet) {
        boolean v6 = subnet.first().v6();
        if (v6 || subnet.prefix() < 31) {
            taken.add(subnet.first());
        }
        if (!v6 && subnet.prefix() < 31) {
            taken.add(subnet.last());
        }
    }

    boolean v6() {
        return config.subnet().first().v6();
    }

    boolean contains(IpAddress address) {
        return config.subnet().contains(address);
    }

    /** Takes the gateway's address: that which is named, else the lowest free one. */
    HostAddress gateway() {
        var named = config.gateway();
        if (named != null && !taken.add(named)) {
            throw new IllegalArgumentException("failed to allocate gateway (" + named + "): " + IN_USE);
        }
        var address = named == null ? lowest() : named;
        if (address == null) {
            throw new IllegalArgumentException("failed to allocate gateway (): No available addresses on this pool");
        }
        return new HostAddress(address, config.subnet().prefix());
    }

    /** Takes an address that is asked for; false: somebody has it. */
    boolean take(IpAddress address) {
        return taken.add(address);
    }

    /** Takes the lowest free address; null: there is none. */
    @Nullable
    IpAddress lowest() {
        var range = config.range() == null ? config.subnet() : config.range();
        for (var address = next; address != null && range.contains(address); address = address.next()) {
            if (taken.add(address)) {
                next = address.next();
                return address;
            }
        }
        next = null;
        return null;
    }
}
