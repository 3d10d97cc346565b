package io.millrace.dataplane.nat;

import io.millrace.codec.Addresses;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Drop;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What became of the packet in hand, for people: each line a step. Asked right after it was decided, before the next
 * packet is taken. The worker's thread.
 */
final class Explanation {
    /** It has been taken apart when one of these is said of it, so it is known who sends to whom. */
    private static final Set<Drop> TAKEN_APART = EnumSet.of(
            Drop.IP_SOURCE,
            Drop.IP_DESTINATION,
            Drop.TIME_EXCEEDED,
            Drop.NO_ROUTE,
            Drop.TOO_MANY_NEIGHBORS,
            Drop.ISOLATED,
            Drop.INTERNAL,
            Drop.NOT_PUBLISHED,
            Drop.NO_BACKEND,
            Drop.UNSOLICITED,
            Drop.NO_CONNECTION,
            Drop.RESET_OUT_OF_WINDOW,
            Drop.CONNECTION_CLASH,
            Drop.NAT_PORTS,
            Drop.PORT_LIMIT,
            Drop.SESSION_LIMIT,
            Drop.NAT_FULL);

    private final Nat nat;
    private final Packet packet;
    private final Tuple here = new Tuple();
    private final Tuple there = new Tuple();

    Explanation(Nat nat, Packet packet) {
        this.nat = nat;
        this.packet = packet;
    }

    /** What a gateway has decided, in its own numbers. */
    String of(int decision) {
        return switch (decision) {
            case Gateway.WAITS -> "waits for the first fragment of its packet";
            case Gateway.LOCAL -> "for this host itself";
            default -> decision < 0 ? dropped(Drop.values()[-2 - decision]) : forwarded(decision);
        };
    }

    /** Of a packet that is dropped; what is said of the reason is the last line. */
    private String dropped(Drop why) {
        var sentence = "drop: " + why.sentence();
        if (!TAKEN_APART.contains(why)) {
            return sentence;
        }
        return (packet.kind == Packet.Kind.ERROR ? "an ICMP error, " : "") + kind(packet.tuple.protocol)
                + ends(packet.tuple) + "\n" + sentence;
    }

    /** Of a packet of a session that is sent on. */
    private String forwarded(int token) {
        boolean opened = token == nat.opened && packet.kind != Packet.Kind.FRAGMENT;
        var sessions = nat.sessions();
        sessions.read(token, here);
        there.invert(sessions.read(token ^ 1, new Tuple()));
        var to = nat.hop(token);
        var way =
                to == null ? "" : "\nleaves by " + to.gateway.settings().network() + " to " + address(to.high, to.low);
        return translation() + "\n" + session(token, opened) + way;
    }

    private String translation() {
        if (packet.kind == Packet.Kind.ERROR) { // what it quotes went the other way
            var quoted = ends(new Tuple().invert(here));
            var original = ends(new Tuple().invert(there));
            return "an ICMP error about " + kind(here.protocol) + quoted
                    + (quoted.equals(original) ? "" : " becomes one about " + original);
        }
        var before = ends(here);
        var after = ends(there);
        return kind(here.protocol) + before + (before.equals(after) ? ", not translated" : " becomes " + after);
    }

    private String session(int token, boolean opened) {
        int record = Sessions.record(token);
        if (!opened) {
            return (Sessions.direction(token) == 1 ? "an answer of a session that is " : "of a session that is ")
                    + SessionState.of(nat.sessions(), record);
        }
        var because = published(record) + hidden(record);
        return "a new session" + (because.isEmpty() ? ", as both ends see each other" : because);
    }

    private String published(int record) {
        var memory = nat.sessions().memory();
        var service = nat.services().byId(memory.getInt(Sessions.at(record) + Sessions.SERVICE));
        var backend = service == null ? null : service.backend(memory.getInt(Sessions.at(record) + Sessions.BACKEND));
        return service == null ? "" : ", to what is published: " + service + leadingTo(backend);
    }

    private static String leadingTo(@Nullable Backend backend) {
        return backend == null ? "" : ", which leads to " + backend;
    }

    private String hidden(int record) {
        int mapping = nat.sessions().memory().getInt(Sessions.at(record) + Sessions.MAPPING) - 1;
        if (mapping < 0) {
            return "";
        }
        var mappings = nat.mappings();
        int others = mappings.sessions(mapping) - 1;
        return ", hidden behind " + Front.at(mappings.outsideHigh(mapping), mappings.outsideLow(mapping)) + ":"
                + mappings.outsidePort(mapping) + (others == 0 ? "" : " as " + others + " others of this sender are");
    }

    private static String kind(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> "TCP ";
            case IpProtocol.UDP -> "UDP ";
            case IpProtocol.ICMP -> "ICMP ";
            case IpProtocol.ICMPV6 -> "ICMPv6 ";
            default -> "protocol " + protocol + " ";
        };
    }

    private static String ends(Tuple tuple) {
        var addresses = address(tuple.sourceHigh, tuple.sourceLow) + " > "
                + address(tuple.destinationHigh, tuple.destinationLow);
        return switch (tuple.protocol) {
            case IpProtocol.TCP, IpProtocol.UDP -> tuple.toString();
            case IpProtocol.ICMP, IpProtocol.ICMPV6 ->
                addresses + " identifier " + (tuple.sourcePort | tuple.destinationPort);
            default -> addresses;
        };
    }

    private static String address(long high, long low) {
        return Ipv6Address.isIpv4(high, low) ? Addresses.ipv4((int) low) : Addresses.ipv6(high, low);
    }
}
