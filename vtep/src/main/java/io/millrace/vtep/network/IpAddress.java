package io.millrace.vtep.network;

import io.millrace.codec.Addresses;
import io.millrace.codec.Ipv6Address;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An IPv4 or IPv6 address in configuration; the hot path uses a bare {@code int} or two {@code long}s.
 *
 * @param v6 the family
 * @param high the first eight bytes of an IPv6 address, zero for IPv4
 * @param low the last eight bytes of an IPv6 address, or the IPv4 address in the low 32 bits
 */
public record IpAddress(boolean v6, long high, long low) implements Comparable<IpAddress> {
    private static final Pattern V4 = Pattern.compile("[0-9.]{7,15}");
    private static final Pattern V6 = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

    public IpAddress {
        if (!v6 && (high != 0 || low >>> 32 != 0)) {
            throw new IllegalArgumentException("an IPv4 address has 32 bits");
        }
    }

    public static IpAddress v4(int bits) {
        return new IpAddress(false, 0, bits & 0xFFFF_FFFFL);
    }

    /** Reads dotted quads without leading zeros, or RFC 4291 section 2.2; never asks a name server. */
    public static IpAddress parse(String text) {
        try {
            if (V4.matcher(text).matches()) {
                return v4(Addresses.ipv4(text));
            }
            if (V6.matcher(text).matches()) {
                var address = Addresses.ipv6(text);
                if (!address.isIpv4()) { // which family is meant would be a guess
                    return new IpAddress(true, address.high(), address.low());
                }
            }
        } catch (IllegalArgumentException e) {
            throw not(text);
        }
        throw not(text);
    }

    private static IllegalArgumentException not(String text) {
        return new IllegalArgumentException(Words.quote(text) + " is not an IP address");
    }

    /** The IPv4 address, first byte on the wire in bits 31–24. */
    public int v4() {
        if (v6) {
            throw new IllegalStateException(this + " is not an IPv4 address");
        }
        return (int) low;
    }

    /** As the data plane has it: 128 bits, an IPv4 address in its mapped form (RFC 4291 section 2.5.5.2). */
    public Ipv6Address mapped() {
        return new Ipv6Address(high, v6 ? low : Ipv6Address.mapped((int) low));
    }

    /** Of what the data plane has: the reverse of {@link #mapped}. */
    public static IpAddress of(long high, long low) {
        boolean v4 = Ipv6Address.isIpv4(high, low);
        return new IpAddress(!v4, high, v4 ? low & 0xFFFF_FFFFL : low);
    }

    /** 169.254.0.0/16 or fe80::/10. */
    public boolean isLinkLocal() {
        return v6 ? high >>> 54 == 0x3FA : low >>> 16 == 0xA9FE;
    }

    /** The number of bits of the family: 32 or 128. */
    public int bits() {
        return v6 ? 128 : 32;
    }

    /** 224.0.0.0/4 or ff00::/8. */
    public boolean isMulticast() {
        return v6 ? high >>> 56 == 0xFF : low >>> 28 == 0xE;
    }

    /** 127.0.0.0/8 or ::1. */
    public boolean isLoopback() {
        return v6 ? high == 0 && low == 1 : low >>> 24 == 127;
    }

    /** Whether it can be a single host's on a network: not nothing, no loopback, no group, not the broadcast. */
    public boolean isHost() {
        if (v6) {
            return !isMulticast() && (high != 0 || low >>> 1 != 0);
        }
        long first = low >>> 24;
        return first != 0 && first != 127 && first < 224;
    }

    /** The first {@code prefix} bits, the rest zero. */
    IpAddress masked(int prefix) {
        if (!v6) {
            return new IpAddress(false, 0, low & mask(prefix + 32) & 0xFFFF_FFFFL);
        }
        return new IpAddress(true, high & mask(prefix), low & mask(prefix - 64));
    }

    /** The address behind this one; null: this is the last of its family. */
    @Nullable
    IpAddress next() {
        if (!v6) {
            return low == 0xFFFF_FFFFL ? null : new IpAddress(false, 0, low + 1);
        }
        return low != -1 ? new IpAddress(true, high, low + 1) : high == -1 ? null : new IpAddress(true, high + 1, 0);
    }

    /** The highest address with the first {@code prefix} bits of this one. */
    IpAddress filled(int prefix) {
        return v6
                ? new IpAddress(true, high | ~mask(prefix), low | ~mask(prefix - 64))
                : new IpAddress(false, 0, low | (~mask(prefix + 32) & 0xFFFF_FFFFL));
    }

    private static long mask(int ones) {
        if (ones <= 0) {
            return 0;
        }
        return ones >= 64 ? -1L : -1L << (64 - ones);
    }

    @Override
    public int compareTo(IpAddress other) {
        if (v6 != other.v6) {
            return v6 ? 1 : -1;
        }
        int first = Long.compareUnsigned(high, other.high);
        return first != 0 ? first : Long.compareUnsigned(low, other.low);
    }

    /** Dotted quads, or RFC 5952: lower case, the longest run of zero groups as {@code ::}. */
    @Override
    public String toString() {
        return v6 ? Addresses.ipv6(high, low) : Addresses.ipv4((int) low);
    }
}
