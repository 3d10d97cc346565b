package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * ICMP header, RFC 792; next-hop MTU by RFC 1191.
 *
 * <pre>
 *  |     type      |     code      |           checksum            |
 *  |          identifier           |        sequence number        |     queries
 *  |            unused             |         next-hop MTU          |     fragmentation needed
 *  |       the packet in error: IP header and 8 bytes or more      |     errors
 * </pre>
 */
public final class IcmpHeader extends Header {
    /** In bytes: everything before an echo's data or an error's packet. */
    public static final int LENGTH = 8;

    public static final int ECHO_REPLY = 0;
    public static final int DESTINATION_UNREACHABLE = 3;
    public static final int SOURCE_QUENCH = 4;
    public static final int REDIRECT = 5;
    public static final int ECHO_REQUEST = 8;
    public static final int TIME_EXCEEDED = 11;
    public static final int PARAMETER_PROBLEM = 12;
    public static final int TIMESTAMP_REQUEST = 13;
    public static final int TIMESTAMP_REPLY = 14;
    /** Code of {@link #DESTINATION_UNREACHABLE}. */
    public static final int FRAGMENTATION_NEEDED = 4;

    static final int TYPE = 0;
    static final int CODE = 1;
    static final int CHECKSUM = 2;
    static final int IDENTIFIER = 4;
    static final int SEQUENCE = 6;
    static final int ORIGINAL_DATAGRAM_LENGTH = 5;
    static final int NEXT_HOP_MTU = 6;

    public IcmpHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says whether the first eight bytes are there; counts are in bytes from here on. */
    public Malformed check(int captured, int original) {
        return Malformed.fits(LENGTH, captured, original, Malformed.ICMP_TRUNCATED);
    }

    public int type() {
        return u8(TYPE);
    }

    public int code() {
        return u8(CODE);
    }

    public int checksum() {
        return u16(CHECKSUM);
    }

    /** Of a query. */
    public int identifier() {
        return u16(IDENTIFIER);
    }

    /** Of a query. */
    public int sequence() {
        return u16(SEQUENCE);
    }

    /** Of "fragmentation needed": in bytes, 0 from routers older than RFC 1191. */
    public int nextHopMtu() {
        return u16(NEXT_HOP_MTU);
    }

    /** Whether this is an error and quotes the packet it is about, from {@link #LENGTH} on. */
    public boolean isError() {
        return switch (type()) {
            case DESTINATION_UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM -> true;
            default -> false;
        };
    }

    /** Whether this is an echo or a timestamp, with an identifier to tell sessions apart. */
    public boolean isQuery() {
        return switch (type()) {
            case ECHO_REPLY, ECHO_REQUEST, TIMESTAMP_REQUEST, TIMESTAMP_REPLY -> true;
            default -> false;
        };
    }

    /** How many bytes of the packet in error are quoted, RFC 4884 section 4; 0 when the sender does not say. */
    public int originalDatagramLength() {
        return switch (type()) {
            case DESTINATION_UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM -> u8(ORIGINAL_DATAGRAM_LENGTH) << 2;
            default -> 0;
        };
    }

    /** Writes type and code, and zero for checksum and the rest. */
    public IcmpHeader type(int type, int code) {
        u8(TYPE, type);
        u8(CODE, code);
        u16(CHECKSUM, 0);
        i32(IDENTIFIER, 0);
        return this;
    }

    public IcmpHeader identifier(int value) {
        u16(IDENTIFIER, value);
        return this;
    }

    public IcmpHeader sequence(int value) {
        u16(SEQUENCE, value);
        return this;
    }

    /** In bytes. */
    public IcmpHeader nextHopMtu(int bytes) {
        u16(NEXT_HOP_MTU, bytes);
        return this;
    }

    public IcmpHeader checksum(int value) {
        u16(CHECKSUM, value);
        return this;
    }

    /** Computes the checksum anew over {@code length} bytes of header and data. */
    public IcmpHeader writeChecksum(int length) {
        u16(CHECKSUM, 0);
        u16(CHECKSUM, InternetChecksum.complement(InternetChecksum.sum(buffer(), offset(), length)));
        return this;
    }
}
