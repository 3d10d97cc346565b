package io.millrace.dataplane.nat;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * What {@link TcpTracking} remembers of a connection, in {@link #LENGTH} bytes of the connection's record:
 *
 * <pre>
 *   0  bits: the state, the window scales, what is known
 *   4  direction 0: the number after the last byte sent
 *   8  direction 0: the highest number its receiver has acknowledged
 *  12  direction 0: the first number beyond the receiver's window; before there was a number, that window
 *  16  direction 1: the same three
 *  28  the stray number
 * </pre>
 *
 * <p>Integers in native order, so that they can be changed in place. Direction 0 is that of the packet which made the
 * record, whoever opens the connection. A view: the bits are read by {@link #wrap} and written by {@link #store}.
 */
final class TcpRecord {
    /** In bytes. */
    static final int LENGTH = 32;

    /** The number after the last byte sent is known. Of these bits, that of direction 1 is one above that of direction 0. */
    static final int SENT_KNOWN = 1 << 14;

    /** What the receiver has acknowledged, and its window, are known. */
    static final int WINDOW_KNOWN = 1 << 16;

    /** The SYN was acknowledged. */
    static final int SYN_ACKED = 1 << 18;

    /** A FIN was sent. */
    static final int FIN_SENT = 1 << 20;

    /** The SYN offered to scale windows. */
    static final int SCALE_OFFERED = 1 << 12;

    static final int STATE = 0xF;

    static final int ENDS = 4;
    static final int END_LENGTH = 12;
    static final int SENT = 0;
    static final int ACKED = 4;
    static final int EDGE = 8;
    private static final int STRAY_NUMBER = 28;

    private static final int BOTH = 3;
    private static final int SCALE_SHIFT = 4;
    private static final int SCALE = 0xF;
    private static final int STRAY = 1 << 22;
    private static final int STRAY_NUMBERS_SHIFT = 23;
    private static final int STRAY_NAMED_BY_SHIFT = 24;
    private static final int ANY_STRAY = STRAY | 1 << STRAY_NUMBERS_SHIFT | 1 << STRAY_NAMED_BY_SHIFT;

    private UnsafeBuffer buffer = new UnsafeBuffer(0, 0);
    private int at;
    private int bits;

    /** By how many bits the windows that a direction's segments announce are to be shifted. */
    static int scaleIn(int bits, int direction) {
        return (bits >>> (SCALE_SHIFT + 4 * direction)) & SCALE;
    }

    @SuppressWarnings("ReferenceEquality") // whether it is the very same buffer is the question
    void wrap(UnsafeBuffer buffer, int at) {
        if (this.buffer != buffer) {
            this.buffer = buffer;
        }
        this.at = at;
        bits = buffer.getInt(at);
    }

    void store() {
        buffer.putInt(at, bits);
    }

    /** Nothing is known. */
    void clear() {
        buffer.setMemory(at, LENGTH, (byte) 0);
        bits = 0;
    }

    int state() {
        return bits & STATE;
    }

    /** Changes the state and answers it. */
    int become(int state) {
        bits = (bits & ~STATE) | state;
        return state;
    }

    boolean has(int bit, int direction) {
        return (bits & bit << direction) != 0;
    }

    boolean hasBoth(int bit) {
        return (bits & bit * BOTH) == bit * BOTH;
    }

    void set(int bit, int direction) {
        bits |= bit << direction;
    }

    void setBoth(int bit) {
        bits |= bit * BOTH;
    }

    void clear(int bit, int direction) {
        bits &= ~(bit << direction);
    }

    int scale(int direction) {
        return scaleIn(bits, direction);
    }

    void scale(int direction, int scale) {
        int shift = SCALE_SHIFT + 4 * direction;
        bits = (bits & ~(SCALE << shift)) | (scale << shift);
    }

    /** One of {@link #SENT}, {@link #ACKED}, {@link #EDGE}. */
    int number(int direction, int field) {
        return buffer.getInt(at + ENDS + direction * END_LENGTH + field);
    }

    void number(int direction, int field, int value) {
        buffer.putInt(at + ENDS + direction * END_LENGTH + field, value);
    }

    void numbers(int direction, int sent, int acked, int edge) {
        number(direction, SENT, sent);
        number(direction, ACKED, acked);
        number(direction, EDGE, edge);
    }

    /** Sets a number unless it is further already. */
    void raise(int direction, int field, int value) {
        raise(buffer, at + ENDS + direction * END_LENGTH + field, value);
    }

    static void raise(UnsafeBuffer buffer, int at, int value) {
        if (value - buffer.getInt(at) > 0) {
            buffer.putInt(at, value);
        }
    }

    /** Keeps a number of the bytes of direction {@code numbersOf} that a segment of direction {@code namedBy} has named. */
    void stray(int numbersOf, int namedBy, int number) {
        buffer.putInt(at + STRAY_NUMBER, number);
        forgetStray();
        bits |= STRAY | numbersOf << STRAY_NUMBERS_SHIFT | namedBy << STRAY_NAMED_BY_SHIFT;
    }

    boolean isStray(int numbersOf, int namedBy, int number) {
        int wanted = STRAY | numbersOf << STRAY_NUMBERS_SHIFT | namedBy << STRAY_NAMED_BY_SHIFT;
        return (bits & ANY_STRAY) == wanted && buffer.getInt(at + STRAY_NUMBER) == number;
    }

    void forgetStray() {
        bits &= ~ANY_STRAY;
    }
}
