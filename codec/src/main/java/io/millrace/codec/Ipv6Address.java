package io.millrace.codec;

/**
 * An IPv6 address in configuration, or an IPv4 address in its mapped form (RFC 4291 section 2.5.5.2), so that one pair of
 * numbers serves both; on the hot path it is two longs.
 *
 * @param high the first eight bytes
 * @param low the last eight bytes
 */
public record Ipv6Address(long high, long low) {
    private static final long MAPPED = 0xFFFF_0000_0000L;

    /** The last eight bytes of an IPv4 address in its mapped form; the first eight are zero. */
    public static long mapped(int ipv4) {
        return MAPPED | (ipv4 & 0xFFFF_FFFFL);
    }

    /** Whether the two halves are an IPv4 address in its mapped form. */
    public static boolean isIpv4(long high, long low) {
        return high == 0 && low >>> 32 == MAPPED >>> 32;
    }

    /** Whether it is an IPv4 address in its mapped form. */
    public boolean isIpv4() {
        return isIpv4(high, low);
    }

    /** As people write it: an IPv4 address in dotted quads, else RFC 5952. */
    public String text() {
        return isIpv4() ? Addresses.ipv4((int) low) : toString();
    }

    /** RFC 5952. */
    @Override
    public String toString() {
        return Addresses.ipv6(high, low);
    }
}
