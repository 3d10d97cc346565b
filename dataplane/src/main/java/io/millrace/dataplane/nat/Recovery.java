package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.l3.RouteTable;
import org.jspecify.annotations.Nullable;

/**
 * Which of the sessions that another process left go on. A session does if its record is whole, its time is not over, both
 * its ends are still behind interfaces that may speak to one another, and what translated it is still there: the
 * published port with that backend, the mapping of that host. Before the first frame; the worker is not running yet.
 */
public final class Recovery {
    /** States of TCP there are. */
    private static final int TCP_STATES = 9;

    private static final int TCP_STATE = 0xF;

    private final Nat nat;
    private final Sessions sessions;
    private final Mappings mappings;
    private final Life life;
    private final Tuple original = new Tuple();
    private final Tuple reply = new Tuple();

    /**
     * What came of it.
     *
     * @param sessions how many go on
     * @param forgotten how many do not
     */
    public record Result(int sessions, int forgotten) {}

    Recovery(Nat nat, Sessions sessions, Mappings mappings, Life life) {
        this.nat = nat;
        this.sessions = sessions;
        this.mappings = mappings;
        this.life = life;
    }

    Result run(int now) {
        mappings.recover(this::isOutside, now);
        int forgotten = new KeptSessions(sessions).recover(life::renew, this::goesOn, now);
        return new Result(sessions.size(), forgotten);
    }

    private boolean isOutside(long high, long low) {
        for (var gateway : nat.gateways) {
            var settings = gateway.settings();
            if (gateway.owns(high, low)
                    || is(settings.hiddenIpv4(), high, low)
                    || is(settings.hiddenIpv6(), high, low)) {
                return true;
            }
        }
        return false;
    }

    private static boolean is(@Nullable Ipv6Address address, long high, long low) {
        return address != null && address.low() == low && address.high() == high;
    }

    private boolean goesOn(int record) {
        sessions.read(record << 1, original);
        sessions.read(record << 1 | 1, reply);
        int mapping = sessions.memory().getInt(Sessions.at(record) + Sessions.MAPPING) - 1;
        if (!hasState(record) || !isLedRight(record) || !isHiddenRight(mapping) || !mayPass()) {
            return false;
        }
        if (mapping >= 0) {
            mappings.rejoin(mapping);
        }
        nat.resumed(record);
        return true;
    }

    private boolean hasState(int record) {
        int bits = sessions.memory().getInt(Sessions.at(record) + Sessions.TCP);
        return original.protocol != IpProtocol.TCP || (bits & TCP_STATE) < TCP_STATES;
    }

    /** Whether what changed the destination, if anything did, still does so. */
    private boolean isLedRight(int record) {
        if (sessions.memory().getInt(Sessions.at(record) + Sessions.SERVICE) != 0) {
            return isServed(record);
        }
        if (!isRedirected()) {
            return true;
        }
        int mapping = mappings.find(
                original.destinationHigh, original.destinationLow, original.destinationPort, original.protocol);
        return mapping != Mappings.NONE
                && mappings.insideHigh(mapping) == reply.sourceHigh
                && mappings.insideLow(mapping) == reply.sourceLow
                && mappings.insidePort(mapping) == reply.sourcePort;
    }

    private boolean isServed(int record) {
        var service = service();
        if (service == null) {
            return false;
        }
        for (var backend : service.backends()) {
            if (backend.high() == reply.sourceHigh
                    && backend.low() == reply.sourceLow
                    && service.target(backend, original.destinationPort) == reply.sourcePort) {
                belongsTo(record, service.id(), backend.id());
                return true;
            }
        }
        return false;
    }

    /** Services are numbered anew at each start. */
    private void belongsTo(int record, int service, int backend) {
        var records = sessions.memory();
        int at = Sessions.at(record);
        if (records.getInt(at + Sessions.SERVICE) != service || records.getInt(at + Sessions.BACKEND) != backend) {
            Seal.open(records, at);
            records.putInt(at + Sessions.SERVICE, service);
            records.putInt(at + Sessions.BACKEND, backend);
            sessions.commit(record);
        }
    }

    private @Nullable Service service() {
        var services = nat.services();
        var exact = services.find(
                original.destinationHigh, original.destinationLow, original.protocol, original.destinationPort);
        if (exact != null || !isOutside(original.destinationHigh, original.destinationLow)) {
            return exact;
        }
        return services.findOnHost(original.isV6(), original.protocol, original.destinationPort);
    }

    private boolean isRedirected() {
        return reply.sourceHigh != original.destinationHigh
                || reply.sourceLow != original.destinationLow
                || reply.sourcePort != original.destinationPort;
    }

    /** Whether what changed the source, if anything did, is still there. */
    private boolean isHiddenRight(int mapping) {
        boolean hidden = reply.destinationHigh != original.sourceHigh || reply.destinationLow != original.sourceLow;
        if (mapping < 0) {
            return !hidden || (original.sourcePort == 0 && isOutside(reply.destinationHigh, reply.destinationLow));
        }
        return mappings.has(mapping)
                && mappings.protocol(mapping) == original.protocol
                && mappings.insideHigh(mapping) == original.sourceHigh
                && mappings.insideLow(mapping) == original.sourceLow
                && mappings.insidePort(mapping) == original.sourcePort
                && mappings.outsideHigh(mapping) == reply.destinationHigh
                && mappings.outsideLow(mapping) == reply.destinationLow
                && mappings.outsidePort(mapping) == reply.destinationPort;
    }

    /** Whether the interfaces that both ends are behind now may speak to one another. */
    private boolean mayPass() {
        RouteTable<Way> routes = nat.routes();
        var from = routes.find(original.sourceHigh, original.sourceLow);
        var to = routes.find(reply.sourceHigh, reply.sourceLow);
        if (from == null || to == null || !to.gateway().has(original.isV6())) {
            return false;
        }
        var in = from.gateway();
        var out = to.gateway();
        if (in.settings().isUplink()) {
            return in != out && !out.settings().internal() && (isRedirected() || isOpen(out));
        }
        if (out.settings().isUplink()) {
            return !in.settings().internal();
        }
        return in == out ? in.settings().icc() || service() != null : isRedirected();
    }

    private boolean isOpen(Gateway out) {
        return switch (out.settings().mode(original.isV6())) {
            case NAT, ISOLATED -> false;
            case NAT_UNPROTECTED, ROUTED -> true;
        };
    }
}
