package io.millrace.vtep.network;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A published port, or a range of them as one entry: {@code 127.0.0.1:8443:443/tcp}.
 *
 * @param hostAddress null: the uplink's address
 * @param hostPorts as many as {@code containerPorts}, or more for a single one (the first that is free); null: any free port
 */
public record PublishedPort(
        @Nullable IpAddress hostAddress,
        @Nullable PortRange hostPorts,
        PortRange containerPorts,
        Protocol protocol,
        Mode mode) {
    public enum Protocol {
        TCP,
        UDP,
        SCTP;

        public static Protocol parse(String word) {
            for (Protocol protocol : values()) {
                if (protocol.name().equals(word.toUpperCase(Locale.ROOT))) {
                    return protocol;
                }
            }
            throw new IllegalArgumentException("invalid proto: " + Words.quote(word) + "; it is tcp, udp or sctp");
        }
    }

    /** {@code INGRESS}: on every host of the cluster; {@code HOST}: where a replica runs. */
    public enum Mode {
        INGRESS,
        HOST
    }

    public PublishedPort {
        if (hostPorts != null && containerPorts.size() != 1 && hostPorts.size() != containerPorts.size()) {
            throw new IllegalArgumentException(
                    "invalid ranges specified for container and host ports: " + containerPorts + " and " + hostPorts);
        }
    }

    /**
     * Reads Docker's {@code [hostIP:][hostPort[-end]:]containerPort[-end][/protocol]}: the last part is the container's,
     * the one before the host's, all before that the address (IPv6 in brackets; without
     * them too, as docker-compose prints it).
     */
    public static PublishedPort parse(String text) {
        int slash = text.indexOf('/');
        var protocol = slash < 0 ? Protocol.TCP : Protocol.parse(text.substring(slash + 1));
        var parts = slash < 0 ? text : text.substring(0, slash);
        int beforeContainer = parts.lastIndexOf(':');
        var container = ports("containerPort", parts.substring(beforeContainer + 1));
        if (container == null) {
            throw new IllegalArgumentException("no port specified: " + Words.quote(text));
        }
        if (beforeContainer < 0) {
            return new PublishedPort(null, null, container, protocol, Mode.INGRESS);
        }
        int beforeHost = parts.lastIndexOf(':', beforeContainer - 1);
        var host = ports("hostPort", parts.substring(beforeHost + 1, beforeContainer));
        var address = beforeHost < 0 ? null : address(parts.substring(0, beforeHost));
        return new PublishedPort(address, host, container, protocol, Mode.INGRESS);
    }

    /** Reads {@code 80}, {@code 80-90}; nothing or {@code 0} is null: any. */
    public static @Nullable PortRange ports(String what, String text) {
        if (text.isEmpty() || text.equals("0")) {
            return null;
        }
        try {
            return PortRange.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "invalid " + what + ": " + Words.quote(text) + "; ports are 1 to 65535", e);
        }
    }

    private static @Nullable IpAddress address(String text) {
        boolean brackets = text.startsWith("[") && text.endsWith("]");
        var bare = brackets ? text.substring(1, text.length() - 1) : text;
        if (bare.isEmpty()) {
            return null;
        }
        try {
            var address = IpAddress.parse(bare);
            if (address.v6() || !brackets) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("invalid ip address: " + Words.quote(text), e);
        }
        throw new IllegalArgumentException("invalid ip address: " + Words.quote(text));
    }
}
