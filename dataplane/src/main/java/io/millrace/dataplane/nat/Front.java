package io.millrace.dataplane.nat;

import io.millrace.codec.Addresses;
import io.millrace.codec.Ipv6Address;

/**
 * Where a service is to be found: a published port or a range of them, or the ports of a virtual address.
 *
 * @param high the address's first eight bytes
 * @param low its last eight bytes; IPv4 in its mapped form (RFC 4291 section 2.5.5.2). 0.0.0.0 and {@code ::} are all the
 *     host's own addresses of their family
 * @param protocol IANA's number
 * @param first 0 to 65,535
 * @param last the same or a higher one
 * @param spread whether the n-th port of the range leads to the n-th port of a backend; else all lead to its one port
 */
public record Front(long high, long low, int protocol, int first, int last, boolean spread) {
    /** The last eight bytes of 0.0.0.0 in its mapped form. */
    static final long ANY_IPV4 = Ipv6Address.mapped(0);

    /** The last eight bytes of {@code ::}. */
    static final long ANY_IPV6 = 0;

    public Front {
        if (first < 0 || last > 65_535 || first > last) {
            throw new IllegalArgumentException("ports " + first + "-" + last + " are no range within 0 to 65535");
        }
    }

    /** Whether all the host's own addresses of the family are meant. */
    public boolean isAny() {
        return high == 0 && (low == ANY_IPV4 || low == ANY_IPV6);
    }

    /** Whether no port can belong to both, were they at one address. */
    boolean isApartFrom(Front other) {
        return last < other.first || other.last < first;
    }

    /** {@code 192.0.2.1:8000-8499/udp}. */
    @Override
    public String toString() {
        var protocolName = switch (protocol) {
            case 6 -> "tcp";
            case 17 -> "udp";
            default -> Integer.toString(protocol);
        };
        return at(high, low) + ":" + first + (last == first ? "" : "-" + last) + "/" + protocolName;
    }

    /** An address as it stands before a colon. */
    static String at(long high, long low) {
        return Ipv6Address.isIpv4(high, low) ? Addresses.ipv4((int) low) : "[" + Addresses.ipv6(high, low) + "]";
    }
}
