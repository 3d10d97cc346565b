package io.millrace.bench.peers;

import java.nio.ByteBuffer;

/**
 * A UDP datagram over IPv4 as it came out of a device, read without the code that is measured.
 *
 * @param frame from the Ethernet header on, without options in the IPv4 header
 */
record Packet(ByteBuffer frame) {
    private static final int IP = 14;
    private static final int UDP = 34;
    private static final int PROTOCOL_UDP = 17;

    /** Whether it is one. */
    boolean isUdp() {
        return frame.limit() >= TestFrame.HEADERS
                && frame.getShort(12) == 0x0800
                && frame.get(IP) == 0x45
                && frame.get(IP + 9) == PROTOCOL_UDP;
    }

    int source() {
        return frame.getInt(IP + 12);
    }

    int destination() {
        return frame.getInt(IP + 16);
    }

    int sourcePort() {
        return half(UDP);
    }

    int destinationPort() {
        return half(UDP + 2);
    }

    int ttl() {
        return frame.get(IP + 8);
    }

    /** Whether both checksums are there and right (RFC 1071: a sum over all is all ones). */
    boolean checksums() {
        int length = half(UDP + 4);
        return sum(IP, UDP, 0) == 0xFFFF
                && half(UDP + 6) != 0
                && UDP + length <= frame.limit()
                && sum(UDP, UDP + length, pseudo(length)) == 0xFFFF;
    }

    /** What belongs into the UDP header's checksum field, which is zero now. */
    int udpChecksum() {
        int length = half(UDP + 4);
        return ~sum(UDP, UDP + length, pseudo(length)) & 0xFFFF;
    }

    /** What belongs into the IPv4 header's checksum field, which is zero now. */
    int headerChecksum() {
        return ~sum(IP, UDP, 0) & 0xFFFF;
    }

    private int pseudo(int length) {
        return half(IP + 12) + half(IP + 14) + half(IP + 16) + half(IP + 18) + PROTOCOL_UDP + length;
    }

    private int sum(int from, int to, int start) {
        int sum = start;
        for (int i = from; i < to; i += 2) {
            sum += i + 1 < to ? half(i) : (frame.get(i) & 0xFF) << 8;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    private int half(int offset) {
        return frame.getShort(offset) & 0xFFFF;
    }

    String words() {
        return dotted(source()) + ":" + sourcePort() + " > " + dotted(destination()) + ":" + destinationPort();
    }

    private static String dotted(int address) {
        return (address >>> 24) + "." + (address >>> 16 & 0xFF) + "." + (address >>> 8 & 0xFF) + "." + (address & 0xFF);
    }
}
