package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where packets go by their destination: the longest prefix that fits decides (RFC 1812 section 5.2.4.3). Asked once for
 * each connection, not for each packet, in a time that grows with the number of different lengths of prefixes, of which there
 * are few, not with that of routes. IPv4 addresses in their mapped form. One thread; asking allocates nothing.
 *
 * @param <T> what a route leads to
 */
public final class RouteTable<T> {
    /** Bits before an IPv4 address in its mapped form. */
    private static final int IPV4_PREFIX = 96;

    private final List<Length<T>> lengths = new ArrayList<>();

    /**
     * Adds a route; one with the same prefix as another comes behind it, and is never found.
     *
     * @param first of which only the prefix counts
     * @param prefix in bits, 0 to 128; of an IPv4 prefix 96 more than people write
     */
    public void add(Ipv6Address first, int prefix, T to) {
        for (var length : lengths) {
            if (length.prefix == prefix) {
                length.add(first.high(), first.low(), to);
                return;
            }
        }
        var length = new Length<T>(prefix);
        length.add(first.high(), first.low(), to);
        lengths.add(length);
        lengths.sort(Comparator.comparingInt((Length<T> each) -> each.prefix).reversed());
    }

    /** What the longest fitting route of the address's family leads to, or null: none fits. */
    public @Nullable T find(long high, long low) {
        int least = Ipv6Address.isIpv4(high, low) ? IPV4_PREFIX : 0; // else ::/0 would hold all of IPv4, too
        for (int i = 0; i < lengths.size() && lengths.get(i).prefix >= least; i++) {
            var to = lengths.get(i).find(high, low);
            if (to != null) {
                return to;
            }
        }
        return null;
    }

    /** All routes whose prefixes are of one length, found by these. */
    private static final class Length<T> {
        private static final int START = 8;

        final int prefix;
        private final long highMask;
        private final long lowMask;
        private @Nullable Route<T>[] places = places(START);
        private int size;

        /** The routes in one place are chained. */
        private static final class Route<T> {
            final long high;
            final long low;
            final T to;

            @Nullable
            Route<T> chained;

            Route(long high, long low, T to) {
                this.high = high;
                this.low = low;
                this.to = to;
            }
        }

        Length(int prefix) {
            this.prefix = prefix;
            this.highMask = mask(prefix);
            this.lowMask = mask(prefix - Long.SIZE);
        }

        private static long mask(int ones) {
            return ones <= 0 ? 0 : ones >= Long.SIZE ? -1L : -1L << (Long.SIZE - ones);
        }

        @SuppressWarnings("unchecked")
        private static <T> @Nullable Route<T>[] places(int count) {
            return (Route<T>[]) new Route<?>[count];
        }

        @Nullable
        T find(long high, long low) {
            long first = high & highMask;
            long second = low & lowMask;
            var route = places[place(first, second)];
            while (route != null && (route.low != second || route.high != first)) {
                route = route.chained;
            }
            return route == null ? null : route.to;
        }

        void add(long high, long low, T to) {
            if (find(high, low) != null) {
                return;
            }
            if (size == places.length) {
                var before = places;
                places = places(2 * size);
                for (var first : before) {
                    for (var route = first; route != null; ) {
                        var next = route.chained;
                        put(route);
                        route = next;
                    }
                }
            }
            put(new Route<>(high & highMask, low & lowMask, to));
            size++;
        }

        private void put(Route<T> route) {
            int place = place(route.high, route.low);
            route.chained = places[place];
            places[place] = route;
        }

        /** Prefixes are the configuration's: nobody chooses them so that they collide. */
        private int place(long high, long low) {
            long mixed = (low ^ high * 0x9FB2_1C65_1E98_DF25L) * 0x9E37_79B9_7F4A_7C15L;
            return (int) (mixed >>> 40) & (places.length - 1);
        }
    }
}
