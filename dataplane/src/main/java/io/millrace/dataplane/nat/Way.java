package io.millrace.dataplane.nat;

import io.millrace.codec.Ipv6Address;
import org.jspecify.annotations.Nullable;

/**
 * Where a route leads.
 *
 * @param gateway the interface
 * @param router the router behind it that is the next hop; null: the destination itself is
 * @param broadcast the subnet's broadcast address, last eight bytes; 0: it has none
 */
record Way(Gateway gateway, @Nullable Ipv6Address router, long broadcast) {
    Hop hop(Hops hops, long high, long low) {
        return router == null ? hops.find(gateway, high, low) : hops.find(gateway, router.high(), router.low());
    }

    /** The first address that begins with the same bits. */
    static Ipv6Address masked(Ipv6Address address, int prefix) {
        return new Ipv6Address(address.high() & mask(prefix), address.low() & mask(prefix - Long.SIZE));
    }

    private static long mask(int ones) {
        return ones <= 0 ? 0 : ones >= Long.SIZE ? -1L : -1L << (Long.SIZE - ones);
    }
}
