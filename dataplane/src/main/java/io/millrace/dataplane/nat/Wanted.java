package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import org.jspecify.annotations.Nullable;

/**
 * Which connections somebody asks about; what is null does not matter.
 *
 * @param address of either end, before or after translation; IPv4 in its mapped form
 * @param port the same of a port, or of a query's identifier
 * @param protocol IANA's number; ICMP stands for ICMPv6, too
 */
public record Wanted(
        @Nullable Ipv6Address address,
        @Nullable Integer port,
        @Nullable Integer protocol,
        @Nullable SessionState state) {
    public static final Wanted ALL = new Wanted(null, null, null, null);

    boolean isProtocol(int number) {
        return protocol == null || protocol == (number == IpProtocol.ICMPV6 ? IpProtocol.ICMP : number);
    }

    boolean isAt(Tuple one, Tuple other) {
        return (address == null || has(one, address) || has(other, address))
                && (port == null || has(one, port) || has(other, port));
    }

    private static boolean has(Tuple tuple, Ipv6Address address) {
        return is(address, tuple.sourceHigh, tuple.sourceLow)
                || is(address, tuple.destinationHigh, tuple.destinationLow);
    }

    private static boolean has(Tuple tuple, int port) {
        return tuple.sourcePort == port || tuple.destinationPort == port;
    }

    private static boolean is(Ipv6Address address, long high, long low) {
        return address.low() == low && address.high() == high;
    }
}
