package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * ICMPv6 header, RFC 4443; neighbour discovery by RFC 4861.
 *
 * <pre>
 *  |     type      |     code      |           checksum            |
 *  |          identifier           |        sequence number        |     echo
 *  |                              MTU                              |     packet too big
 *  |                the packet in error, as much as fits           |     errors
 * </pre>
 */
public final class Icmpv6Header extends Header {
    /** In bytes: type, code and checksum, which every message has. */
    public static final int LENGTH = 4;

    /** In bytes: everything before an echo's data or an error's packet. */
    public static final int BODY = 8;

    public static final int DESTINATION_UNREACHABLE = 1;
    public static final int PACKET_TOO_BIG = 2;
    public static final int TIME_EXCEEDED = 3;
    public static final int PARAMETER_PROBLEM = 4;
    public static final int ECHO_REQUEST = 128;
    public static final int ECHO_REPLY = 129;
    public static final int ROUTER_SOLICITATION = 133;
    public static final int ROUTER_ADVERTISEMENT = 134;
    public static final int NEIGHBOR_SOLICITATION = 135;
    public static final int NEIGHBOR_ADVERTISEMENT = 136;

    static final int TYPE = 0;
    static final int CODE = 1;
    static final int CHECKSUM = 2;
    static final int IDENTIFIER = 4;
    static final int SEQUENCE = 6;
    static final int MTU = 4;

    public Icmpv6Header wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says whether type, code, checksum and, where the type has them, the next four bytes are there. */
    public Malformed check(int captured, int original) {
        var fixed = Malformed.fits(LENGTH, captured, original, Malformed.ICMPV6_TRUNCATED);
        if (fixed != Malformed.NONE || !(isError() || isEcho())) {
            return fixed;
        }
        return Malformed.fits(BODY, captured, original, Malformed.ICMPV6_TRUNCATED);
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

    /** Of an echo. */
    public int identifier() {
        return u16(IDENTIFIER);
    }

    /** Of an echo. */
    public int sequence() {
        return u16(SEQUENCE);
    }

    /** Of "packet too big": in bytes, 32 bits. */
    public long mtu() {
        return u32(MTU);
    }

    /** Whether this is one of the errors of RFC 4443 and quotes the packet it is about, from {@link #BODY} on. */
    public boolean isError() {
        return type() >= DESTINATION_UNREACHABLE && type() <= PARAMETER_PROBLEM;
    }

    public boolean isEcho() {
        return type() == ECHO_REQUEST || type() == ECHO_REPLY;
    }

    /** Writes type and code, and zero for the checksum. */
    public Icmpv6Header type(int type, int code) {
        u8(TYPE, type);
        u8(CODE, code);
        u16(CHECKSUM, 0);
        return this;
    }

    public Icmpv6Header identifier(int value) {
        u16(IDENTIFIER, value);
        return this;
    }

    public Icmpv6Header sequence(int value) {
        u16(SEQUENCE, value);
        return this;
    }

    /** In bytes, 32 bits. */
    public Icmpv6Header mtu(long bytes) {
        i32(MTU, (int) bytes);
        return this;
    }

    public Icmpv6Header checksum(int value) {
        u16(CHECKSUM, value);
        return this;
    }

    /** Computes the checksum anew over the pseudo-header's sum and {@code length} bytes of header and data. */
    public Icmpv6Header writeChecksum(int pseudoHeader, int length) {
        u16(CHECKSUM, 0);
        int sum = InternetChecksum.add(pseudoHeader, InternetChecksum.sum(buffer(), offset(), length));
        u16(CHECKSUM, InternetChecksum.complement(sum));
        return this;
    }
}
