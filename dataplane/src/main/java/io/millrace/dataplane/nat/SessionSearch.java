package io.millrace.dataplane.nat;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Looks for the newest of certain connections, some records at a time, so that no turn takes long; what comes and goes
 * meanwhile may be missed. Each {@link #look} is made between two turns of the worker; the rest by anybody, afterwards.
 */
public final class SessionSearch {
    /** Records looked at between two turns: less than a millisecond. */
    static final int PIECE = 16_384;

    private static final Comparator<Found> OLDEST_FIRST = Comparator.comparingLong((Found found) -> found.session.age)
            .reversed()
            .thenComparingInt(found -> -found.record);

    private final Nat nat;
    private final Wanted wanted;
    private final int most;
    private final PriorityQueue<Found> newest = new PriorityQueue<>(OLDEST_FIRST);
    private final Map<SessionState, Long> states = new EnumMap<>(SessionState.class);
    private final Tuple original = new Tuple();
    private final Tuple reply = new Tuple();
    private long matches;
    private int next;

    /**
     * A connection at one moment; times in ns.
     *
     * @param protocol IANA's number
     * @param original as its first packet came
     * @param reply as its answers come
     * @param answered whether both ends have spoken, so that it does not go when the table is full
     * @param age since its first packet
     * @param idle since the last packet that let it live on
     * @param left until it ends, if nothing comes
     * @param service whose published port or virtual address it came by; null: nobody's
     * @param backend who serves it
     * @param onward where packets of its first direction go next; null: it is found with the next packet
     * @param back the same of the answers
     */
    public record Session(
            int protocol,
            Flow original,
            Flow reply,
            SessionState state,
            boolean answered,
            long age,
            long idle,
            long left,
            @Nullable String service,
            @Nullable String backend,
            @Nullable Next onward,
            @Nullable Next back) {}

    /** A neighbour, IPv4 in its mapped form, and the network of the gateway it is behind. */
    public record Next(String network, Ipv6Address address) {}

    private record Found(int record, Session session) {}

    /** @param most how many are shown at most */
    public SessionSearch(Nat nat, Wanted wanted, int most) {
        this.nat = nat;
        this.wanted = wanted;
        this.most = most;
    }

    /** Looks at some more records; whether there are others. */
    public boolean look() {
        var sessions = nat.sessions();
        int now = nat.tick();
        int end = Math.min(sessions.fresh(), next + PIECE);
        for (; next < end; next++) {
            if (!sessions.isFree(next) && !sessions.isOver(next, now) && isWanted(sessions, next)) {
                note(sessions, next, now);
            }
        }
        return next < sessions.fresh();
    }

    private boolean isWanted(Sessions sessions, int record) {
        if (!wanted.isProtocol(sessions.memory().getByte(Sessions.at(record) + Sessions.PROTOCOL) & 0xFF)
                || (wanted.state() != null && SessionState.of(sessions, record) != wanted.state())) {
            return false;
        }
        sessions.read(record << 1, original);
        sessions.read(record << 1 | 1, reply);
        return wanted.isAt(original, reply);
    }

    private void note(Sessions sessions, int record, int now) {
        matches++;
        states.merge(SessionState.of(sessions, record), 1L, Long::sum);
        long age = nanos(now - sessions.memory().getInt(Sessions.at(record) + Sessions.OPENED));
        var oldest = newest.peek();
        if (newest.size() < most) {
            newest.add(new Found(record, session(sessions, record, age, now)));
        } else if (oldest != null && age < oldest.session.age) {
            newest.remove();
            newest.add(new Found(record, session(sessions, record, age, now)));
        }
    }

    private Session session(Sessions sessions, int record, long age, int now) {
        var memory = sessions.memory();
        int at = Sessions.at(record);
        int idle = Math.max(0, now - memory.getInt(at + Sessions.HEARD));
        var service = nat.services().byId(memory.getInt(at + Sessions.SERVICE));
        var backend = service == null ? null : service.backend(memory.getInt(at + Sessions.BACKEND));
        return new Session(
                original.protocol,
                Flow.of(original),
                Flow.of(reply),
                SessionState.of(sessions, record),
                sessions.isAnswered(record),
                age,
                nanos(idle),
                nanos(memory.getInt(at + Sessions.LIFE) - idle),
                service == null ? null : service.toString(),
                backend == null ? null : backend.toString(),
                next(memory.getShort(at + Sessions.HOPS) & 0xFFFF),
                next(memory.getShort(at + Sessions.HOPS + 2) & 0xFFFF));
    }

    private @Nullable Next next(int number) {
        var hop = number == Hops.NONE ? null : nat.hops().at(number);
        return hop == null ? null : new Next(hop.gateway.settings().network(), new Ipv6Address(hop.high, hop.low));
    }

    private static long nanos(int ticks) {
        return (long) Math.max(0, ticks) << Sessions.TICK_SHIFT;
    }

    /** The newest that were found, the newest first. */
    public List<Session> newest() {
        var found = new ArrayList<>(newest);
        found.sort(OLDEST_FIRST.reversed());
        var sessions = new ArrayList<Session>(found.size());
        found.forEach(one -> sessions.add(one.session));
        return sessions;
    }

    /** How many were found. */
    public long matches() {
        return matches;
    }

    /** How many in each state there is. */
    public Map<SessionState, Long> states() {
        return states;
    }
}
