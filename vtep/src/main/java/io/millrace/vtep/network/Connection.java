package io.millrace.vtep.network;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a service is on one network.
 *
 * @param aliases further names there
 * @param ipv4 null: given out by the network, if it gives out any
 * @param ipv6 as {@code ipv4}
 * @param mac null: given out
 * @param gatewayPriority the network with the highest has the default gateway
 * @param attachment what the port is plugged into; null: the file does not say
 * @param port how the switch treats it
 */
public record Connection(
        List<String> aliases,
        @Nullable IpAddress ipv4,
        @Nullable IpAddress ipv6,
        @Nullable MacAddress mac,
        int gatewayPriority,
        @Nullable Attachment attachment,
        SwitchPort port) {
    /** Nothing said: no alias, no address, no attachment. */
    public static final Connection PLAIN = new Connection(List.of(), null, null, null, 0, null, SwitchPort.DEFAULT);

    public Connection {
        aliases = List.copyOf(aliases);
        if (ipv4 != null && ipv4.v6()) {
            throw new IllegalArgumentException(ipv4 + " is not an IPv4 address");
        }
        if (ipv6 != null && !ipv6.v6()) {
            throw new IllegalArgumentException(ipv6 + " is not an IPv6 address");
        }
    }

    /** A port plugged into {@code attachment}, all else as it comes. */
    public static Connection to(Attachment attachment) {
        return PLAIN.with(attachment);
    }

    public Connection with(@Nullable Attachment other) {
        return new Connection(aliases, ipv4, ipv6, mac, gatewayPriority, other, port);
    }

    public Connection with(@Nullable MacAddress other) {
        return new Connection(aliases, ipv4, ipv6, other, gatewayPriority, attachment, port);
    }

    public Connection with(SwitchPort other) {
        return new Connection(aliases, ipv4, ipv6, mac, gatewayPriority, attachment, other);
    }

    /** Whether sources are guarded: as said, else on for a namespace or a TAP, behind which stands one host. */
    public boolean guard() {
        var said = port.guard();
        if (said != null) {
            return said;
        }
        return attachment != null
                && (attachment.kind() == Attachment.Kind.NETNS || attachment.kind() == Attachment.Kind.TAP);
    }
}
