package io.millrace.codec.capture;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a capture that are at hand, and a place among them: a whole mapped file, or as much of a stream as one
 * record needs. Both are read in the same way, without copying: ask {@link #has}, read, {@link #skip}.
 *
 * <p>A stream's window grows only as bytes arrive, never because a length field asks for it.
 */
final class Window implements AutoCloseable {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int FIRST_SIZE = 1 << 18, PIECE = 1 << 16;

    private final @Nullable InputStream stream;
    private final byte[] piece;
    private Arena arena;
    private MemorySegment bytes;
    private long address;
    private long at;
    private long end;
    private long before; // bytes of the stream that have left the window
    private boolean bigEndian;
    private @Nullable String trouble;

    private Window(Arena arena, MemorySegment bytes, long end, @Nullable InputStream stream) {
        this.arena = arena;
        this.bytes = bytes;
        this.address = bytes.address();
        this.end = end;
        this.stream = stream;
        this.piece = new byte[stream == null ? 0 : PIECE];
    }

    /** A window over a whole file that is mapped; closing it closes the arena. */
    static Window over(Arena arena, MemorySegment file) {
        return new Window(arena, file, file.byteSize(), null);
    }

    /** A window that moves along a stream; closing it closes the stream. */
    static Window over(InputStream stream) {
        Arena arena = Arena.ofShared();
        return new Window(arena, arena.allocate(FIRST_SIZE, 8), 0, stream);
    }

    /** Says in which order the two, four and eight bytes of a number stand from here on. */
    void bigEndian(boolean yes) {
        bigEndian = yes;
    }

    /** Whether {@code n} more bytes are there; a stream is read as far as needed. */
    boolean has(long n) {
        return end - at >= n || (stream != null && fill(n));
    }

    /** How many bytes are at hand: at the end of the file, how many are left. */
    long left() {
        return end - at;
    }

    /** The place in the file of the next byte to be read. */
    long position() {
        return before + at;
    }

    void skip(long n) {
        at += n;
    }

    int u8(long offset) {
        return bytes.get(ValueLayout.JAVA_BYTE, at + offset) & 0xFF;
    }

    int u16(long offset) {
        short value = bytes.get(I16, at + offset);
        return (bigEndian ? Short.reverseBytes(value) : value) & 0xFFFF;
    }

    int i32(long offset) {
        int value = bytes.get(I32, at + offset);
        return bigEndian ? Integer.reverseBytes(value) : value;
    }

    long u32(long offset) {
        return i32(offset) & 0xFFFF_FFFFL;
    }

    long i64(long offset) {
        long value = bytes.get(I64, at + offset);
        return bigEndian ? Long.reverseBytes(value) : value;
    }

    /** Two numbers of four bytes, read at once: the first one in the upper half. */
    long pair(long offset) {
        long value = bytes.get(I64, at + offset);
        return bigEndian ? Long.reverseBytes(value) : Long.rotateLeft(value, Integer.SIZE);
    }

    byte[] copy(long offset, int length) {
        return bytes.asSlice(at + offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Lays {@code view} over bytes of this window; the caller has asked whether they are there. */
    void show(UnsafeBuffer view, long offset, int length) {
        view.wrap(address + at + offset, length);
    }

    /** What went wrong with the stream itself, if it ended for that. */
    @Nullable
    String trouble() {
        return trouble;
    }

    private boolean fill(long n) {
        while (end - at < n) {
            if (trouble != null) {
                return false;
            }
            int got = read();
            if (got < 0) {
                return false;
            }
            if (!makeRoom(got, n)) {
                trouble = "a record is longer than the memory that is left";
                return false;
            }
            MemorySegment.copy(piece, 0, bytes, ValueLayout.JAVA_BYTE, end, got);
            end += got;
        }
        return true;
    }

    private int read() {
        InputStream in = stream;
        if (in == null) {
            return -1;
        }
        try {
            return in.read(piece, 0, piece.length);
        } catch (IOException problem) {
            trouble = Decompression.sentence(problem);
        }
        return -1;
    }

    /** Makes room for {@code more} bytes at the end, by moving what is not read yet to the front; {@code wanted} in all. */
    private boolean makeRoom(int more, long wanted) {
        if (bytes.byteSize() - end >= more) {
            return true;
        }
        long left = end - at;
        if (bytes.byteSize() - left >= more) {
            MemorySegment.copy(bytes, at, bytes, 0, left);
        } else if (!moveTo(Math.min(bytes.byteSize() * 2, wanted + PIECE))) {
            return false;
        }
        before += at;
        at = 0;
        end = left;
        return true;
    }

    private boolean moveTo(long size) {
        Arena larger = Arena.ofShared();
        try {
            MemorySegment target = larger.allocate(size, 8);
            MemorySegment.copy(bytes, at, target, 0, end - at);
            arena.close();
            arena = larger;
            bytes = target;
            address = target.address();
            return true;
        } catch (OutOfMemoryError tooLarge) { // of the memory outside the heap, which has a limit of its own
            larger.close();
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        end = at;
        if (arena.scope().isAlive()) {
            arena.close();
        }
        if (stream != null) {
            stream.close();
        }
    }
}
