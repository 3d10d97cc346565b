package io.millrace.vtep.network;

import io.millrace.codec.Addresses;
import java.util.regex.Pattern;

/**
 * An Ethernet address in configuration; the hot path uses the bare {@code long}.
 *
 * @param value the low 48 bits, first byte on the wire in bits 47–40
 */
public record MacAddress(long value) implements Comparable<MacAddress> {
    private static final Pattern TEXT =
            Pattern.compile("[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\\1[0-9A-Fa-f]{2}){4}");
    private static final long GROUP_BIT = 0x0100_0000_0000L;

    public MacAddress {
        if (value >>> 48 != 0) {
            throw new IllegalArgumentException("a MAC address has 48 bits");
        }
    }

    /** Reads {@code 02:42:ac:11:00:02}, with colons or hyphens, in either case. */
    public static MacAddress parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    Words.quote(text) + " is not a MAC address; one is written 02:42:ac:11:00:02");
        }
        return new MacAddress(Addresses.mac(text));
    }

    /** Reads the address of one station: neither a group address nor all zeros. */
    public static MacAddress parseStation(String text) {
        var mac = parse(text);
        if (mac.isGroup() || mac.value == 0) {
            throw new IllegalArgumentException(text + " cannot be a station's address: it is "
                    + (mac.isGroup() ? "a group address" : "all zeros"));
        }
        return mac;
    }

    /** Multicast or broadcast. */
    public boolean isGroup() {
        return (value & GROUP_BIT) != 0;
    }

    @Override
    public int compareTo(MacAddress other) {
        return Long.compare(value, other.value);
    }

    /** Lower case with colons, as Docker and ip(8) print it. */
    @Override
    public String toString() {
        return Addresses.mac(value);
    }
}
