package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * TCP header, RFC 9293 section 3.1.
 *
 * <pre>
 *  |          source port          |       destination port        |
 *  |                        sequence number                        |
 *  |                     acknowledgment number                     |
 *  |offset | rsrvd |     flags     |            window             |
 *  |           checksum            |        urgent pointer         |
 *  |                    options, 0 to 40 bytes                     |
 * </pre>
 */
public final class TcpHeader extends Header {
    /** In bytes, without options. */
    public static final int LENGTH = 20;

    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int PSH = 0x08;
    public static final int ACK = 0x10;
    public static final int URG = 0x20;
    public static final int ECE = 0x40;
    public static final int CWR = 0x80;

    /** Kind of the maximum segment size option, RFC 9293 section 3.2; its value has two bytes. */
    public static final int MAXIMUM_SEGMENT_SIZE = 2;

    /** Kind of the window scale option, RFC 7323 section 2.2; its value has one byte. */
    public static final int WINDOW_SCALE = 3;

    static final int SOURCE_PORT = 0;
    static final int DESTINATION_PORT = 2;
    static final int SEQUENCE = 4;
    static final int ACKNOWLEDGMENT = 8;
    static final int OFFSET_AND_FLAGS = 12;
    static final int WINDOW = 14;
    static final int CHECKSUM = 16;
    static final int URGENT = 18;
    private static final int END_OF_OPTIONS = 0;
    private static final int NO_OPERATION = 1;

    public TcpHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says what is wrong with the header length; counts are in bytes from here on, of this IP packet. */
    public Malformed check(int captured, int original) {
        var fixed = Malformed.fits(LENGTH, captured, original, Malformed.TCP_TRUNCATED);
        if (fixed != Malformed.NONE) {
            return fixed;
        }
        if (headerLength() < LENGTH) {
            return Malformed.TCP_HEADER_LENGTH;
        }
        return Malformed.fits(headerLength(), captured, original, Malformed.TCP_HEADER_LONGER_THAN_PACKET);
    }

    public int sourcePort() {
        return u16(SOURCE_PORT);
    }

    public int destinationPort() {
        return u16(DESTINATION_PORT);
    }

    /** Thirty-two bits, unsigned. */
    public long sequenceNumber() {
        return u32(SEQUENCE);
    }

    /** Thirty-two bits, unsigned. */
    public long acknowledgmentNumber() {
        return u32(ACKNOWLEDGMENT);
    }

    /** In bytes, options included. */
    public int headerLength() {
        return u8(OFFSET_AND_FLAGS) >>> 4 << 2;
    }

    /** The eight flags of RFC 9293 ({@link #SYN} …) in bits 7–0, the reserved bits above them in 11–8. */
    public int flags() {
        return u16(OFFSET_AND_FLAGS) & 0x0FFF;
    }

    public boolean has(int flags) {
        return (flags() & flags) == flags;
    }

    /** As it stands in the header, without window scaling. */
    public int window() {
        return u16(WINDOW);
    }

    public int checksum() {
        return u16(CHECKSUM);
    }

    public int urgentPointer() {
        return u16(URGENT);
    }

    /**
     * Where in this header an option of a kind starts, in bytes from {@link #offset}, or 0 when there is none. An
     * option whose length is below 2 or beyond the header ends the search.
     */
    public int option(int kind) {
        int end = headerLength();
        int at = LENGTH;
        while (at < end && u8(at) != END_OF_OPTIONS) {
            if (u8(at) == NO_OPERATION) {
                at++;
                continue;
            }
            if (at + 1 >= end || u8(at + 1) < 2 || at + u8(at + 1) > end) {
                return 0;
            }
            if (u8(at) == kind) {
                return at;
            }
            at += u8(at + 1);
        }
        return 0;
    }

    /** The maximum segment size that a SYN offers, in bytes, or 0 when it offers none. */
    public int maximumSegmentSize() {
        int at = option(MAXIMUM_SEGMENT_SIZE);
        return at > 0 && u8(at + 1) == 4 ? u16(at + 2) : 0;
    }

    /** By how many bits a SYN offers to have its sender's later windows shifted, 0 to 255, or -1 when it does not. */
    public int windowScale() {
        int at = option(WINDOW_SCALE);
        return at > 0 && u8(at + 1) == 3 ? u8(at + 2) : -1;
    }

    public TcpHeader sourcePort(int value) {
        u16(SOURCE_PORT, value);
        return this;
    }

    public TcpHeader destinationPort(int value) {
        u16(DESTINATION_PORT, value);
        return this;
    }

    public TcpHeader sequenceNumber(long value) {
        i32(SEQUENCE, (int) value);
        return this;
    }

    public TcpHeader acknowledgmentNumber(long value) {
        i32(ACKNOWLEDGMENT, (int) value);
        return this;
    }

    /** Header length in bytes, a multiple of 4, and the flags. */
    public TcpHeader headerLengthAndFlags(int headerLength, int flags) {
        u16(OFFSET_AND_FLAGS, headerLength << 10 | flags);
        return this;
    }

    public TcpHeader window(int value) {
        u16(WINDOW, value);
        return this;
    }

    public TcpHeader checksum(int value) {
        u16(CHECKSUM, value);
        return this;
    }

    public TcpHeader urgentPointer(int value) {
        u16(URGENT, value);
        return this;
    }

    /** Computes the checksum anew over the pseudo-header's sum and {@code length} bytes of header and data. */
    public TcpHeader writeChecksum(int pseudoHeader, int length) {
        u16(CHECKSUM, 0);
        int sum = InternetChecksum.add(pseudoHeader, InternetChecksum.sum(buffer(), offset(), length));
        u16(CHECKSUM, InternetChecksum.complement(sum));
        return this;
    }
}
