package io.millrace.dataplane.nat;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.List;

/** Looks for certain mappings as {@link SessionSearch} does for connections; those with the lowest numbers are shown. */
public final class MappingSearch {
    private final Nat nat;
    private final Wanted wanted;
    private final int most;
    private final List<Mapping> first = new ArrayList<>();
    private final Tuple inside = new Tuple();
    private final Tuple outside = new Tuple();
    private long matches;
    private int next;

    /**
     * Which outside port stands for an inside one.
     *
     * @param protocol IANA's number
     * @param inside IPv4 in its mapped form, as {@code outside}
     * @param sessions how many connections share it
     * @param resting ns since the last of them has ended; 0 while there are some
     */
    public record Mapping(
            int protocol,
            Ipv6Address inside,
            int insidePort,
            Ipv6Address outside,
            int outsidePort,
            int sessions,
            long resting) {}

    /** @param most how many are shown at most */
    public MappingSearch(Nat nat, Wanted wanted, int most) {
        this.nat = nat;
        this.wanted = wanted;
        this.most = most;
    }

    /** Looks at some more records; whether there are others. Between two turns. */
    public boolean look() {
        var mappings = nat.mappings();
        int now = nat.tick();
        int end = Math.min(mappings.fresh(), next + SessionSearch.PIECE);
        for (; next < end; next++) {
            if (!mappings.isFree(next) && isWanted(mappings, next)) {
                matches++;
                if (first.size() < most) {
                    first.add(mapping(mappings, next, now));
                }
            }
        }
        return next < mappings.fresh();
    }

    private boolean isWanted(Mappings mappings, int record) {
        inside.source(mappings.insideHigh(record), mappings.insideLow(record), mappings.insidePort(record));
        inside.destination(mappings.outsideHigh(record), mappings.outsideLow(record), mappings.outsidePort(record));
        outside.set(inside);
        return wanted.isProtocol(mappings.protocol(record)) && wanted.isAt(inside, outside);
    }

    private static Mapping mapping(Mappings mappings, int record, int now) {
        int sessions = mappings.sessions(record);
        int since = mappings.memory().getInt(Mappings.at(record) + Mappings.RESTING);
        return new Mapping(
                mappings.protocol(record),
                new Ipv6Address(mappings.insideHigh(record), mappings.insideLow(record)),
                mappings.insidePort(record),
                new Ipv6Address(mappings.outsideHigh(record), mappings.outsideLow(record)),
                mappings.outsidePort(record),
                sessions,
                sessions > 0 ? 0 : (long) Math.max(0, now - since) << Sessions.TICK_SHIFT);
    }

    /** Some that were found. */
    public List<Mapping> first() {
        return first;
    }

    /** How many were found. */
    public long matches() {
        return matches;
    }
}
