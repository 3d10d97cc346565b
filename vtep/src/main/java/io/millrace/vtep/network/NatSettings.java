package io.millrace.vtep.network;

import org.jspecify.annotations.Nullable;

/**
 * How connections through the gateways are tracked and translated: {@code x-millrace: { nat: … }}.
 *
 * @param timeouts how long an idle connection is remembered
 * @param filtering who outside may answer through a mapping, RFC 4787 section 5
 * @param hairpin under which address a service sees a neighbour that reaches it by a published port, RFC 4787 section 6
 * @param maxSessions how many connections are tracked at a time, {@link #LEAST_SESSIONS} to {@link #MOST_SESSIONS}
 * @param state the file in which connections outlive the process; null: they do not
 * @param portLimit how many outside ports one inside address gets at most; null: any number
 * @param sessionLimit how many connections one inside address has at most; null: any number
 * @param loose whether a TCP connection that began unseen is taken up
 * @param ports the outside ports that mappings may get
 * @param parity whether an even port is mapped to an even one, and an odd to an odd, where one is free, RFC 4787 REQ-4
 * @param ephemeral the ports that are given out to those who publish without naming one; null: the kernel's
 */
public record NatSettings(
        Timeouts timeouts,
        Filtering filtering,
        Hairpin hairpin,
        int maxSessions,
        @Nullable String state,
        @Nullable Integer portLimit,
        @Nullable Integer sessionLimit,
        boolean loose,
        PortRange ports,
        boolean parity,
        @Nullable PortRange ephemeral) {
    public static final int MAX_SESSIONS = 262_144;
    public static final int LEAST_SESSIONS = 1_024;
    public static final int MOST_SESSIONS = 4_194_304;

    /** All there are. One that cannot be kept becomes another of its range, below 1024 or above. */
    public static final PortRange PORTS = new PortRange(1, 65_535);

    public static final NatSettings DEFAULT = with().build();

    /** {@code RFC}: RFC 4787, 5382, 5508 and 7857; {@code LINUX}: the kernel's of nf_conntrack. */
    public enum Timeouts {
        RFC,
        LINUX
    }

    /**
     * {@code ADDRESS_AND_PORT}: who was written to; {@code ADDRESS}: that host, from any port; {@code ENDPOINT}: anybody.
     */
    public enum Filtering {
        ADDRESS_AND_PORT,
        ADDRESS,
        ENDPOINT
    }

    /** {@code OUTSIDE}: the neighbour's outside address, as RFC 4787 REQ-9 asks; {@code GATEWAY}: the gateway's, as Docker. */
    public enum Hairpin {
        OUTSIDE,
        GATEWAY
    }

    public NatSettings {
        Words.within("max_sessions", maxSessions, LEAST_SESSIONS, MOST_SESSIONS);
        if (portLimit != null) {
            Words.within("port_limit", portLimit, 1, 65_535);
        }
        if (sessionLimit != null) {
            Words.within("session_limit", sessionLimit, 1, MOST_SESSIONS);
        }
        if (state != null && state.isBlank()) {
            throw new IllegalArgumentException("state names no file");
        }
    }

    /** The default, to be changed. */
    public static NatBuilder with() {
        return new NatBuilder();
    }
}
