package io.millrace.tools.trials;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Frames of 60 bytes with a token in each, bare or in a VXLAN packet for 10.9.0.1; written straight into the pool, without
 * the switch's own code, so that millions take no time.
 */
final class Packets {
    static final int LENGTH = 60;
    static final int OUTER = 50;
    static final long BROADCAST = 0xFFFF_FFFF_FFFFL;

    /** The address of host {@code 10.9.0.0} plus something. */
    static final int HOSTS = 0x0A09_0000;

    private static final int IP = 14;
    private static final int IP_CHECKSUM = IP + 10;
    private static final int IP_SOURCE = IP + 12;
    private static final int VXLAN_VNI = IP + 20 + 8 + 4;
    private static final int TOKEN = 16;
    private static final ByteOrder BIG = ByteOrder.BIG_ENDIAN;

    /** Ethernet; IPv4, 96 bytes, DF, TTL 64, UDP, to 10.9.0.1; UDP 50,000 to 4789, 76 bytes, no checksum; VXLAN. */
    private static final byte[] HEADERS = HexFormat.of()
            .parseHex("02000a090001" + "02000a090002" + "0800"
                    + "4500006000004000" + "4011" + "0000" + "00000000" + "0a090001"
                    + "c35012b5004c0000"
                    + "0800000000000000");

    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final int sum;

    Packets(FramePool pool) {
        this.pool = pool;
        this.bytes = pool.buffer();
        int words = 0;
        for (int i = IP; i < IP + 20; i += 2) {
            words += (HEADERS[i] & 0xFF) << 8 | HEADERS[i + 1] & 0xFF;
        }
        sum = words;
    }

    /** A bare frame. Addresses are 48 bits. */
    long frame(long destination, long source, long token) {
        long frame = pool.allocate(LENGTH);
        write(Frame.head(frame), destination, source, token);
        return frame;
    }

    /** The same in a packet from a host, by its IPv4 address. */
    long packet(int host, int vni, long destination, long source, long token) {
        long frame = pool.allocate(OUTER + LENGTH);
        int head = Frame.head(frame);
        bytes.putBytes(head, HEADERS);
        bytes.putInt(head + IP_SOURCE, host, BIG);
        int words = sum + (host >>> 16) + (host & 0xFFFF);
        words = (words & 0xFFFF) + (words >>> 16);
        bytes.putShort(head + IP_CHECKSUM, (short) ~(words + (words >>> 16)), BIG);
        bytes.putInt(head + VXLAN_VNI, vni << 8, BIG);
        write(head + OUTER, destination, source, token);
        return frame;
    }

    private void write(int at, long destination, long source, long token) {
        bytes.setMemory(at + TOKEN, LENGTH - TOKEN, (byte) 0);
        bytes.putLong(at, destination << 16, BIG);
        bytes.putLong(at + 6, source << 16, BIG);
        bytes.putInt(at + 12, 0x88B5_0000, BIG);
        bytes.putLong(at + TOKEN, token, BIG);
    }

    /** The token of a bare frame. */
    long token(long frame) {
        return bytes.getLong(Frame.head(frame) + TOKEN, BIG);
    }

    /** The token of the frame in a packet. */
    long innerToken(long packet) {
        return bytes.getLong(Frame.head(packet) + OUTER + TOKEN, BIG);
    }

    /** The identifier of the network that a packet is for. */
    int vni(long packet) {
        return bytes.getInt(Frame.head(packet) + VXLAN_VNI, BIG) >>> 8;
    }
}
