package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.l3.NextHop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How much a {@link Nat} has of everything, for people. Between two turns of the worker. */
public final class Inventory {
    /** Neighbours looked at between two turns. */
    private static final int PIECE = 4096;

    private final Nat nat;
    private final Graph graph;

    /**
     * How much there is.
     *
     * @param sessions connections at present; such as are over and not yet found to be count, too
     * @param mostSessions how many there can be
     * @param opened connections that ever began here, or were taken up from before
     * @param evicted those of them that were never answered and had to go before their time
     * @param mappings outside ports that are somebody's, those that rest too
     * @param fragments fragments that wait for the first of their packet
     */
    public record Counts(int sessions, int mostSessions, long opened, long evicted, int mappings, int fragments) {}

    /**
     * The outside ports of one address and protocol.
     *
     * @param address IPv4 in its mapped form
     * @param protocol IANA's number
     * @param free how many may still be given to mappings
     */
    public record Pool(Ipv6Address address, int protocol, int free) {
        /** {@code tcp}. */
        public String protocolName() {
            return Inventory.protocol(protocol);
        }
    }

    /**
     * A neighbour that connections lead to.
     *
     * @param network of the gateway it is behind
     * @param address IPv4 in its mapped form
     * @param by the next hop its packets go by: itself, or a router
     * @param sessions how many lead there; one that leads there both ways counts twice
     * @param frames how many were sent there
     */
    public record Neighbor(String network, Ipv6Address address, NextHop.Status by, int sessions, long frames) {}

    /** @param graph the one it is in */
    public Inventory(Nat nat, Graph graph) {
        this.nat = nat;
        this.graph = graph;
    }

    public Counts counts() {
        var sessions = nat.sessions();
        int fragments = 0;
        for (var gateway : nat.gateways) {
            fragments += gateway.fragments().waiting();
        }
        return new Counts(
                sessions.size(),
                sessions.most(),
                sessions.ended() + sessions.size(),
                sessions.evicted(),
                nat.mappings().size(),
                fragments);
    }

    /** {@code tcp}, {@code udp}, {@code icmp}, {@code icmpv6}, or IANA's number. */
    public static String protocol(int number) {
        return switch (number) {
            case IpProtocol.TCP -> "tcp";
            case IpProtocol.UDP -> "udp";
            case IpProtocol.ICMP -> "icmp";
            case IpProtocol.ICMPV6 -> "icmpv6";
            default -> Integer.toString(number);
        };
    }

    /** How many connections are in each state; reads the whole table, so not while packets wait. */
    public Map<SessionState, Long> states() {
        var search = new SessionSearch(nat, Wanted.ALL, 0);
        boolean more = true;
        while (more) {
            more = search.look();
        }
        return search.states();
    }

    public List<Pool> pools() {
        var all = new ArrayList<Pool>();
        nat.mappings()
                .forEachPool(
                        (high, low, protocol, free) -> all.add(new Pool(new Ipv6Address(high, low), protocol, free)));
        return all;
    }

    /**
     * Adds some neighbours to those that were seen.
     *
     * @param from 0 at first
     * @return from where to go on, or 0: these were all
     */
    public int neighbors(int from, List<Neighbor> into) {
        var hops = nat.hops();
        int end = Math.min(hops.used(), from + PIECE);
        for (int number = from + 1; number <= end; number++) {
            var hop = hops.at(number);
            if (hop != null) {
                into.add(neighbor(hop));
            }
        }
        if (end < hops.used()) {
            return end;
        }
        for (var gateway : nat.gateways()) {
            for (var hop = gateway.sought().first(); hop != null; hop = hop.behind) {
                into.add(neighbor(hop));
            }
        }
        return 0;
    }

    private Neighbor neighbor(Hop hop) {
        return new Neighbor(
                hop.gateway.settings().network(),
                new Ipv6Address(hop.high, hop.low),
                hop.next.status(graph.now()),
                hop.sessions,
                hop.frames);
    }
}
