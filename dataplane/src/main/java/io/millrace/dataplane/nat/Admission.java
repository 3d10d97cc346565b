package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.l3.IcmpErrors.Unreachable;
import org.jspecify.annotations.Nullable;

/**
 * Decides about the first packet of a connection: whether it may pass, where to, and as whose. What it decides becomes a
 * session. One thread; nothing is allocated.
 */
final class Admission {
    /** The frame's end was seen to; there is no session. */
    private static final int DONE = Sessions.NONE;

    private final Nat nat;
    private final TranslationSettings settings;
    private final Sessions sessions;
    private final Mappings mappings;
    private final Translation translation;
    private final Life life;
    private final @Nullable Quota quota;
    private final @Nullable Contacts contacts;
    private final Tuple translated = new Tuple();
    private final Tuple reply = new Tuple();
    private final Tuple ending = new Tuple();

    // Of the packet in hand.
    private @Nullable Service service;
    private @Nullable Backend backend;
    private boolean hairpins;
    private boolean virtual;

    Admission(
            Nat nat,
            TranslationSettings settings,
            Sessions sessions,
            Mappings mappings,
            Translation translation,
            Life life) {
        this.nat = nat;
        this.settings = settings;
        this.sessions = sessions;
        this.mappings = mappings;
        this.translation = translation;
        this.life = life;
        this.quota = settings.sessionLimit() == 0
                ? null
                : new Quota(
                        settings.sessionLimit(),
                        settings.maxSessions(),
                        settings.random().getAsLong());
        this.contacts = settings.filtering() == TranslationSettings.Filtering.ADDRESS
                ? new Contacts(sessions, settings.memory())
                : null;
    }

    /** The token of a new session for this packet; {@link Sessions#NONE}: there is none, and the frame's end was seen to. */
    int admit(Gateway in, Packet packet, long frame, long hash, int now) {
        var tuple = packet.tuple;
        service = null;
        backend = null;
        hairpins = false;
        if (!isSourceOf(in, tuple)) {
            in.refuse(frame, Drop.IP_SOURCE);
            return DONE;
        }
        translated.set(tuple);
        virtual = in.isVirtual(tuple.destinationHigh, tuple.destinationLow);
        boolean own = virtual || nat.own().isSeen(in, tuple.destinationHigh, tuple.destinationLow);
        if (own && !redirect(in, packet, frame)) {
            return DONE;
        }
        if (Packet.isLinkLocal(tuple.sourceHigh) || Packet.isLinkLocal(translated.destinationHigh)) {
            in.refuse(frame, Packet.isLinkLocal(tuple.sourceHigh) ? Drop.IP_SOURCE : Drop.IP_DESTINATION);
            return DONE;
        }
        var way = nat.routes().find(translated.destinationHigh, translated.destinationLow);
        if (way == null || !way.gateway().has(packet.v6)) {
            Nat.refuse(in, frame, Drop.NO_ROUTE, Unreachable.NETWORK);
            return DONE;
        }
        var out = way.gateway();
        var refusal = refusal(in, out, packet, way);
        if (refusal != null) {
            in.refuse(frame, refusal);
            return DONE;
        }
        var back = back(tuple);
        if (back == null) {
            in.refuse(frame, Drop.IP_SOURCE);
            return DONE;
        }
        var onward = way.hop(nat.hops(), translated.destinationHigh, translated.destinationLow);
        return nat.mayLeave(in, onward, frame) ? open(in, out, packet, frame, hash, now, onward, back) : DONE;
    }

    private int open(Gateway in, Gateway out, Packet packet, long frame, long hash, int now, Hop onward, Hop back) {
        var tuple = packet.tuple;
        int mapping = Mappings.NONE;
        if (quota != null && quota.isFull(tuple.sourceHigh, tuple.sourceLow)) {
            Nat.refuse(in, frame, Drop.SESSION_LIMIT, Unreachable.EXHAUSTED);
            return DONE;
        }
        var hidden = hiddenBehind(in, out, packet.v6);
        if (hidden != null && hasPorts(tuple.protocol)) {
            mapping = mappings.enter(translated, hidden.high(), hidden.low());
            if (mapping < 0) {
                var why = mapping == Mappings.LIMITED ? Drop.PORT_LIMIT : Drop.NAT_PORTS;
                Nat.refuse(in, frame, why, Unreachable.EXHAUSTED);
                return DONE;
            }
            translated.source(hidden.high(), hidden.low(), mappings.outsidePort(mapping));
        } else if (hidden != null) {
            translated.source(hidden.high(), hidden.low(), 0);
        }
        reply.invert(translated);
        int record = Sessions.NONE;
        var why = Drop.CONNECTION_CLASH;
        long replyHash = sessions.hash(reply);
        if (sessions.find(reply, replyHash, now) == Sessions.NONE) {
            record = sessions.open(tuple, hash, reply, replyHash, now);
            why = Drop.NAT_FULL;
        }
        if (record == Sessions.NONE) {
            if (mapping != Mappings.NONE) {
                mappings.leave(mapping, now);
            }
            Nat.refuse(in, frame, why, Unreachable.EXHAUSTED);
            return DONE;
        }
        write(record, packet, mapping, onward, back);
        begun(record, !in.settings().isUplink());
        return record << 1;
    }

    private void write(int record, Packet packet, int mapping, Hop onward, Hop back) {
        var records = sessions.memory();
        int at = Sessions.at(record);
        records.putShort(at + Sessions.HOPS, (short) onward.number);
        records.putShort(at + Sessions.HOPS + 2, (short) back.number);
        count(onward);
        count(back);
        records.putInt(at + Sessions.MAPPING, mapping + 1);
        records.putInt(at + Sessions.SERVICE, service == null ? 0 : service.id());
        records.putInt(at + Sessions.BACKEND, backend == null ? 0 : backend.id());
        life.begin(record, packet.tuple.protocol);
        translation.prepare(record, packet.tuple, translated);
        sessions.commit(record);
    }

    /** A session is there, from inside or not; {@link #ended} when it is about to end. */
    private void begun(int record, boolean inside) {
        if (contacts != null) {
            contacts.add(record);
        }
        if (quota != null) {
            int flags = Sessions.at(record) + Sessions.FLAGS;
            int others = sessions.memory().getByte(flags) & ~Sessions.COUNTED;
            sessions.memory().putByte(flags, (byte) (inside ? others | Sessions.COUNTED : others));
            if (inside) {
                sessions.read(record << 1, reply);
                quota.take(reply.sourceHigh, reply.sourceLow);
            }
        }
    }

    /** One goes on that another process began. */
    void resumed(int record) {
        sessions.read(record << 1, reply);
        var way = nat.routes().find(reply.sourceHigh, reply.sourceLow);
        begun(record, way != null && !way.gateway().settings().isUplink());
    }

    void ended(int record) {
        if (contacts != null) {
            contacts.remove(record);
        }
        if (quota != null
                && (sessions.memory().getByte(Sessions.at(record) + Sessions.FLAGS) & Sessions.COUNTED) != 0) {
            sessions.read(record << 1, ending);
            quota.give(ending.sourceHigh, ending.sourceLow);
        }
    }

    private static boolean hasPorts(int protocol) {
        return protocol == IpProtocol.TCP
                || protocol == IpProtocol.UDP
                || protocol == IpProtocol.ICMP
                || protocol == IpProtocol.ICMPV6;
    }

    /** Whether a packet's source can be behind the gateway it came by: RFC 1812 section 5.3.8. */
    boolean isSourceOf(Gateway in, Tuple tuple) {
        var way = nat.routes().find(tuple.sourceHigh, tuple.sourceLow);
        return way != null
                && way.gateway() == in
                && way.broadcast() != tuple.sourceLow
                && !in.isVirtual(tuple.sourceHigh, tuple.sourceLow)
                && !nat.own().isSeen(in, tuple.sourceHigh, tuple.sourceLow);
    }

    /**
     * A packet to the host's own address: to a published port, or to a hidden host; or else for the host itself. Whether it
     * has another destination now.
     */
    private boolean redirect(Gateway in, Packet packet, long frame) {
        var tuple = packet.tuple;
        var at = service(in, tuple);
        if (at != null) {
            var chosen = at.choose(tuple);
            if (chosen == null) {
                in.refuse(frame, Drop.NO_BACKEND);
                return false;
            }
            service = at;
            backend = chosen;
            translated.destination(chosen.high(), chosen.low(), at.target(chosen, tuple.destinationPort));
            hairpins = !in.settings().isUplink();
            return true;
        }
        boolean mayBeHidden = !in.settings().internal() && hasPorts(tuple.protocol);
        int mapping = mayBeHidden && !nat.own().isInside(tuple.destinationHigh, tuple.destinationLow)
                ? mappings.find(tuple.destinationHigh, tuple.destinationLow, tuple.destinationPort, tuple.protocol)
                : Mappings.NONE;
        if (mapping == Mappings.NONE || mappings.sessions(mapping) == 0) {
            if (packet.hasPorts()) {
                refuseClosed(in, frame);
            } else {
                in.local(frame, packet.v6);
            }
            return false;
        }
        if (in.settings().isUplink() && !passes(mapping, tuple)) {
            in.refuse(frame, Drop.UNSOLICITED);
            return false;
        }
        translated.destination(mappings.insideHigh(mapping), mappings.insideLow(mapping), mappings.insidePort(mapping));
        hairpins = !in.settings().isUplink();
        return true;
    }

    /** Nobody listens: who is inside may know it (RFC 1122 section 3.2.2.1), the outside hears nothing (RFC 5382 REQ-4). */
    private static void refuseClosed(Gateway in, long frame) {
        if (!in.settings().isUplink()) {
            in.complaints().unreachable(frame, Unreachable.PORT);
        }
        in.refuse(frame, Drop.NOT_PUBLISHED);
    }

    private @Nullable Service service(Gateway in, Tuple tuple) {
        if (in.settings().internal() && !virtual) {
            return null;
        }
        var exact =
                nat.services().find(tuple.destinationHigh, tuple.destinationLow, tuple.protocol, tuple.destinationPort);
        return exact != null ? exact : nat.services().findOnHost(tuple.isV6(), tuple.protocol, tuple.destinationPort);
    }

    private boolean passes(int mapping, Tuple tuple) {
        return settings.filtering() == TranslationSettings.Filtering.ENDPOINT
                || (contacts != null && contacts.knows(mapping, tuple.sourceHigh, tuple.sourceLow));
    }

    /** Why a packet may not go from one gateway to another, or null: it may. */
    private @Nullable Drop refusal(Gateway in, Gateway out, Packet packet, Way way) {
        if (way.broadcast() == translated.destinationLow) {
            return Drop.IP_DESTINATION;
        }
        boolean redirected = translated.destinationLow != packet.tuple.destinationLow
                || translated.destinationHigh != packet.tuple.destinationHigh;
        if (in.settings().isUplink()) {
            if (out == in) {
                return Drop.NOT_OURS;
            }
            if (out.settings().internal()) {
                return Drop.INTERNAL;
            }
            boolean open = isOpen(out, packet)
                    && !nat.own().isInside(translated.destinationHigh, translated.destinationLow)
                    && !out.isVirtual(translated.destinationHigh, translated.destinationLow);
            if (!redirected && !open) {
                return Drop.NOT_PUBLISHED;
            }
        } else if (out.settings().isUplink()) {
            if (in.settings().internal()) {
                return Drop.INTERNAL;
            }
        } else if (out != in && !redirected) {
            return Drop.ISOLATED;
        } else if (out == in && service == null && !in.settings().icc()) {
            return Drop.APART;
        }
        return opens(packet);
    }

    /** Whether who knows the way gets to an inside address. */
    private boolean isOpen(Gateway out, Packet packet) {
        return switch (out.settings().mode(packet.v6)) {
            case NAT, ISOLATED -> false;
            case NAT_UNPROTECTED -> true;
            case ROUTED -> !packet.hasPorts() || isRouted(packet.tuple);
        };
    }

    private boolean isRouted(Tuple tuple) {
        var at =
                nat.services().find(tuple.destinationHigh, tuple.destinationLow, tuple.protocol, tuple.destinationPort);
        return at != null;
    }

    private @Nullable Drop opens(Packet packet) {
        if (packet.kind != Packet.Kind.OPENING) {
            return Drop.NO_CONNECTION;
        }
        if (packet.tuple.protocol == IpProtocol.TCP && !TcpTracking.mayBegin(packet.tcp, settings.loose())) {
            return Drop.NO_CONNECTION;
        }
        return null;
    }

    /** Behind which address the source is hidden, or null: it is not. */
    private @Nullable Ipv6Address hiddenBehind(Gateway in, Gateway out, boolean v6) {
        var from = in.settings();
        if (hairpins) {
            return virtual || settings.hairpinByGateway() ? out.address(v6) : outside(in, v6);
        }
        if (from.isUplink() || !out.settings().isUplink() || !from.masquerade()) {
            return null;
        }
        var mode = from.mode(v6);
        return mode == GatewayMode.NAT || mode == GatewayMode.NAT_UNPROTECTED ? outside(in, v6) : null;
    }

    private @Nullable Ipv6Address outside(Gateway in, boolean v6) {
        var own = v6 ? in.settings().hiddenIpv6() : in.settings().hiddenIpv4();
        return own != null ? own : nat.own().outside(v6);
    }

    private @Nullable Hop back(Tuple tuple) {
        var way = nat.routes().find(tuple.sourceHigh, tuple.sourceLow);
        return way == null ? null : way.hop(nat.hops(), tuple.sourceHigh, tuple.sourceLow);
    }

    /** A session leads to a neighbour; it knows only those with numbers. */
    private static void count(Hop hop) {
        if (hop.number != Hops.NONE) {
            hop.sessions++;
        }
    }

    /** The next hop of a session that did not know it, or has outlived a process: as its route leads now; null: nowhere. */
    @Nullable
    Hop hopAgain(int token, int at) {
        sessions.read(token ^ 1, reply);
        var way = nat.routes().find(reply.sourceHigh, reply.sourceLow);
        var hop = way == null ? null : way.hop(nat.hops(), reply.sourceHigh, reply.sourceLow);
        if (hop != null) {
            count(hop);
            sessions.memory().putShort(at, (short) hop.number);
        }
        return hop;
    }
}
