package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.TcpHeader;

/**
 * How long sessions live: each packet that passes lets its session live on, for as long as {@link Timeouts} has for what
 * has happened so far. Nobody's session ends early; late it may end by two ticks of {@link Sessions}. One thread.
 */
final class Life {
    /** The packet may pass. */
    static final int ON = 0;

    /** The packet is a reset that does not fit its connection. */
    static final int MISFIT = 1;

    /** The packet begins another connection between the same ends: the session is over. */
    static final int OVER = 2;

    private final Sessions sessions;
    private final Timeouts timeouts;
    private final TcpTracking tracking = new TcpTracking();

    Life(Sessions sessions, Timeouts timeouts) {
        this.sessions = sessions;
        this.timeouts = timeouts;
    }

    /** A session begins. */
    void begin(int record, int protocol) {
        int at = Sessions.at(record);
        if (protocol == IpProtocol.TCP) {
            tracking.open(sessions.memory(), at + Sessions.TCP);
            live(at, timeouts.tcp(TcpTracking.NEW));
        } else {
            live(at, timeouts.other(protocol, false));
        }
    }

    /**
     * A session that another process left lives for as long as its state has it, whatever its record says: that may have been
     * damaged, or written by other timeouts, or half by somebody who was interrupted.
     */
    void renew(int record) {
        var memory = sessions.memory();
        int at = Sessions.at(record);
        int protocol = memory.getByte(at + Sessions.PROTOCOL) & 0xFF;
        if (protocol == IpProtocol.TCP) {
            int state = TcpTracking.state(memory, at + Sessions.TCP);
            memory.putByte(at + Sessions.STATE, (byte) state);
            live(at, timeouts.tcp(state));
        } else {
            live(at, timeouts.other(protocol, sessions.isAnswered(record)));
        }
    }

    /** A packet of a session is about to pass: how it goes on. */
    int hear(Gateway in, Packet packet, int token, int now) {
        if (packet.tuple.protocol == IpProtocol.TCP) {
            return hearTcp(packet, token, now);
        }
        int record = Sessions.record(token);
        int at = Sessions.at(record);
        if (isRefreshedBy(in)) {
            sessions.memory().putInt(at + Sessions.HEARD, now);
        }
        if (Sessions.direction(token) == 1 && !sessions.isAnswered(record)) {
            sessions.answered(record);
            live(at, timeouts.other(packet.tuple.protocol, true));
        }
        return ON;
    }

    private int hearTcp(Packet packet, int token, int now) {
        if (packet.kind == Packet.Kind.FRAGMENT) { // without a header
            sessions.memory().putInt(Sessions.at(Sessions.record(token)) + Sessions.HEARD, now);
            return ON;
        }
        return hearTcp(packet.tcp, packet.transportLength - packet.tcp.headerLength(), token, now);
    }

    /** A segment of a session with so many bytes behind its header is about to pass. */
    int hearTcp(TcpHeader tcp, int payload, int token, int now) {
        var memory = sessions.memory();
        int record = Sessions.record(token);
        int at = Sessions.at(record);
        int state = tracking.segment(memory, at + Sessions.TCP, Sessions.direction(token), tcp, payload);
        if (state == TcpTracking.OUT_OF_WINDOW) {
            return MISFIT;
        }
        int before = memory.getByte(at + Sessions.STATE);
        if (state != before) {
            if (TcpTracking.isOver(before)
                    && state == TcpTracking.SYN_SENT
                    && memory.getInt(at + Sessions.SERVICE) != 0) {
                return OVER; // who is to serve it is chosen anew
            }
            memory.putByte(at + Sessions.STATE, (byte) state);
            live(at, timeouts.tcp(state));
        }
        if (memory.getInt(at + Sessions.HEARD) != now) {
            memory.putInt(at + Sessions.HEARD, now);
        }
        if (!sessions.isAnswered(record) && TcpTracking.isOpen(memory, at + Sessions.TCP)) {
            sessions.answered(record);
        }
        return ON;
    }

    /** Whether a packet that came by this gateway lets a session live on that is not TCP's. */
    boolean isRefreshedBy(Gateway in) {
        return timeouts.inboundRefreshes() || !in.settings().isUplink();
    }

    private void live(int at, long nanos) {
        int ticks = (int) ((nanos + (1L << Sessions.TICK_SHIFT) - 1) >> Sessions.TICK_SHIFT);
        sessions.memory().putInt(at + Sessions.LIFE, ticks);
    }
}
