package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All next hops by their addresses; found by two longs, so that hearing from one allocates nothing. One thread. */
final class HopTable {
    private static final int START = 16;

    private @Nullable NextHop[] places = new NextHop[START];
    private int size;

    @Nullable
    NextHop find(long high, long low) {
        var hop = places[place(high, low)];
        while (hop != null && (hop.address().low() != low || hop.address().high() != high)) {
            hop = hop.chained;
        }
        return hop;
    }

    /** Adds a hop whose address is not in here yet. */
    void add(NextHop hop) {
        if (size == places.length) {
            grow();
        }
        put(hop);
        size++;
    }

    void remove(NextHop hop) {
        int place = place(hop.address());
        var at = places[place];
        if (hop.equals(at)) {
            places[place] = hop.chained;
            size--;
            return;
        }
        while (at != null && !hop.equals(at.chained)) {
            at = at.chained;
        }
        if (at != null) {
            at.chained = hop.chained;
            size--;
        }
    }

    /** Shows every hop; when one is added or removed meanwhile, some may be shown twice or not at all. */
    void forEach(Consumer<NextHop> visitor) {
        for (var first : places) {
            for (var hop = first; hop != null; hop = hop.chained) {
                visitor.accept(hop);
            }
        }
    }

    List<NextHop.Status> status(long now) {
        var all = new ArrayList<NextHop.Status>(size);
        forEach(hop -> all.add(hop.status(now)));
        return all;
    }

    private void grow() {
        var before = places;
        places = new NextHop[2 * before.length];
        for (var first : before) {
            var hop = first;
            while (hop != null) {
                var next = hop.chained;
                put(hop);
                hop = next;
            }
        }
    }

    private void put(NextHop hop) {
        int place = place(hop.address());
        hop.chained = places[place];
        places[place] = hop;
    }

    private int place(Ipv6Address address) {
        return place(address.high(), address.low());
    }

    private int place(long high, long low) {
        long mixed = (high ^ low) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 32) & places.length - 1;
    }
}
