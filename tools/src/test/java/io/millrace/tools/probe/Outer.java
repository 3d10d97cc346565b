package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;

/**
 * A VXLAN packet as it travels between hosts, made and read byte by byte after RFC 791, 8200, 768 and 7348, with nothing
 * of the switch's own code. Every field may be made to lie; what is read is judged field by field.
 */
final class Outer {
    static final String SELF_MAC = "02000a090001";
    static final String HOP_MAC = "02000a090002";
    private static final int VXLAN_AND_UDP = 16;

    /** What the UDP checksum says. */
    enum Sum {
        NONE,
        RIGHT,
        WRONG
    }

    String destinationMac = SELF_MAC;
    String sourceMac = HOP_MAC;
    int type;
    String source;
    String destination;
    int service;
    int timeToLive = 64;
    int fragment = 0x4000;
    int protocol = 17;
    String options = "";
    int sourcePort = 50_000;
    int port = 4789;
    Sum sum;
    int checksum;
    int flags = 8;
    int reserved;
    int vni = 5;
    int reservedLast;
    byte[] inner = {};

    /** Added to what would be right; the IP checksum is then that of the header as it stands. */
    int totalLengthLie;

    int udpLengthLie;
    /** Turned in the IP checksum when all else is done. */
    int ipChecksumFlips;

    /** Turned in the first word of the IP header before its checksum is made. */
    int versionFlips;

    int udpChecksumFlips;
    /** Behind the packet's end by its total length. */
    byte[] padding = {};

    private Outer(boolean v6) {
        type = v6 ? 0x86DD : 0x0800;
        source = v6 ? "fd00:9::2" : "10.9.0.2";
        destination = v6 ? "fd00:9::1" : "10.9.0.1";
        sum = v6 ? Sum.RIGHT : Sum.NONE;
    }

    /** A right packet from the first peer, but for what the edit says. */
    static byte[] packet(boolean v6, byte[] inner, Consumer<Outer> edit) {
        var packet = new Outer(v6);
        packet.inner = inner;
        edit.accept(packet);
        return packet.bytes();
    }

    private static byte[] address(String text) {
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private byte[] bytes() {
        var datagram = datagram();
        boolean v6 = type == 0x86DD;
        var header = v6 ? ipv6(datagram.length) : ipv4(datagram.length);
        var frame = ByteBuffer.allocate(14 + header.length + datagram.length + padding.length);
        frame.put(HexFormat.of().parseHex(destinationMac)).put(HexFormat.of().parseHex(sourceMac));
        return frame.putShort((short) type)
                .put(header)
                .put(datagram)
                .put(padding)
                .array();
    }

    private byte[] datagram() {
        int length = VXLAN_AND_UDP + inner.length;
        var datagram = ByteBuffer.allocate(length)
                .putShort((short) sourcePort)
                .putShort((short) port)
                .putShort((short) (length + udpLengthLie))
                .putShort((short) 0)
                .putInt(flags << 24 | reserved)
                .putInt(vni << 8 | reservedLast)
                .put(inner);
        if (sum != Sum.NONE) {
            int right = udpChecksum(datagram.array(), length + udpLengthLie);
            datagram.putShort(6, (short) (sum == Sum.WRONG ? right ^ 0x0100 : right));
        }
        datagram.putShort(6, (short) (datagram.getShort(6) ^ udpChecksumFlips));
        return datagram.array();
    }

    private int udpChecksum(byte[] datagram, int length) {
        int covered = Math.min(Math.max(length, 0), datagram.length);
        long sum = words(address(source)) + words(address(destination)) + 17 + length;
        int right = ~folded(sum + words(Arrays.copyOf(datagram, covered))) & 0xFFFF;
        return right == 0 ? 0xFFFF : right;
    }

    private byte[] ipv4(int payload) {
        var more = HexFormat.of().parseHex(options);
        int length = 20 + more.length;
        var header = ByteBuffer.allocate(length)
                .putShort((short) ((0x4000 | length / 4 << 8 | service) ^ versionFlips))
                .putShort((short) (length + payload + totalLengthLie))
                .putShort((short) 0x1234)
                .putShort((short) fragment)
                .put((byte) timeToLive)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(address(source))
                .put(address(destination))
                .put(more);
        header.putShort(10, (short) (~folded(words(header.array())) ^ ipChecksumFlips));
        return header.array();
    }

    private byte[] ipv6(int payload) {
        return ByteBuffer.allocate(40)
                .putInt((6 << 28 | service << 20) ^ versionFlips << 16)
                .putShort((short) (payload + totalLengthLie))
                .put((byte) protocol)
                .put((byte) timeToLive)
                .put(address(source))
                .put(address(destination))
                .array();
    }

    /** The sum of the 16-bit words, not folded; an odd byte counts as if a zero followed. */
    static long words(byte[] bytes) {
        long sum = 0;
        for (int i = 0; i < bytes.length; i++) {
            sum += (bytes[i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
        }
        return sum;
    }

    static int folded(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xFFFF) + (folded >>> 16);
        }
        return (int) folded;
    }

    /** Reads a packet that a tunnel endpoint sent, and says what is wrong with it by any RFC. */
    static Outer read(byte[] frame) {
        var bytes = ByteBuffer.wrap(frame);
        var read = new Outer(bytes.getShort(12) == (short) 0x86DD);
        read.destinationMac = HexFormat.of().formatHex(frame, 0, 6);
        read.sourceMac = HexFormat.of().formatHex(frame, 6, 12);
        int datagram = bytes.getShort(12) == (short) 0x86DD ? read.readIpv6(bytes) : read.readIpv4(bytes);
        read.readDatagram(bytes, datagram);
        return read;
    }

    private static String text(ByteBuffer bytes, int at, int length) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes.array(), at, at + length))
                    .getHostAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private int readIpv4(ByteBuffer bytes) {
        assertThat(bytes.getShort(12)).as("EtherType").isEqualTo((short) 0x0800);
        assertThat(bytes.get(14)).as("version and header length").isEqualTo((byte) 0x45);
        service = bytes.get(15) & 0xFF;
        assertThat(bytes.getShort(16) & 0xFFFF).as("IP total length").isEqualTo(bytes.limit() - 14);
        assertThat(bytes.getShort(20)).as("DF alone, offset 0").isEqualTo((short) 0x4000);
        timeToLive = bytes.get(22) & 0xFF;
        assertThat(bytes.get(23)).as("protocol").isEqualTo((byte) 17);
        assertThat(folded(words(Arrays.copyOfRange(bytes.array(), 14, 34))))
                .as("sum of the IP header")
                .isEqualTo(0xFFFF);
        source = text(bytes, 26, 4);
        destination = text(bytes, 30, 4);
        return 34;
    }

    private int readIpv6(ByteBuffer bytes) {
        int first = bytes.getInt(14);
        assertThat(first >>> 28).as("version").isEqualTo(6);
        service = first >>> 20 & 0xFF;
        assertThat(bytes.getShort(18) & 0xFFFF).as("payload length").isEqualTo(bytes.limit() - 54);
        assertThat(bytes.get(20)).as("next header").isEqualTo((byte) 17);
        timeToLive = bytes.get(21) & 0xFF;
        source = text(bytes, 22, 16);
        destination = text(bytes, 38, 16);
        return 54;
    }

    private void readDatagram(ByteBuffer bytes, int at) {
        assertThat(timeToLive).as("TTL").isGreaterThanOrEqualTo(64);
        sourcePort = bytes.getShort(at) & 0xFFFF;
        port = bytes.getShort(at + 2) & 0xFFFF;
        assertThat(bytes.getShort(at + 4) & 0xFFFF).as("UDP length").isEqualTo(bytes.limit() - at);
        checksum = bytes.getShort(at + 6) & 0xFFFF;
        var datagram = Arrays.copyOfRange(bytes.array(), at, bytes.limit());
        datagram[6] = 0;
        datagram[7] = 0;
        if (checksum != 0) {
            assertThat(checksum).as("UDP checksum").isEqualTo(udpChecksum(datagram, datagram.length));
        }
        assertThat(bytes.getInt(at + 8)).as("flags and reserved bits").isEqualTo(0x0800_0000);
        vni = bytes.getInt(at + 12) >>> 8;
        assertThat(bytes.get(at + 15)).as("reserved byte").isZero();
        inner = Arrays.copyOfRange(bytes.array(), at + 16, bytes.limit());
    }

    String innerHex() {
        return Bytes.hex(inner);
    }
}
