package io.millrace.vtep.network;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.regex.Pattern;

/**
 * An IPv4 or IPv6 address in configuration; the hot path uses a bare {@code int} or two {@code long}s.
 *
 * @param v6 the family
 * @param high the first eight bytes of an IPv6 address, zero for IPv4
 * @param low the last eight bytes of an IPv6 address, or the IPv4 address in the low 32 bits
 */
public record IpAddress(boolean v6, long high, long low) implements Comparable<IpAddress> {
    private static final Pattern V4 = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final Pattern V6 = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

    public IpAddress {
        if (!v6 && (high != 0 || low >>> 32 != 0)) {
            throw new IllegalArgumentException("an IPv4 address has 32 bits");
        }
    }

    public static IpAddress v4(int bits) {
        return new IpAddress(false, 0, bits & 0xFFFF_FFFFL);
    }

    /** Reads an address as text, never asking a name server: dotted quads without leading zeros, or RFC 4291 section 2.2. */
    public static IpAddress parse(String text) {
        var quad = V4.matcher(text);
        if (quad.matches()) {
            long bits = 0;
            for (int i = 1; i <= 4; i++) {
                int octet = Integer.parseInt(quad.group(i));
                if (octet > 255 || (quad.group(i).length() > 1 && quad.group(i).startsWith("0"))) {
                    throw not(text);
                }
                bits = bits << 8 | octet;
            }
            return new IpAddress(false, 0, bits);
        }
        if (text.indexOf(':') < 0 || !V6.matcher(text).matches()) {
            throw not(text);
        }
        try {
            if (InetAddress.ofLiteral(text) instanceof Inet6Address address) {
                var bytes = ByteBuffer.wrap(address.getAddress());
                return new IpAddress(true, bytes.getLong(), bytes.getLong());
            }
        } catch (IllegalArgumentException e) {
            throw not(text);
        }
        throw not(text); // IPv4-mapped: which family is meant would be a guess
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

    /** The number of bits of the family: 32 or 128. */
    public int bits() {
        return v6 ? 128 : 32;
    }

    /** 224.0.0.0/4 or ff00::/8. */
    public boolean isMulticast() {
        return v6 ? high >>> 56 == 0xFF : low >>> 28 == 0xE;
    }

    /** The first {@code prefix} bits, the rest zero. */
    IpAddress masked(int prefix) {
        if (!v6) {
            return new IpAddress(false, 0, low & mask(prefix + 32) & 0xFFFF_FFFFL);
        }
        return new IpAddress(true, high & mask(prefix), low & mask(prefix - 64));
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
        if (!v6) {
            return (low >>> 24) + "." + (low >>> 16 & 0xFF) + "." + (low >>> 8 & 0xFF) + "." + (low & 0xFF);
        }
        int runAt = -1;
        int runLength = 1; // RFC 5952 section 4.2.2: a single zero group is not shortened
        for (int i = 0; i < 8; i++) {
            int n = 0;
            while (i + n < 8 && group(i + n) == 0) {
                n++;
            }
            if (n > runLength) {
                runAt = i;
                runLength = n;
            }
        }
        var text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == runAt) {
                text.append("::");
                i += runLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(i)));
        }
        return text.toString();
    }

    private int group(int i) {
        long half = i < 4 ? high : low;
        return (int) (half >>> (48 - 16 * (i & 3))) & 0xFFFF;
    }
}
