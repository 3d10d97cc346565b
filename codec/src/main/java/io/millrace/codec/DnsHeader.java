package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * DNS message header, RFC 1035 section 4.1.1. Names are read by the decoder.
 *
 * <pre>
 *  | id (2) | flags (2) | questions (2) | answers (2) | authorities (2) | additionals (2) |
 * </pre>
 */
public final class DnsHeader extends Header {
    /** In bytes. */
    public static final int LENGTH = 12;

    /** The UDP and TCP port. */
    public static final int PORT = 53;

    /** Set in a response. */
    public static final int RESPONSE = 0x8000;

    static final int ID = 0;
    static final int FLAGS = 2;
    static final int QUESTIONS = 4;
    static final int ANSWERS = 6;
    static final int AUTHORITIES = 8;
    static final int ADDITIONALS = 10;

    public DnsHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says whether the header is all there; counts are in bytes from here on. */
    public Malformed check(int captured, int original) {
        return Malformed.fits(LENGTH, captured, original, Malformed.DNS_TRUNCATED);
    }

    public int id() {
        return u16(ID);
    }

    /** All sixteen: QR, opcode, AA, TC, RD, RA, Z, AD, CD and the response code. */
    public int flags() {
        return u16(FLAGS);
    }

    public boolean isResponse() {
        return (flags() & RESPONSE) != 0;
    }

    public int opcode() {
        return flags() >>> 11 & 0xF;
    }

    public int responseCode() {
        return flags() & 0xF;
    }

    public int questions() {
        return u16(QUESTIONS);
    }

    public int answers() {
        return u16(ANSWERS);
    }

    public int authorities() {
        return u16(AUTHORITIES);
    }

    public int additionals() {
        return u16(ADDITIONALS);
    }

    /**
     * Whether data on any port looks like a standard query or a response: as many clients use odd ports as there are
     * multicast and local resolvers.
     *
     * @param captured bytes at hand from here on
     */
    boolean looksLikeMessage(int captured) {
        if (captured <= LENGTH || opcode() != 0) {
            return false;
        }
        boolean counts = isResponse()
                ? questions() <= 1 && answers() <= 100 && authorities() <= 10
                : questions() == 1 && answers() == 0 && authorities() == 0;
        return counts && additionals() <= 10;
    }
}
