package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import java.util.Locale;

/** How far a connection has come, as people are told; TCP's are those of {@link TcpTracking}, in its order. */
public enum SessionState {
    NEW,
    SYN_SENT,
    SYN_ANSWERED,
    ESTABLISHED,
    FIN_WAIT,
    CLOSE_WAIT,
    LAST_ACK,
    TIME_WAIT,
    RESET,
    /** Not TCP: nothing has come back. */
    UNREPLIED,
    /** Not TCP: something has. */
    REPLIED;

    private static final SessionState[] ALL = values();

    /** As people write it: {@code syn-sent}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Of a session that is tracked. */
    static SessionState of(Sessions sessions, int record) {
        int at = Sessions.at(record);
        if ((sessions.memory().getByte(at + Sessions.PROTOCOL) & 0xFF) != IpProtocol.TCP) {
            return sessions.isAnswered(record) ? REPLIED : UNREPLIED;
        }
        int state = sessions.memory().getByte(at + Sessions.STATE);
        return state >= 0 && state < TcpTracking.STATES ? ALL[state] : NEW;
    }
}
