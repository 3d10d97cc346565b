package io.millrace.tools.probe;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/** Ethernet frames with a UDP or TCP packet in them, checksums and all. */
final class Inner {
    private Inner() {}

    /** UDP from 192.0.2.1 to 192.0.2.2, or over IPv6; {@code service} is the whole byte, {@code data} counted in bytes. */
    static byte[] udp(boolean v6, String destination, String source, int service, int from, int to, int data) {
        return ip(v6, destination, source, service, 17, from, to, data);
    }

    /** The same of any protocol whose header begins with two ports. */
    static byte[] ip(
            boolean v6, String destination, String source, int service, int protocol, int from, int to, int data) {
        var addresses = HexFormat.of()
                .parseHex(
                        v6
                                ? "20010db8000000000000000000000001" + "20010db8000000000000000000000002"
                                : "c0000201c0000202");
        int length = 8 + data;
        var transport = ByteBuffer.allocate(length).putShort((short) from).putShort((short) to);
        transport.putShort((short) length);
        for (int i = 8; i < length; i++) {
            transport.put(i, (byte) i);
        }
        long pseudo = Outer.words(addresses) + protocol + length;
        int sum = ~Outer.folded(pseudo + Outer.words(transport.array())) & 0xFFFF;
        transport.putShort(6, (short) (sum == 0 ? 0xFFFF : sum));
        var header = v6 ? ByteBuffer.allocate(40) : ByteBuffer.allocate(20);
        if (v6) {
            header.putInt(6 << 28 | service << 20)
                    .putShort((short) length)
                    .put((byte) protocol)
                    .put((byte) 63);
        } else {
            header.putShort((short) (0x4500 | service)).putShort((short) (20 + length));
            header.putInt(0x0001_4000).put((byte) 63).put((byte) protocol).putShort((short) 0);
        }
        header.put(addresses);
        if (!v6) {
            header.putShort(10, (short) ~Outer.folded(Outer.words(header.array())));
        }
        return ByteBuffer.allocate(14 + header.capacity() + length)
                .put(HexFormat.of().parseHex(destination + source))
                .putShort((short) (v6 ? 0x86DD : 0x0800))
                .put(header.array())
                .put(transport.array())
                .array();
    }

    /** The same frame with these bytes, as digits, between its addresses and its type. */
    static byte[] tagged(byte[] frame, String tag) {
        var bytes = HexFormat.of().parseHex(tag);
        return ByteBuffer.allocate(frame.length + bytes.length)
                .put(frame, 0, 12)
                .put(bytes)
                .put(Arrays.copyOfRange(frame, 12, frame.length))
                .array();
    }
}
