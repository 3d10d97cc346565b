package io.millrace.codec;

/**
 * Addresses as people write them. Reading answers an {@link IllegalArgumentException} whose message is a sentence for the
 * user; {@link TextBuffer} writes them without allocating.
 */
public final class Addresses {
    /** In bytes. */
    public static final int MAC_LENGTH = 6;

    /** In bytes. */
    public static final int IPV4_LENGTH = 4;

    /** In bytes. */
    public static final int IPV6_LENGTH = 16;

    private Addresses() {}

    /** {@code 02:42:ac:11:00:02}, also with dashes; the low 48 bits of the answer. */
    public static long mac(String text) {
        if (text.length() != 17) {
            throw notMac(text);
        }
        long address = 0;
        char separator = text.charAt(2);
        for (int i = 0; i < 17; i += 3) {
            int high = Character.digit(text.charAt(i), 16);
            int low = Character.digit(text.charAt(i + 1), 16);
            boolean separated = i == 15 || (text.charAt(i + 2) == separator && (separator == ':' || separator == '-'));
            if (high < 0 || low < 0 || !separated) {
                throw notMac(text);
            }
            address = address << 8 | (long) high << 4 | low;
        }
        return address;
    }

    private static IllegalArgumentException notMac(String text) {
        return new IllegalArgumentException(
                "'" + text + "' is not a MAC address: six pairs of hexadecimal digits are, like 02:42:ac:11:00:02");
    }

    /** {@code 172.17.0.2}: four decimal numbers without leading zeros. */
    public static int ipv4(String text) {
        long address = ipv4(text, 0, text.length());
        if (address < 0) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not an IPv4 address: four numbers from 0 to 255 are, like 172.17.0.2");
        }
        return (int) address;
    }

    /** The address, or -1. */
    private static long ipv4(String text, int from, int to) {
        long address = 0;
        int value = -1;
        int dots = 0;
        for (int i = from; i < to; i++) {
            char character = text.charAt(i);
            if (character == '.') {
                if (value < 0 || ++dots > 3) {
                    return -1;
                }
                address = address << 8 | value;
                value = -1;
            } else if (character >= '0' && character <= '9' && value != 0) {
                value = (value < 0 ? 0 : value * 10) + character - '0';
                if (value > 255) {
                    return -1;
                }
            } else {
                return -1;
            }
        }
        return dots == 3 && value >= 0 ? address << 8 | value : -1;
    }

    /** RFC 4291 section 2.2: eight groups, one run of zeros as {@code ::}, the end possibly dotted. */
    public static Ipv6Address ipv6(String text) {
        long[] groups = new long[8];
        int count = 0;
        int gap = -1;
        int at = 0;
        int end = text.length();
        if (text.startsWith("::")) {
            gap = 0;
            at = 2;
        }
        while (at < end) {
            int colon = text.indexOf(':', at);
            int stop = colon < 0 ? end : colon;
            boolean dotted = colon < 0 && text.indexOf('.', at) >= 0;
            long value = dotted ? ipv4(text, at, end) : group(text, at, stop);
            if (value < 0 || count + (dotted ? 2 : 1) > 8) {
                throw notIpv6(text);
            }
            if (dotted) {
                groups[count++] = value >>> 16;
            }
            groups[count++] = value & 0xFFFF;
            at = stop + 1;
            if (colon >= 0 && at == end) {
                throw notIpv6(text); // a single colon at the end
            }
            if (colon >= 0 && text.charAt(at) == ':') {
                if (gap >= 0) {
                    throw notIpv6(text);
                }
                gap = count;
                at++;
            }
        }
        if (gap < 0 ? count != 8 : count > 7) {
            throw notIpv6(text);
        }
        return gap < 0 ? joined(groups) : joined(spread(groups, gap, count));
    }

    private static long group(String text, int from, int to) {
        if (to == from || to - from > 4) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < to; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private static long[] spread(long[] groups, int gap, int count) {
        long[] all = new long[8];
        System.arraycopy(groups, 0, all, 0, gap);
        System.arraycopy(groups, gap, all, 8 - (count - gap), count - gap);
        return all;
    }

    private static Ipv6Address joined(long[] groups) {
        return new Ipv6Address(
                groups[0] << 48 | groups[1] << 32 | groups[2] << 16 | groups[3],
                groups[4] << 48 | groups[5] << 32 | groups[6] << 16 | groups[7]);
    }

    private static IllegalArgumentException notIpv6(String text) {
        return new IllegalArgumentException("'" + text
                + "' is not an IPv6 address: up to eight groups of hexadecimal digits are, like 2001:db8::2");
    }

    /** As {@link TextBuffer#mac} writes it. */
    public static String mac(long address) {
        return new TextBuffer().mac(address).toString();
    }

    /** As {@link TextBuffer#ipv4} writes it. */
    public static String ipv4(int address) {
        return new TextBuffer().ipv4(address).toString();
    }

    /** As {@link TextBuffer#ipv6} writes it. */
    public static String ipv6(long high, long low) {
        return new TextBuffer().ipv6(high, low).toString();
    }
}
