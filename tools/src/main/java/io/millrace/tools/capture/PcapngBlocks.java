package io.millrace.tools.capture;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A pcapng stream of ours, cut where blocks end, as it arrives: each piece can be written to a file that is then whole.
 * Counts on the way the frames, and what the statistics say was lost; ends after so many frames.
 */
final class PcapngBlocks implements AutoCloseable {
    private static final int FIRST_SIZE = 1 << 18, LONGEST_BLOCK = 1 << 20;
    private static final int ENHANCED_PACKET = 6, STATISTICS = 5, DROPPED = 5;
    private static final int LEAST = 12, TYPE_AND_LENGTH = 8, STATISTICS_OPTIONS = 20;
    private static final ByteBuffer NONE = ByteBuffer.allocate(0);

    private final InputStream in;
    private final long most;
    private ByteBuffer bytes = buffer(FIRST_SIZE).limit(0); // what has been read and not been given
    private long frames;
    private long lost;

    /** @param most frames after which the stream is over */
    PcapngBlocks(InputStream in, long most) {
        this.in = in;
        this.most = most;
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Frames in all the pieces so far. */
    long frames() {
        return frames;
    }

    /** Frames that were lost on the way, as far as has been told. */
    long lost() {
        return lost;
    }

    /** The next blocks, whole, as many as are here; without bytes at the end. They are gone at the next call. */
    ByteBuffer next() throws IOException {
        bytes.compact();
        while (frames < most) {
            bytes.flip();
            int whole = whole();
            if (whole > 0) {
                var piece = bytes.slice(0, whole).order(ByteOrder.LITTLE_ENDIAN);
                bytes.position(whole);
                return piece;
            }
            bytes.compact();
            if (!bytes.hasRemaining()) {
                bytes = buffer(2 * LONGEST_BLOCK).put(bytes.flip());
            }
            int got = in.read(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            if (got < 0) {
                break;
            }
            bytes.position(bytes.position() + got);
        }
        bytes.flip();
        return NONE;
    }

    /** How many of the bytes are whole blocks, the first of which begins at 0. */
    private int whole() throws IOException {
        int at = 0;
        while (frames < most && bytes.limit() - at >= LEAST) {
            int length = length(bytes, at);
            if (length < LEAST || length > LONGEST_BLOCK || (length & 3) != 0) {
                throw new IOException("what came is no pcapng");
            }
            if (bytes.limit() - at < length) {
                break;
            }
            count(bytes.getInt(at), at, at + length);
            at += length;
        }
        return at;
    }

    private void count(int type, int at, int end) {
        if (type == ENHANCED_PACKET) {
            frames++;
        } else if (type == STATISTICS) {
            for (int option = at + STATISTICS_OPTIONS; option + 4 + 8 < end; ) {
                if (bytes.getShort(option) == DROPPED) {
                    lost = bytes.getLong(option + 4);
                }
                option += 4 + (bytes.getShort(option + 2) + 3 & ~3);
            }
        }
    }

    private static int length(ByteBuffer blocks, int at) {
        return blocks.getInt(at + 4);
    }

    /** Where the last block ends that does not end behind {@code limit}. */
    static int wholeBefore(ByteBuffer blocks, int limit) {
        int at = 0;
        while (limit - at >= TYPE_AND_LENGTH && at + length(blocks, at) <= limit) {
            at += length(blocks, at);
        }
        return at;
    }

    /** How many frames there are in whole blocks, from {@code at} on. */
    static int framesFrom(ByteBuffer blocks, int at) {
        int frames = 0;
        for (int block = at; block < blocks.limit(); block += length(blocks, block)) {
            frames += blocks.getInt(block) == ENHANCED_PACKET ? 1 : 0;
        }
        return frames;
    }

    /** The same as a stream, for who reads captures. */
    InputStream stream() {
        return new InputStream() {
            private ByteBuffer piece = NONE;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (!piece.hasRemaining()) {
                    piece = next();
                }
                int n = Math.min(length, piece.remaining());
                piece.get(into, offset, n);
                return n == 0 && length > 0 ? -1 : n;
            }

            @Override
            public void close() throws IOException {
                in.close();
            }
        };
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
