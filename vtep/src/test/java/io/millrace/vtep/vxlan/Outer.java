package io.millrace.vtep.vxlan;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/** A VXLAN packet laid out byte by byte as figures 1 and 2 of RFC 7348 show it, with checksums of its own making. */
final class Outer {
    private final byte[] from;
    private final byte[] to;
    private final int vni;
    private String macs = "02aa0000000b" + "02aa0000000c";
    private int port = 4789;
    private int sourcePort = 49_152;
    private int service;
    private int ttl = 64;
    private int label;
    private int flags = 0x0800_0000;
    private int reserved;
    private boolean checksum;

    Outer(String from, String to, int vni) {
        try {
            this.from = InetAddress.getByName(from).getAddress();
            this.to = InetAddress.getByName(to).getAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
        this.vni = vni;
        this.checksum = this.from.length == 16;
    }

    Outer macs(String destination, String source) {
        macs = (destination + source).replace(":", "");
        return this;
    }

    Outer ports(int source, int destination) {
        sourcePort = source;
        port = destination;
        return this;
    }

    Outer service(int value) {
        service = value;
        return this;
    }

    Outer ttl(int value) {
        ttl = value;
        return this;
    }

    Outer label(int value) {
        label = value;
        return this;
    }

    /** The first word of the VXLAN header, and the last byte. */
    Outer vxlan(int firstWord, int lastByte) {
        flags = firstWord;
        reserved = lastByte;
        return this;
    }

    Outer checksum(boolean is) {
        checksum = is;
        return this;
    }

    /** The packet around a frame. */
    byte[] around(byte[] inner) {
        int udp = 16 + inner.length;
        var packet = ByteBuffer.allocate(14 + (from.length == 4 ? 20 : 40) + udp);
        packet.put(HexFormat.of().parseHex(macs));
        if (from.length == 4) {
            packet.putShort((short) 0x0800).put((byte) 0x45).put((byte) service).putShort((short) (20 + udp));
            packet.putInt(0x4000)
                    .put((byte) ttl)
                    .put((byte) 17)
                    .putShort((short) 0)
                    .put(from)
                    .put(to);
            packet.putShort(24, (short) ~sum(packet.array(), 14, 20));
        } else {
            packet.putShort((short) 0x86DD)
                    .putInt(6 << 28 | service << 20 | label)
                    .putShort((short) udp);
            packet.put((byte) 17).put((byte) ttl).put(from).put(to);
        }
        int at = packet.position();
        packet.putShort((short) sourcePort)
                .putShort((short) port)
                .putShort((short) udp)
                .putShort((short) 0);
        packet.putInt(flags).putInt(vni << 8 | reserved).put(inner);
        if (checksum) {
            int sum = ~datagramSum(packet.array(), at, udp) & 0xFFFF;
            packet.putShort(at + 6, (short) (sum == 0 ? 0xFFFF : sum));
        }
        return packet.array();
    }

    /** The sum over pseudo-header and datagram of a packet whose UDP header is at {@code at}; 0xFFFF when its checksum is right. */
    static int datagramSum(byte[] packet, int at, int length) {
        int addresses = at == 34 ? 8 : 32;
        var pseudo = ByteBuffer.allocate(addresses + 8 + length).put(packet, at - addresses, addresses);
        pseudo.putInt(length).putInt(packet[at == 34 ? 23 : 20]).put(packet, at, length);
        return sum(pseudo.array(), 0, pseudo.capacity());
    }

    /** The one's complement sum of RFC 1071, word by word. */
    static int sum(byte[] bytes, int at, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (bytes[at + i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }
}
