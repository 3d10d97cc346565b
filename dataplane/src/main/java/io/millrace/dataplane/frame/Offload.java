package io.millrace.dataplane.frame;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Work on a frame that its sender left to the network card: a checksum to be finished, a long segment to be cut. One
 * {@code long}, kept in the frame's label, with the fields of {@code struct virtio_net_hdr} (virtio 1.3, 5.1.6) that
 * cannot be found out again:
 *
 * <pre>
 *   63 ........... 48  47 .......... 32  31 ...... 16  15 ... 8  7 ... 0
 *    checksum offset    checksum start    segment size   type     flags
 * </pre>
 *
 * <p>The checksum start counts from the frame's first byte: whoever {@linkplain Frame#push pushes} a header writes a
 * {@linkplain #shifted shifted} state.
 */
public final class Offload {
    private Offload() {}

    /** The frame is as it looks. */
    public static final long NONE = 0;

    /** Segment types, as virtio numbers them. */
    public static final int WHOLE = 0;

    public static final int TCP_V4 = 1;
    /** UDP datagrams of IP fragments (UFO); senders no longer make it. */
    public static final int UDP_FRAGMENTS = 3;

    public static final int TCP_V6 = 4;
    /** Each segment is a UDP datagram of its own (USO). */
    public static final int UDP = 5;
    /** Added to a TCP type: the first segment alone carries CWR (RFC 3168 6.1.2). */
    public static final int ECN = 0x80;

    /** Bytes of a {@code virtio_net_hdr}. */
    public static final int HEADER = 10;

    private static final int NEEDS_CHECKSUM = 1;
    private static final int SIZE_SHIFT = 16;
    private static final int START_SHIFT = 32;
    private static final int OFFSET_SHIFT = 48;

    /**
     * A state.
     *
     * @param type {@link #WHOLE}, or what to cut the frame as
     * @param segmentSize bytes of payload per segment; 0 for a whole frame
     * @param start where the sum begins, in bytes from the frame's first
     * @param offset where, from there, the 16 bits of the checksum are
     */
    public static long of(int type, int segmentSize, int start, int offset) {
        return NEEDS_CHECKSUM
                | (type & 0xFFL) << 8
                | (segmentSize & 0xFFFFL) << SIZE_SHIFT
                | (start & 0xFFFFL) << START_SHIFT
                | (offset & 0xFFFFL) << OFFSET_SHIFT;
    }

    /** Whether the checksum field holds but the sum of the pseudo-header, and the rest is still to be summed. */
    public static boolean needsChecksum(long state) {
        return (state & NEEDS_CHECKSUM) != 0;
    }

    /** What to cut the frame as: {@link #WHOLE}, {@link #TCP_V4}, {@link #TCP_V6}, {@link #UDP}; without {@link #ECN}. */
    public static int type(long state) {
        return (int) (state >>> 8) & 0x7F;
    }

    /** Whether the frame is several segments in one. */
    public static boolean isSegmented(long state) {
        return type(state) != WHOLE;
    }

    /** Whether the segments' TCP flags need the care of RFC 3168. */
    public static boolean hasEcn(long state) {
        return (state >>> 8 & ECN) != 0;
    }

    /** Bytes of payload of each segment but the last. */
    public static int segmentSize(long state) {
        return (int) (state >>> SIZE_SHIFT) & 0xFFFF;
    }

    /** Where the sum begins, in bytes from the frame's first. */
    public static int checksumStart(long state) {
        return (int) (state >>> START_SHIFT) & 0xFFFF;
    }

    /** Where the checksum is, in bytes from {@link #checksumStart}. */
    public static int checksumOffset(long state) {
        return (int) (state >>> OFFSET_SHIFT) & 0xFFFF;
    }

    /** The same state after {@code n} bytes were put in front of the frame; negative: taken away. */
    public static long shifted(long state, int n) {
        return needsChecksum(state) ? state + ((long) n << START_SHIFT) : state;
    }

    /** Reads a {@code virtio_net_hdr} (little endian, as the kernel writes it here); {@link #NONE} when it asks nothing. */
    public static long read(DirectBuffer buffer, int at) {
        int flags = buffer.getByte(at) & NEEDS_CHECKSUM;
        int type = buffer.getByte(at + 1) & 0xFF;
        if (flags == 0 && type == WHOLE) {
            return NONE;
        }
        long checksum = flags == 0 ? 0 : buffer.getInt(at + 6, ByteOrder.LITTLE_ENDIAN) & 0xFFFF_FFFFL;
        long size = buffer.getShort(at + 4, ByteOrder.LITTLE_ENDIAN) & 0xFFFFL;
        return flags | (long) type << 8 | size << SIZE_SHIFT | checksum << START_SHIFT;
    }

    /**
     * Writes a {@code virtio_net_hdr} of {@link #HEADER} bytes.
     *
     * @param headers bytes of all headers of a segmented frame, which the kernel takes as a hint; else 0
     */
    public static void write(MutableDirectBuffer buffer, int at, long state, int headers) {
        buffer.putShort(at, (short) state, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(at + 2, (state >>> SIZE_SHIFT) << 16 | (headers & 0xFFFFL), ByteOrder.LITTLE_ENDIAN);
    }
}
