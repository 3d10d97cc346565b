package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * How long a session lives without a packet, by protocol and by what has happened so far. Times are in ns; immutable.
 *
 * <p>Who refreshes a session: a packet from inside always, one from outside if {@link #inboundRefreshes} says so (RFC 4787
 * REQ-6 leaves that open), and only one that passes; an ICMP error never does (RFC 5382 REQ-10, RFC 5508 REQ-6).
 */
public final class Timeouts {
    /** What a session may be waiting for. */
    public enum Phase {
        UDP_UNREPLIED,
        UDP,
        TCP_SYN_SENT,
        TCP_SYN_ANSWERED,
        TCP_ESTABLISHED,
        TCP_FIN_WAIT,
        TCP_CLOSE_WAIT,
        TCP_LAST_ACK,
        TCP_TIME_WAIT,
        TCP_RESET,
        /** Echo and the other queries. */
        ICMP,
        OTHER;

        /** As people write it: {@code tcp-syn-sent}. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private static final long SECOND = 1_000_000_000;
    private static final Phase[] TCP = tcp();

    /**
     * RFC 4787 REQ-5, 5382 REQ-5, 7857 section 2, 5508 REQ-2. A connection that one end has closed lives as long as an
     * open one: the other may think for hours.
     */
    public static final Timeouts RFC =
            new Timeouts(true, 300, 300, 240, 240, 7_440, 7_440, 7_440, 240, 240, 240, 60, 600);

    /** What Linux's nf_conntrack has when nobody sets anything. */
    public static final Timeouts LINUX = new Timeouts(true, 30, 120, 120, 60, 432_000, 120, 60, 30, 120, 10, 30, 600);

    /** The longest there can be: ticks of 2^22 ns must fit into 31 bits with room to spare. */
    public static final Duration LONGEST = Duration.ofDays(30);

    private final long[] nanos;
    private final long[] tcp = new long[TCP.length];
    private final boolean inboundRefreshes;

    private Timeouts(boolean inboundRefreshes, long... seconds) {
        this(nanos(seconds), inboundRefreshes);
    }

    private Timeouts(long[] nanos, boolean inboundRefreshes) {
        this.nanos = nanos;
        this.inboundRefreshes = inboundRefreshes;
        for (int state = 0; state < tcp.length; state++) {
            tcp[state] = nanos[TCP[state].ordinal()];
        }
    }

    private static long[] nanos(long[] seconds) {
        var nanos = new long[seconds.length];
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] = seconds[i] * SECOND;
        }
        return nanos;
    }

    private static Phase[] tcp() {
        var phases = new Phase[TcpRecord.STATE + 1];
        Arrays.fill(phases, Phase.TCP_SYN_SENT); // also for states there are not: records may come from a damaged file
        phases[TcpTracking.SYN_ANSWERED] = Phase.TCP_SYN_ANSWERED;
        phases[TcpTracking.ESTABLISHED] = Phase.TCP_ESTABLISHED;
        phases[TcpTracking.FIN_WAIT] = Phase.TCP_FIN_WAIT;
        phases[TcpTracking.CLOSE_WAIT] = Phase.TCP_CLOSE_WAIT;
        phases[TcpTracking.LAST_ACK] = Phase.TCP_LAST_ACK;
        phases[TcpTracking.TIME_WAIT] = Phase.TCP_TIME_WAIT;
        phases[TcpTracking.RESET] = Phase.TCP_RESET;
        return phases;
    }

    /** The same but for one. */
    public Timeouts with(Phase phase, Duration time) {
        if (!time.isPositive() || time.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "timeout " + phase + " must be above 0 and at most " + LONGEST.toDays() + " days");
        }
        var changed = nanos.clone();
        changed[phase.ordinal()] = time.toNanos();
        return new Timeouts(changed, inboundRefreshes);
    }

    /** The same, but whether a packet from outside lets its session live on. */
    public Timeouts withInboundRefresh(boolean refreshes) {
        return new Timeouts(nanos, refreshes);
    }

    public boolean inboundRefreshes() {
        return inboundRefreshes;
    }

    public long nanos(Phase phase) {
        return nanos[phase.ordinal()];
    }

    /** Of a TCP connection in one of the states of {@link TcpTracking}, in ns. */
    long tcp(int state) {
        return tcp[state];
    }

    /** Of anything but TCP, in ns. */
    long other(int protocol, boolean answered) {
        return nanos(
                switch (protocol) {
                    case IpProtocol.UDP -> answered ? Phase.UDP : Phase.UDP_UNREPLIED;
                    case IpProtocol.ICMP, IpProtocol.ICMPV6 -> Phase.ICMP;
                    default -> Phase.OTHER;
                });
    }
}
