package io.millrace.vtep.wiring;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Ethernet frames with ARP packets and UDP datagrams of IPv4, written and read by hand. */
final class Datagrams {
    private static final int IP = 14;
    private static final int UDP = 34;
    private static final int DATA = 42;

    private Datagrams() {}

    /** A datagram that has arrived; addresses as text. */
    record Datagram(String from, int fromPort, String to, int toPort, String text, byte[] frame) {}

    static byte[] udp(String macs, String from, int fromPort, String to, int toPort, String text) {
        byte[] data = text.getBytes(US_ASCII);
        byte[] frame = new byte[DATA + data.length];
        var bytes = ByteBuffer.wrap(frame);
        bytes.put(hex(macs)).putShort((short) 0x0800);
        bytes.putInt(0x4500_0000 | (28 + data.length)).putInt(0x0001_4000).putInt(0x4011_0000);
        bytes.put(ip(from)).put(ip(to));
        bytes.putShort((short) fromPort).putShort((short) toPort).putInt((8 + data.length) << 16);
        bytes.put(data);
        bytes.putShort(IP + 10, (short) ~sum(frame, IP, 20, 0));
        int checksum = ~transport(frame) & 0xFFFF;
        bytes.putShort(UDP + 6, (short) (checksum == 0 ? 0xFFFF : checksum)); // 0 would say that there is none
        return frame;
    }

    /** A datagram of {@link #udp}'s in two fragments, RFC 791 section 3.2: the first has {@code bytes} of data, UDP header included. */
    static byte[][] inTwo(byte[] frame, int identification, int bytes) {
        byte[] first = Arrays.copyOf(frame, UDP + bytes);
        byte[] rest = new byte[frame.length - bytes];
        System.arraycopy(frame, 0, rest, 0, UDP);
        System.arraycopy(frame, UDP + bytes, rest, UDP, frame.length - UDP - bytes);
        fragment(first, identification, 0x2000);
        fragment(rest, identification, bytes / 8);
        return new byte[][] {first, rest};
    }

    private static void fragment(byte[] frame, int identification, int flagsAndOffset) {
        var bytes = ByteBuffer.wrap(frame);
        bytes.putShort(IP + 2, (short) (frame.length - IP)).putShort(IP + 4, (short) identification);
        bytes.putShort(IP + 6, (short) flagsAndOffset).putShort(IP + 10, (short) 0);
        bytes.putShort(IP + 10, (short) ~sum(frame, IP, 20, 0));
    }

    /** Whether it is an IPv4 fragment. */
    static boolean isFragment(byte[] frame) {
        return frame.length > UDP
                && frame[12] == 8
                && frame[13] == 0
                && (ByteBuffer.wrap(frame).getShort(IP + 6) & 0x3FFF) != 0;
    }

    /** Of a fragment: what makes it one of its packet's. */
    static int identification(byte[] frame) {
        return ByteBuffer.wrap(frame).getShort(IP + 4) & 0xFFFF;
    }

    /** The datagram in a frame, whose checksums are good; null: there is none. */
    static @Nullable Datagram read(byte[] frame) {
        var bytes = ByteBuffer.wrap(frame);
        if (frame.length < DATA || bytes.getShort(12) != 0x0800 || frame[IP + 9] != 17) {
            return null;
        }
        if (sum(frame, IP, 20, 0) != 0xFFFF || transport(frame) != 0xFFFF) {
            throw new AssertionError("a checksum is wrong in " + HexFormat.of().formatHex(frame));
        }
        int length = bytes.getShort(UDP + 4) - 8;
        return new Datagram(
                text(bytes.getInt(IP + 12)),
                bytes.getShort(UDP) & 0xFFFF,
                text(bytes.getInt(IP + 16)),
                bytes.getShort(UDP + 2) & 0xFFFF,
                new String(frame, DATA, length, US_ASCII),
                frame);
    }

    static byte[] arp(int operation, String senderMac, String senderIp, String targetMac, String targetIp) {
        var to = operation == 1 ? "ffffffffffff" : targetMac;
        return hex(to + senderMac + "0806000108000604" + "000" + operation + senderMac + digits(senderIp)
                + (operation == 1 ? "000000000000" : targetMac) + digits(targetIp));
    }

    /** Whether it is a question where {@code ip} is. */
    static boolean asksFor(byte[] frame, String ip) {
        var text = HexFormat.of().formatHex(frame);
        return text.startsWith("08060001080006040001", 24) && text.startsWith(digits(ip), 76);
    }

    static String sender(byte[] frame) {
        return HexFormat.of().formatHex(frame, 6, 12);
    }

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    static String digits(String ip) {
        return HexFormat.of().formatHex(ip(ip));
    }

    private static byte[] ip(String text) {
        var bytes = new byte[4];
        var parts = text.split("\\.", -1);
        for (int i = 0; i < 4; i++) {
            bytes[i] = (byte) Integer.parseInt(parts[i]);
        }
        return bytes;
    }

    private static String text(int ip) {
        return (ip >>> 24) + "." + ((ip >>> 16) & 0xFF) + "." + ((ip >>> 8) & 0xFF) + "." + (ip & 0xFF);
    }

    private static int transport(byte[] frame) {
        int length = ByteBuffer.wrap(frame).getShort(UDP + 4);
        return sum(frame, IP + 12, 8 + length, 17 + length);
    }

    /** RFC 1071. */
    private static int sum(byte[] bytes, int at, int length, int before) {
        int sum = before;
        for (int i = 0; i < length; i++) {
            sum += (bytes[at + i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum > 0xFFFF) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }
}
