package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where packets go by their destination: the longest prefix that fits decides (RFC 1812 section 5.2.4.3). Asked once for
 * each connection, not for each packet. IPv4 addresses in their mapped form. One thread.
 *
 * @param <T> what a route leads to
 */
public final class RouteTable<T> {
    private final List<Route<T>> routes = new ArrayList<>();

    /**
     * A route.
     *
     * @param prefix in bits, 0 to 128; of an IPv4 prefix 96 more than people write
     */
    public record Route<T>(Ipv6Address first, int prefix, T to) {
        boolean fits(long high, long low) {
            int before = Math.min(prefix, Long.SIZE);
            return same(first.high(), high, before) && same(first.low(), low, prefix - before);
        }

        private static boolean same(long one, long other, int bits) {
            return bits == 0 || (one ^ other) >>> (Long.SIZE - bits) == 0;
        }
    }

    /** Adds a route; one with the same prefix as another comes behind it. */
    public void add(Ipv6Address first, int prefix, T to) {
        routes.add(new Route<>(first, prefix, to));
        routes.sort(Comparator.comparingInt((Route<T> route) -> route.prefix).reversed());
    }

    /** What the longest fitting route leads to, or null: none fits. */
    public @Nullable T find(long high, long low) {
        for (int i = 0; i < routes.size(); i++) {
            var route = routes.get(i);
            if (route.fits(high, low)) {
                return route.to;
            }
        }
        return null;
    }

    /** The longest first. */
    public List<Route<T>> routes() {
        return List.copyOf(routes);
    }
}
