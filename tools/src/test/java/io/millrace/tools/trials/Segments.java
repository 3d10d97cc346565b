package io.millrace.tools.trials;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * TCP segments over IPv4 in Ethernet frames, written straight into the pool and read out of it without the switch's own
 * code. Addresses and numbers are as they are read, in host order.
 */
final class Segments {
    static final int FIN = 1;
    static final int SYN = 2;
    static final int PUSH = 8;
    static final int ACK = 16;

    private static final int IP = 14;
    private static final int TCP = 34;
    private static final int DATA = 54;
    private static final int LEAST = 60;
    private static final int WINDOW = 65_535;
    private static final int PROTOCOL = 6;
    private static final ByteOrder BIG = ByteOrder.BIG_ENDIAN;

    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private int source;
    private int sourcePort;
    private int destination;
    private int destinationPort;

    Segments(FramePool pool) {
        this.pool = pool;
        this.bytes = pool.buffer();
    }

    /** Who sends what is written next: address and TCP port. */
    Segments from(int address, int port) {
        source = address;
        sourcePort = port;
        return this;
    }

    /** To whom. */
    Segments to(int address, int port) {
        destination = address;
        destinationPort = port;
        return this;
    }

    /**
     * A segment. Nothing is allocated but the frame.
     *
     * @param macs the destination's and the source's, 48 bits each
     * @param length of its data, all zeros
     */
    long segment(long[] macs, int flags, int sequence, int acknowledged, int length) {
        int all = Math.max(LEAST, DATA + length);
        long frame = pool.allocate(all);
        int at = Frame.head(frame);
        bytes.setMemory(at, all, (byte) 0);
        bytes.putLong(at, macs[0] << 16, BIG);
        bytes.putLong(at + 6, macs[1] << 16, BIG);
        bytes.putInt(at + 12, 0x0800_4500, BIG);
        bytes.putShort(at + IP + 2, (short) (40 + length), BIG);
        bytes.putInt(at + IP + 8, 64 << 24 | PROTOCOL << 16, BIG);
        bytes.putInt(at + IP + 12, source, BIG);
        bytes.putInt(at + IP + 16, destination, BIG);
        bytes.putShort(at + TCP, (short) sourcePort, BIG);
        bytes.putShort(at + TCP + 2, (short) destinationPort, BIG);
        bytes.putInt(at + TCP + 4, sequence, BIG);
        bytes.putInt(at + TCP + 8, acknowledged, BIG);
        bytes.putInt(at + TCP + 12, 5 << 28 | flags << 16 | WINDOW, BIG);
        bytes.putShort(at + IP + 10, (short) ~sum(at + IP, 20, 0), BIG);
        bytes.putShort(at + TCP + 16, (short) ~sum(at + TCP, 20 + length, pseudo(at, 20 + length)), BIG);
        return frame;
    }

    /** Whether it is a TCP segment over IPv4, with both checksums right. */
    boolean isSegment(long frame) {
        int at = Frame.head(frame);
        if (bytes.getInt(at + 12, BIG) >>> 8 != 0x08_0045 || bytes.getByte(at + IP + 9) != PROTOCOL) {
            return false;
        }
        int length = half(at + IP + 2) - 20;
        return sum(at + IP, 20, 0) == 0xFFFF && sum(at + TCP, length, pseudo(at, length)) == 0xFFFF;
    }

    int source(long frame) {
        return bytes.getInt(Frame.head(frame) + IP + 12, BIG);
    }

    int destination(long frame) {
        return bytes.getInt(Frame.head(frame) + IP + 16, BIG);
    }

    int sourcePort(long frame) {
        return half(Frame.head(frame) + TCP);
    }

    int destinationPort(long frame) {
        return half(Frame.head(frame) + TCP + 2);
    }

    int sequence(long frame) {
        return bytes.getInt(Frame.head(frame) + TCP + 4, BIG);
    }

    private int pseudo(int at, int length) {
        return half(at + IP + 12) + half(at + IP + 14) + half(at + IP + 16) + half(at + IP + 18) + PROTOCOL + length;
    }

    private int sum(int from, int length, int start) {
        int sum = start;
        for (int i = 0; i + 1 < length; i += 2) {
            sum += half(from + i);
        }
        if ((length & 1) != 0) {
            sum += (bytes.getByte(from + length - 1) & 0xFF) << 8;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    private int half(int offset) {
        return bytes.getShort(offset, BIG) & 0xFFFF;
    }
}
