package io.millrace.codec;

import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A view of one header somewhere in a buffer: the only class that knows about byte order and sign extension.
 *
 * <p>{@code wrap} never checks, since it must also serve to write into empty bytes. {@code check} says what is wrong
 * with what was received, once, at the door; after it answered {@link Malformed#NONE} no accessor reads past the end.
 * Network byte order throughout; every length is in bytes. A view belongs to one thread.
 */
public abstract class Header {
    private UnsafeBuffer buffer = NOWHERE;
    private int offset;

    private static final UnsafeBuffer NOWHERE = new UnsafeBuffer(0, 0);

    /** Moves this view onto the bytes at {@code offset} of {@code buffer}. */
    @SuppressWarnings("ReferenceEquality") // whether it is the very same buffer is the question
    protected final void over(UnsafeBuffer buffer, int offset) {
        if (this.buffer != buffer) {
            this.buffer = buffer; // seldom: a store of a reference costs a collector's barrier, this test does not
        }
        this.offset = offset;
    }

    /** The buffer this view lies on. */
    public final UnsafeBuffer buffer() {
        return buffer;
    }

    /** Where the header starts in its buffer, in bytes. */
    public final int offset() {
        return offset;
    }

    protected final int u8(int at) {
        return buffer.getByte(offset + at) & 0xFF;
    }

    protected final int u16(int at) {
        return buffer.getShort(offset + at, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    protected final int u24(int at) {
        return u16(at) << 8 | u8(at + 2);
    }

    /** Thirty-two bits as they are: an address. Use {@link #u32} for a number. */
    protected final int i32(int at) {
        return buffer.getInt(offset + at, ByteOrder.BIG_ENDIAN);
    }

    protected final long u32(int at) {
        return i32(at) & 0xFFFF_FFFFL;
    }

    protected final long u48(int at) {
        return (long) u16(at) << 32 | u32(at + 2);
    }

    protected final long i64(int at) {
        return buffer.getLong(offset + at, ByteOrder.BIG_ENDIAN);
    }

    protected final void u8(int at, int value) {
        buffer.putByte(offset + at, (byte) value);
    }

    protected final void u16(int at, int value) {
        buffer.putShort(offset + at, (short) value, ByteOrder.BIG_ENDIAN);
    }

    protected final void u24(int at, int value) {
        u16(at, value >>> 8);
        u8(at + 2, value);
    }

    protected final void i32(int at, int value) {
        buffer.putInt(offset + at, value, ByteOrder.BIG_ENDIAN);
    }

    protected final void u48(int at, long value) {
        u16(at, (int) (value >>> 32));
        i32(at + 2, (int) value);
    }

    protected final void i64(int at, long value) {
        buffer.putLong(offset + at, value, ByteOrder.BIG_ENDIAN);
    }
}
