package io.millrace.codec.capture;

import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes pcapng (draft-ietf-opsawg-pcapng): one section, little endian, an Interface Description Block for each
 * interface and an Enhanced Packet Block for each frame, times in nanoseconds.
 *
 * <p>Ticks in the file are unsigned. A frame from before 1970 is therefore written on a twin of its interface, of the
 * same name, whose clock starts some centuries earlier (if_tsoffset); readers see the right time and name.
 */
public final class PcapngWriter implements CaptureWriter {
    private static final int SECTION = 28, INTERFACE = 20, PACKET = 32, OPTION = 4;
    private static final int END = 0, COMMENT = 1, NAME = 2, FLAGS = 2, RESOLUTION = 9, OFFSET = 14;
    private static final int INBOUND = 1, OUTBOUND = 2;
    private static final int STATISTICS = 24, STATISTICS_BLOCK = 5, RECEIVED = 4, DROPPED = 5;
    private static final int NANOSECONDS = 9, LONGEST_OPTION = 65_535, LONGEST_NAME = 255;
    private static final int NONE = -1;
    private static final long TWIN_STARTS = -9_000_000_000L, SECOND = 1_000_000_000L; // in seconds: the year 1684

    private final CaptureOutput out;
    private Declared[] interfaces = new Declared[4];
    private int count;
    private int written; // interfaces in the file, with the twins

    private static final class Declared {
        final String name;
        final int linkType;
        final int snapLength;
        final int id;
        int twin = NONE;

        Declared(String name, int linkType, int snapLength, int id) {
            this.name = name;
            this.linkType = linkType;
            this.snapLength = snapLength;
            this.id = id;
        }
    }

    private PcapngWriter(CaptureOutput out) {
        this.out = out;
        out.u32(PcapngReader.SECTION_HEADER);
        out.u32(SECTION);
        out.u32(PcapngReader.BYTE_ORDER_MAGIC);
        out.u16(1);
        out.u16(0);
        out.i64(-1); // the section's length is not told
        out.u32(SECTION);
    }

    /** Creates the file, or empties it; {@code -} is standard output. */
    public static PcapngWriter open(Path file) {
        return new PcapngWriter(CaptureOutput.open(file));
    }

    /**
     * Writes to a channel, which is closed with the writer.
     *
     * @param name for sentences
     * @param bufferSize how much is kept back until it is written, in bytes, from 1,024
     */
    public static PcapngWriter to(WritableByteChannel channel, String name, int bufferSize) {
        return new PcapngWriter(new CaptureOutput(name, channel, Math.max(bufferSize, CaptureOutput.SMALLEST)));
    }

    /** Interfaces may be added at any time before their first frame. */
    @Override
    public int addInterface(String name, int linkType, int snapLength) {
        if (count == interfaces.length) {
            interfaces = Arrays.copyOf(interfaces, count * 2);
        }
        interfaces[count] = new Declared(name, linkType, snapLength, declare(name, linkType, snapLength, 0));
        return count++;
    }

    private int declare(String name, int linkType, int snapLength, long offset) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        byte[] text = Arrays.copyOf(bytes, Math.min(bytes.length, LONGEST_NAME));
        int options = (text.length == 0 ? 0 : OPTION + padded(text.length))
                + (OPTION + 4)
                + (offset == 0 ? 0 : OPTION + 8)
                + OPTION;
        out.reserve(INTERFACE + options);
        out.u32(PcapngReader.INTERFACE);
        out.u32(INTERFACE + options);
        out.u16(linkType);
        out.u16(0);
        out.u32(snapLength);
        if (text.length > 0) {
            option(NAME, new UnsafeBuffer(text), text.length);
        }
        out.u16(RESOLUTION);
        out.u16(1);
        out.u32(NANOSECONDS);
        if (offset != 0) {
            out.u16(OFFSET);
            out.u16(8);
            out.i64(offset);
        }
        out.u32(END);
        out.u32(INTERFACE + options);
        return written++;
    }

    @Override
    public void write(
            int interfaceId,
            long time,
            UnsafeBuffer buffer,
            int offset,
            int captured,
            int original,
            @Nullable CharSequence comment) {
        Declared on = interfaces[interfaceId];
        if (time >= 0 || time == CaptureReader.NO_TIME) {
            packet(on.id, Math.max(time, 0), buffer, offset, captured, original, comment);
        } else {
            if (on.twin == NONE) {
                on.twin = declare(on.name, on.linkType, on.snapLength, TWIN_STARTS);
            }
            packet(on.twin, Math.max(time - TWIN_STARTS * SECOND, 0), buffer, offset, captured, original, comment);
        }
    }

    /**
     * Writes a frame with its way (epb_flags).
     *
     * @param time nanoseconds since 1970, not before
     * @param outgoing whether it left by the interface; otherwise it came in
     */
    public void write(
            int interfaceId, long time, DirectBuffer buffer, int offset, int captured, int original, boolean outgoing) {
        int length = begin(interfaces[interfaceId].id, time, buffer, offset, captured, original, OPTION + 4 + OPTION);
        out.reserve(OPTION + 4 + OPTION + 4);
        out.u16(FLAGS);
        out.u16(4);
        out.u32(outgoing ? OUTBOUND : INBOUND);
        out.u32(END);
        out.u32(length);
    }

    /**
     * Writes an Interface Statistics Block: what came of an interface up to a time. A later one supersedes it.
     *
     * @param time nanoseconds since 1970, not before
     * @param received frames that were to be captured (isb_ifrecv)
     * @param dropped those of them that were lost (isb_ifdrop)
     */
    public void statistics(int interfaceId, long time, long received, long dropped) {
        int length = STATISTICS + 2 * (OPTION + 8) + OPTION;
        out.reserve(length);
        out.u32(STATISTICS_BLOCK);
        out.u32(length);
        out.u32(interfaces[interfaceId].id);
        out.u32((int) (time >>> 32));
        out.u32((int) time);
        out.u16(RECEIVED);
        out.u16(8);
        out.i64(received);
        out.u16(DROPPED);
        out.u16(8);
        out.i64(dropped);
        out.u32(END);
        out.u32(length);
    }

    private void packet(
            int id,
            long ticks,
            UnsafeBuffer buffer,
            int offset,
            int captured,
            int original,
            @Nullable CharSequence comment) {
        int remark = comment == null ? 0 : Math.min(comment.length(), LONGEST_OPTION);
        if (comment != null && !isAscii(comment, remark)) {
            remarked(id, ticks, buffer, offset, captured, original, comment.toString());
            return;
        }
        int length = begin(id, ticks, buffer, offset, captured, original, remarkOption(remark));
        if (comment != null && remark > 0) {
            out.reserve(OPTION);
            out.u16(COMMENT);
            out.u16(remark);
            for (int i = 0; i < remark; i++) {
                out.reserve(1);
                out.u8(comment.charAt(i));
            }
            out.reserve(3 + OPTION);
            out.zeros(padded(remark) - remark);
            out.u32(END);
        }
        out.reserve(4);
        out.u32(length);
    }

    private void remarked(
            int id, long ticks, UnsafeBuffer buffer, int offset, int captured, int original, String comment) {
        UnsafeBuffer text = new UnsafeBuffer(comment.getBytes(StandardCharsets.UTF_8));
        int remark = Math.min(text.capacity(), LONGEST_OPTION);
        while (remark < text.capacity() && (text.getByte(remark) & 0xC0) == 0x80) {
            remark--; // never half a character
        }
        int length = begin(id, ticks, buffer, offset, captured, original, remarkOption(remark));
        option(COMMENT, text, remark);
        out.reserve(OPTION + 4);
        out.u32(END);
        out.u32(length);
    }

    private static int remarkOption(int length) {
        return length == 0 ? 0 : OPTION + padded(length) + OPTION;
    }

    /** The block up to its options, which take {@code options} bytes; answers the block's length. */
    private int begin(int id, long ticks, DirectBuffer buffer, int offset, int captured, int original, int options) {
        int padding = padded(captured) - captured;
        int length = PACKET + captured + padding + options;
        out.reserve(PACKET);
        out.u32(PcapngReader.ENHANCED_PACKET);
        out.u32(length);
        out.u32(id);
        out.u32((int) (ticks >>> 32));
        out.u32((int) ticks);
        out.u32(captured);
        out.u32(original);
        out.bytes(buffer, offset, captured);
        out.reserve(padding);
        out.zeros(padding);
        return length;
    }

    private void option(int code, UnsafeBuffer value, int length) {
        out.reserve(OPTION);
        out.u16(code);
        out.u16(length);
        out.bytes(value, 0, length);
        out.reserve(3);
        out.zeros(padded(length) - length);
    }

    private static boolean isAscii(CharSequence text, int length) {
        for (int i = 0; i < length; i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static int padded(int length) {
        return (length + 3) & ~3;
    }

    @Override
    public void flush() {
        out.flush();
    }

    @Override
    public void close() {
        out.close();
    }
}
