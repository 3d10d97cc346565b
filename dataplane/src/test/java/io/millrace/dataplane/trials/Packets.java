package io.millrace.dataplane.trials;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;

/** Packets in frames, made without the code under test: addresses by the JDK, checksums two bytes at a time. */
public final class Packets {
    private Packets() {}

    /**
     * An IPv4 packet of 64 hops.
     *
     * @param ethernet both Ethernet addresses, in hexadecimal digits
     * @param fragment the flags and offset field
     */
    public static byte[] ipv4(String ethernet, String from, String to, int protocol, int fragment, byte[] payload) {
        byte[] header = Bytes.hex(
                "45 00",
                hex16(20 + payload.length),
                "00 00",
                hex16(fragment),
                "40",
                hex8(protocol),
                "00 00",
                hex(address(from)),
                hex(address(to)));
        put16(header, 10, checksum(header));
        return Bytes.hex(ethernet, "08 00", hex(header), hex(payload));
    }

    /** An ICMP or IGMP message: its checksum, the third and fourth byte, is filled in. */
    public static byte[] icmp(String... parts) {
        byte[] message = Bytes.hex(parts);
        put16(message, 2, checksum(message));
        return message;
    }

    /**
     * An IPv6 packet.
     *
     * @param next the next header's number, of {@code payload}
     */
    public static byte[] ipv6(String ethernet, String from, String to, int next, int hops, byte[] payload) {
        return Bytes.hex(
                ethernet,
                "86 dd 60 00 00 00",
                hex16(payload.length),
                hex8(next),
                hex8(hops),
                hex(address(from)),
                hex(address(to)),
                hex(payload));
    }

    /** An ICMPv6 message from and to these addresses: its checksum, the third and fourth byte, is filled in. */
    public static byte[] icmpv6(String from, String to, String... parts) {
        byte[] message = Bytes.hex(parts);
        byte[] all = Bytes.hex(
                hex(address(from)), hex(address(to)), "00 00", hex16(message.length), "00 00 00 3a", hex(message));
        put16(message, 2, checksum(all));
        return message;
    }

    /** RFC 1071, as it is said there. */
    private static int checksum(byte[] bytes) {
        int sum = 0;
        for (int i = 0; i < bytes.length; i++) {
            sum += (bytes[i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum > 0xFFFF) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return ~sum & 0xFFFF;
    }

    /** An address in hexadecimal digits. */
    public static String digits(String address) {
        return hex(address(address));
    }

    private static byte[] address(String text) {
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static void put16(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >> 8);
        bytes[at + 1] = (byte) value;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String hex16(int value) {
        return HexFormat.of().toHexDigits((short) value);
    }

    private static String hex8(int value) {
        return HexFormat.of().toHexDigits((byte) value);
    }
}
