package io.millrace.tools.trials;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** UDP over IPv4 in frames of 60 bytes, written straight into the pool and read there, without any of the switch's own code. */
final class Datagrams {
    private static final int LENGTH = 60;
    private static final int IP = 14;
    private static final int UDP = IP + 20;
    private static final int TOKEN = UDP + 8;
    private static final ByteOrder BIG = ByteOrder.BIG_ENDIAN;

    private final FramePool pool;
    private final UnsafeBuffer bytes;

    Datagrams(FramePool pool) {
        this.pool = pool;
        this.bytes = pool.buffer();
    }

    /** Without a checksum, which UDP leaves to the sender. MAC addresses have 48 bits; the token is what it carries. */
    long make(long toMac, long fromMac, int source, int from, int destination, int to, int token) {
        long frame = pool.allocate(LENGTH);
        int head = Frame.head(frame);
        bytes.setMemory(head, LENGTH, (byte) 0);
        bytes.putLong(head, toMac << 16, BIG);
        bytes.putLong(head + 6, fromMac << 16, BIG);
        bytes.putInt(head + 12, 0x0800_4500, BIG);
        bytes.putShort(head + IP + 2, (short) (LENGTH - IP), BIG);
        bytes.putShort(head + IP + 8, (short) (64 << 8 | 17), BIG);
        bytes.putInt(head + IP + 12, source, BIG);
        bytes.putInt(head + IP + 16, destination, BIG);
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += bytes.getShort(head + IP + i, BIG) & 0xFFFF;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        bytes.putShort(head + IP + 10, (short) ~(sum + (sum >>> 16)), BIG);
        bytes.putShort(head + UDP, (short) from, BIG);
        bytes.putShort(head + UDP + 2, (short) to, BIG);
        bytes.putShort(head + UDP + 4, (short) (LENGTH - UDP), BIG);
        bytes.putInt(head + TOKEN, token, BIG);
        return frame;
    }

    int token(long frame) {
        return bytes.getInt(Frame.head(frame) + TOKEN, BIG);
    }

    boolean isUdp(long frame) {
        return bytes.getByte(Frame.head(frame) + IP + 9) == 17;
    }

    /** Type and code of an ICMP message, otherwise -1. */
    int icmp(long frame) {
        int head = Frame.head(frame);
        return bytes.getByte(head + IP + 9) == 1 ? bytes.getShort(head + UDP, BIG) & 0xFFFF : -1;
    }

    int source(long frame) {
        return bytes.getInt(Frame.head(frame) + IP + 12, BIG);
    }

    int destination(long frame) {
        return bytes.getInt(Frame.head(frame) + IP + 16, BIG);
    }

    int from(long frame) {
        return bytes.getShort(Frame.head(frame) + UDP, BIG) & 0xFFFF;
    }

    int to(long frame) {
        return bytes.getShort(Frame.head(frame) + UDP + 2, BIG) & 0xFFFF;
    }
}
