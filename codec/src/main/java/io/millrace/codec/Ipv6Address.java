package io.millrace.codec;

/**
 * An IPv6 address in configuration; on the hot path it is two longs.
 *
 * @param high the first eight bytes
 * @param low the last eight bytes
 */
public record Ipv6Address(long high, long low) {
    /** RFC 5952. */
    @Override
    public String toString() {
        return Addresses.ipv6(high, low);
    }
}
