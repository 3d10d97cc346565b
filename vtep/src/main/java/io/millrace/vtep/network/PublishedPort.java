package io.millrace.vtep.network;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A published port, or a range of them as one entry: {@code 127.0.0.1:8443:443/tcp}. What cannot be is refused by the words
 * of Docker 28's command line.
 *
 * @param hostAddress null: every address of the uplink
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
                if (protocol.toString().equals(word.toLowerCase(Locale.ROOT))) {
                    return protocol;
                }
            }
            throw new IllegalArgumentException("Invalid proto: " + Words.shown(word));
        }

        /** As people write it. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** {@code INGRESS}: on every host of the cluster, for all replicas; {@code HOST}: where a replica runs, for that one. */
    public enum Mode {
        INGRESS,
        HOST
    }

    public PublishedPort {
        if (hostPorts != null && containerPorts.size() != 1 && hostPorts.size() != containerPorts.size()) {
            throw ranges(containerPorts.toString(), hostPorts.toString());
        }
    }

    private static IllegalArgumentException ranges(String container, String host) {
        return new IllegalArgumentException(
                "Invalid ranges specified for container and host Ports: " + container + " and " + host);
    }

    /**
     * Reads Docker's {@code [hostIP:][hostPort[-end]:]containerPort[-end][/protocol]}: the last part is the container's,
     * the one before the host's, all before that the address (IPv6 in brackets; without them too, as docker-compose
     * prints it). Nothing and {@code 0} as the host's port are any free one.
     */
    public static PublishedPort parse(String text) {
        int beforeContainer = text.lastIndexOf(':');
        int beforeHost = beforeContainer < 0 ? -1 : text.lastIndexOf(':', beforeContainer - 1);
        var container = text.substring(beforeContainer + 1);
        var host = beforeContainer < 0 ? "" : text.substring(beforeHost + 1, beforeContainer);
        int slash = container.indexOf('/');
        var protocol = slash < 0 ? "" : container.substring(slash + 1);
        container = slash < 0 ? container : container.substring(0, slash);

        // In Docker's order: of several mistakes the first is named.
        var address = beforeHost < 0 ? null : address(text.substring(0, beforeHost));
        if (container.isEmpty()) {
            throw new IllegalArgumentException("no port specified: " + Words.shown(text) + "<empty>");
        }
        var containerPorts = containerPorts(container);
        var hostPorts = hostPorts(host);
        if (hostPorts == null && !host.isEmpty() && containerPorts.size() > 1) {
            throw ranges(container, host);
        }
        return new PublishedPort(
                address,
                hostPorts,
                containerPorts,
                protocol.isEmpty() ? Protocol.TCP : Protocol.parse(protocol),
                Mode.INGRESS);
    }

    /** Reads {@code 80} or {@code 80-90}. */
    public static PortRange containerPorts(String text) {
        return ports("containerPort", text);
    }

    /** Reads {@code 80} or {@code 80-90}; nothing and {@code 0} are null: any free port. */
    public static @Nullable PortRange hostPorts(String text) {
        return text.isEmpty() || text.equals("0") ? null : ports("hostPort", text);
    }

    private static PortRange ports(String what, String text) {
        try {
            return PortRange.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Invalid " + what + ": " + Words.shown(text), e);
        }
    }

    /** Reads the address of the host, IPv6 with or without brackets; nothing is null: every address. */
    public static @Nullable IpAddress address(String text) {
        var bare = BracketedHost.bare(text);
        if (bare.isEmpty()) {
            return null;
        }
        try {
            return IpAddress.parse(bare);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Invalid ip address: " + Words.shown(bare), e);
        }
    }

    /** As it is written for Docker. */
    @Override
    public String toString() {
        var text = new StringBuilder();
        if (hostAddress != null) {
            text.append(hostAddress.v6() ? "[" + hostAddress + "]" : hostAddress)
                    .append(':');
        }
        if (hostPorts != null || hostAddress != null) {
            text.append(hostPorts == null ? "" : hostPorts).append(':');
        }
        return text.append(containerPorts).append('/').append(protocol).toString();
    }
}
