package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * An IPv4 packet, made and read byte by byte after RFC 791, 768, 9293 and 792, with nothing of Millrace's own code. A
 * packet that is made may lie; one that came off a wire has been judged when {@link #read} returns it.
 */
final class Packet {
    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int PSH = 8;
    static final int ACK = 16;

    private static final int DF = 0x4000;
    private static final int MF = 0x2000;
    private static final int OFFSET = 0x1FFF;
    private static int lastId = 1;

    final String source;
    final String destination;
    final int protocol;
    byte[] payload;
    int ttl = 64;
    int service;
    int id = ++lastId & 0xFFFF;
    /** Flags and offset, as the header has them. */
    int fragment;
    /** Digits; a multiple of four bytes. */
    String options = "";
    /** Turned in the header's checksum when all else is done. */
    int headerFlips;
    /** Behind the packet's end. */
    int padding;
    /** Who it came from and went to on the wire, if it came off one; twelve digits. */
    String sourceMac = "";

    String destinationMac = "";

    Packet(String source, String destination, int protocol, byte[] payload) {
        this.source = source;
        this.destination = destination;
        this.protocol = protocol;
        this.payload = payload;
    }

    // ------------------------------------------------------------------ making

    static Packet udp(String source, int from, String destination, int to, byte[] data) {
        var bytes = ByteBuffer.allocate(8 + data.length)
                .putShort((short) from)
                .putShort((short) to)
                .putShort((short) (8 + data.length))
                .putShort((short) 0)
                .put(data)
                .array();
        return new Packet(source, destination, UDP, bytes).summed();
    }

    /** With a few bytes of text that no other packet has. */
    static Packet udp(String source, int from, String destination, int to) {
        return udp(source, from, destination, to, text("datagram " + ++lastId));
    }

    static Packet tcp(String source, int from, String destination, int to, int flags, long sequence, long ack) {
        return tcp(source, from, destination, to, flags, sequence, ack, new byte[0]);
    }

    static Packet tcp(
            String source, int from, String destination, int to, int flags, long sequence, long ack, byte[] data) {
        var bytes = ByteBuffer.allocate(20 + data.length)
                .putShort((short) from)
                .putShort((short) to)
                .putInt((int) sequence)
                .putInt((int) ack)
                .putShort((short) (0x5000 | flags))
                .putShort((short) 32_000)
                .putInt(0)
                .put(data)
                .array();
        return new Packet(source, destination, TCP, bytes).summed();
    }

    /** @param rest the second word of the header, whatever it means */
    static Packet icmp(String source, String destination, int type, int code, int rest, byte[] data) {
        var bytes = ByteBuffer.allocate(8 + data.length)
                .put((byte) type)
                .put((byte) code)
                .putShort((short) 0)
                .putInt(rest)
                .put(data)
                .array();
        return new Packet(source, destination, ICMP, bytes).summed();
    }

    static Packet echo(String source, String destination, int identifier, int number) {
        return icmp(source, destination, 8, 0, identifier << 16 | number, text("ping " + ++lastId));
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    Packet ttl(int n) {
        ttl = n;
        return this;
    }

    Packet dontFragment() {
        fragment |= DF;
        return this;
    }

    Packet options(String digits) {
        options = digits;
        return this;
    }

    /** Makes the checksum of the payload right, as it now is. */
    Packet summed() {
        if (checksumAt() >= 0) {
            checksum(0);
            int sum = ~Outer.folded(pseudo() + Outer.words(payload)) & 0xFFFF;
            checksum(sum == 0 && protocol == UDP ? 0xFFFF : sum);
        }
        return this;
    }

    private int checksumAt() {
        return switch (protocol) {
            case UDP -> 6;
            case TCP -> 16;
            case ICMP -> 2;
            default -> -1;
        };
    }

    private long pseudo() {
        return protocol == ICMP
                ? 0
                : Outer.words(address(source)) + Outer.words(address(destination)) + protocol + payload.length;
    }

    Packet checksum(int sum) {
        ByteBuffer.wrap(payload).putShort(checksumAt(), (short) sum);
        return this;
    }

    /** In pieces of so many bytes (a multiple of eight) each, but the last. */
    List<Packet> pieces(int size) {
        var pieces = new ArrayList<Packet>();
        for (int at = 0; at < payload.length; at += size) {
            pieces.add(piece(at, Math.min(at + size, payload.length), at + size < payload.length));
        }
        return pieces;
    }

    Packet piece(int from, int to, boolean more) {
        var piece = new Packet(source, destination, protocol, Arrays.copyOfRange(payload, from, to));
        piece.ttl = ttl;
        piece.id = id;
        piece.fragment = from / 8 | (more ? MF : 0);
        return piece;
    }

    /** The packet as it is on the wire, without a frame around it. */
    byte[] bytes() {
        var more = HexFormat.of().parseHex(options);
        int header = 20 + more.length;
        var packet = ByteBuffer.allocate(header + payload.length + padding)
                .put((byte) (0x40 | header / 4))
                .put((byte) service)
                .putShort((short) (header + payload.length))
                .putShort((short) id)
                .putShort((short) fragment)
                .put((byte) ttl)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(address(source))
                .put(address(destination))
                .put(more)
                .put(payload);
        int sum = ~Outer.folded(Outer.words(Arrays.copyOf(packet.array(), header)));
        return packet.putShort(10, (short) (sum ^ headerFlips)).array();
    }

    /** In a frame. */
    byte[] frame(String to, String from) {
        var packet = bytes();
        return ByteBuffer.allocate(14 + packet.length)
                .put(HexFormat.of().parseHex(to + from))
                .putShort((short) 0x0800)
                .put(packet)
                .array();
    }

    static byte[] address(String text) {
        var parts = text.split("\\.", -1);
        var bytes = new byte[4];
        for (int i = 0; i < 4; i++) {
            bytes[i] = (byte) Integer.parseInt(parts[i]);
        }
        return bytes;
    }

    private static String address(ByteBuffer bytes, int at) {
        return (bytes.get(at) & 0xFF)
                + "." + (bytes.get(at + 1) & 0xFF)
                + "." + (bytes.get(at + 2) & 0xFF)
                + "." + (bytes.get(at + 3) & 0xFF);
    }

    // ------------------------------------------------------------------ reading

    /** What came off a wire: its header must be in order, and as long as it says; what is behind it is thrown away. */
    static Packet read(byte[] frame) {
        var packet = parse(Arrays.copyOfRange(frame, 14, frame.length));
        var bytes = ByteBuffer.wrap(frame);
        int header = (bytes.get(14) & 0xF) * 4;
        int total = bytes.getShort(16) & 0xFFFF;
        assertThat(total).as("IP total length").isLessThanOrEqualTo(frame.length - 14);
        assertThat(Outer.folded(Outer.words(Arrays.copyOfRange(frame, 14, 14 + header))))
                .as("sum of the IP header")
                .isEqualTo(0xFFFF);
        packet.payload = Arrays.copyOfRange(frame, 14 + header, 14 + total);
        packet.destinationMac = HexFormat.of().formatHex(frame, 0, 6);
        packet.sourceMac = HexFormat.of().formatHex(frame, 6, 12);
        return packet;
    }

    /** The packet that an ICMP error quotes, as far as it goes; only its IP header is judged. */
    Packet quoted() {
        var quote = Arrays.copyOfRange(payload, 8, payload.length);
        int header = (quote[0] & 0xF) * 4;
        assertThat(Outer.folded(Outer.words(Arrays.copyOf(quote, header))))
                .as("sum of the quoted IP header")
                .isEqualTo(0xFFFF);
        return parse(quote);
    }

    private static Packet parse(byte[] packet) {
        var bytes = ByteBuffer.wrap(packet);
        assertThat(packet[0] >> 4).as("IP version").isEqualTo(4);
        int header = (packet[0] & 0xF) * 4;
        var parsed = new Packet(
                address(bytes, 12),
                address(bytes, 16),
                packet[9] & 0xFF,
                Arrays.copyOfRange(packet, header, packet.length));
        parsed.service = packet[1] & 0xFF;
        parsed.id = bytes.getShort(4) & 0xFFFF;
        parsed.fragment = bytes.getShort(6) & 0xFFFF;
        parsed.ttl = packet[8] & 0xFF;
        parsed.options = HexFormat.of().formatHex(packet, 20, header);
        return parsed;
    }

    /** Whether its checksum is right; one that UDP leaves out is. */
    boolean isRight() {
        return checksumAt() < 0
                || protocol == UDP && word(6) == 0
                || Outer.folded(pseudo() + Outer.words(payload)) == 0xFFFF;
    }

    /** One packet of its fragments, in whatever order; they may not overlap. */
    static Packet whole(List<Packet> pieces) {
        int length = pieces.stream()
                .filter(piece -> !piece.more())
                .mapToInt(piece -> piece.offset() + piece.payload.length)
                .max()
                .orElseThrow(() -> new AssertionError("no last fragment: " + pieces));
        var data = new byte[length];
        int filled = 0;
        for (var piece : pieces) {
            System.arraycopy(piece.payload, 0, data, piece.offset(), piece.payload.length);
            filled += piece.payload.length;
        }
        assertThat(filled).as("bytes of %s", pieces).isEqualTo(length);
        var first = pieces.getFirst();
        for (var piece : pieces) {
            assertThat(List.of(piece.source, piece.destination, piece.protocol, piece.id))
                    .isEqualTo(List.of(first.source, first.destination, first.protocol, first.id));
        }
        return new Packet(first.source, first.destination, first.protocol, data);
    }

    int offset() {
        return (fragment & OFFSET) * 8;
    }

    boolean more() {
        return (fragment & MF) != 0;
    }

    boolean isFragment() {
        return more() || offset() != 0;
    }

    /** Two bytes of the payload. */
    int word(int at) {
        return ByteBuffer.wrap(payload).getShort(at) & 0xFFFF;
    }

    /** Four bytes of it. */
    long number(int at) {
        return ByteBuffer.wrap(payload).getInt(at) & 0xFFFF_FFFFL;
    }

    int from() {
        return word(0);
    }

    int to() {
        return word(2);
    }

    /** TCP's. */
    int flags() {
        return payload[13] & 0x3F;
    }

    /** ICMP's, type and code: {@code 0x0304}. */
    int kind() {
        return word(0);
    }

    /** ICMP's. */
    int identifier() {
        return word(4);
    }

    /** Behind UDP's or ICMP's header. */
    String data() {
        return HexFormat.of().formatHex(payload, 8, payload.length);
    }

    /** Who to whom. */
    String way() {
        boolean ports = (protocol == UDP || protocol == TCP) && offset() == 0 && payload.length >= 4;
        return ports
                ? source + ":" + from() + " > " + destination + ":" + to()
                : source + " > " + destination + " protocol " + protocol;
    }

    @Override
    public String toString() {
        return way() + " ttl " + ttl + " fragment " + Integer.toHexString(fragment) + " "
                + HexFormat.of().formatHex(payload, 0, Math.min(payload.length, 64));
    }
}
