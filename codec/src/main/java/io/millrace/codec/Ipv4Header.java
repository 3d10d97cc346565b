package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * IPv4 header, RFC 791 section 3.1, with its options.
 *
 * <pre>
 *  |version| IHL |   type of service   |          total length         |
 *  |        identification             |flags|     fragment offset     |
 *  | time to live  |     protocol      |        header checksum        |
 *  |                          source address                           |
 *  |                        destination address                        |
 *  |                    options, 0 to 40 bytes                         |
 * </pre>
 */
public final class Ipv4Header extends Header {
    /** In bytes, without options. */
    public static final int LENGTH = 20;

    /** In bytes: the most that options can make of it. */
    public static final int MAX_LENGTH = 60;

    static final int VERSION = 0;
    static final int TYPE_OF_SERVICE = 1;
    static final int TOTAL_LENGTH = 2;
    static final int IDENTIFICATION = 4;
    static final int FRAGMENT = 6;
    static final int TIME_TO_LIVE = 8;
    static final int PROTOCOL = 9;
    static final int CHECKSUM = 10;
    static final int SOURCE = 12;
    static final int DESTINATION = 16;
    static final int DONT_FRAGMENT = 0x4000;
    static final int MORE_FRAGMENTS = 0x2000;
    private static final int END_OF_OPTIONS = 0;
    private static final int NO_OPERATION = 1;
    private static final int LOOSE_SOURCE_ROUTE = 131;
    private static final int STRICT_SOURCE_ROUTE = 137;
    private static final int SHORTEST_ROUTE = 7;

    public Ipv4Header wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /**
     * Says what is wrong: version, header length, or a total length that is less than the header or more than the frame
     * held. The checksum is a question of its own, {@link #checksumGood}. Counts are in bytes from this header on; bytes
     * behind the total length are padding and fine.
     */
    public Malformed check(int captured, int original) {
        var fixed = Malformed.fits(LENGTH, captured, original, Malformed.IPV4_TRUNCATED);
        if (fixed != Malformed.NONE) {
            return fixed;
        }
        if (version() != 4) {
            return Malformed.IPV4_VERSION;
        }
        if (headerLength() < LENGTH) {
            return Malformed.IPV4_HEADER_LENGTH;
        }
        if (totalLength() < headerLength()) {
            return Malformed.IPV4_TOTAL_LENGTH;
        }
        if (totalLength() > original) {
            return Malformed.IPV4_LONGER_THAN_FRAME;
        }
        return Malformed.fits(headerLength(), captured, original, Malformed.IPV4_TRUNCATED);
    }

    public int version() {
        return u8(VERSION) >>> 4;
    }

    /** In bytes, options included. */
    public int headerLength() {
        return (u8(VERSION) & 0x0F) << 2;
    }

    /** The whole byte: DSCP in bits 7–2, ECN in bits 1–0. */
    public int typeOfService() {
        return u8(TYPE_OF_SERVICE);
    }

    /** Header and payload, in bytes. */
    public int totalLength() {
        return u16(TOTAL_LENGTH);
    }

    /** Total length less header, in bytes. */
    public int payloadLength() {
        return totalLength() - headerLength();
    }

    public int identification() {
        return u16(IDENTIFICATION);
    }

    public boolean dontFragment() {
        return (u16(FRAGMENT) & DONT_FRAGMENT) != 0;
    }

    public boolean moreFragments() {
        return (u16(FRAGMENT) & MORE_FRAGMENTS) != 0;
    }

    /** In bytes, a multiple of 8. */
    public int fragmentOffset() {
        return (u16(FRAGMENT) & 0x1FFF) << 3;
    }

    /** Whether this is a part of a packet only, first, middle or last. */
    public boolean isFragment() {
        return (u16(FRAGMENT) & 0x3FFF) != 0;
    }

    public int timeToLive() {
        return u8(TIME_TO_LIVE);
    }

    public int protocol() {
        return u8(PROTOCOL);
    }

    public int checksum() {
        return u16(CHECKSUM);
    }

    public int source() {
        return i32(SOURCE);
    }

    public int destination() {
        return i32(DESTINATION);
    }

    /**
     * Where the packet goes in the end: the last address of a source route that is not finished, else the destination.
     * TCP and UDP compute their checksums with it (RFC 9293 section 3.1).
     */
    public int finalDestination() {
        int end = headerLength();
        int at = LENGTH;
        while (at + 1 < end && u8(at) != END_OF_OPTIONS) {
            int length = u8(at) == NO_OPERATION ? 1 : u8(at + 1);
            if (length < 1 || at + length > end) {
                break;
            }
            boolean route = u8(at) == LOOSE_SOURCE_ROUTE || u8(at) == STRICT_SOURCE_ROUTE;
            if (route && length >= SHORTEST_ROUTE && u8(at + 2) <= length - 3) {
                return i32(at + length - 4);
            }
            at += length;
        }
        return destination();
    }

    /** Whether the header sums up as RFC 791 wants it. */
    public boolean checksumGood() {
        return InternetChecksum.isGood(InternetChecksum.sum(buffer(), offset(), headerLength()));
    }

    /** The sum of the pseudo-header for {@code length} bytes of the protocol in this header, RFC 793 and 768. */
    public int pseudoHeader(int length) {
        return InternetChecksum.pseudoHeader(source(), destination(), protocol(), length);
    }

    /** Writes version 4, a header of 20 bytes without options, and zero for the service and fragment fields. */
    public Ipv4Header plain() {
        u16(VERSION, 0x4500);
        i32(IDENTIFICATION, 0);
        return this;
    }

    /** In bytes, options included: 20 to 60, a multiple of 4. */
    public Ipv4Header headerLength(int bytes) {
        u8(VERSION, 0x40 | bytes >>> 2);
        return this;
    }

    public Ipv4Header typeOfService(int value) {
        u8(TYPE_OF_SERVICE, value);
        return this;
    }

    /** In bytes. */
    public Ipv4Header totalLength(int bytes) {
        u16(TOTAL_LENGTH, bytes);
        return this;
    }

    public Ipv4Header identification(int value) {
        u16(IDENTIFICATION, value);
        return this;
    }

    /** Writes both flags and the offset, in bytes and a multiple of 8. */
    public Ipv4Header fragment(boolean dontFragment, boolean moreFragments, int offset) {
        u16(FRAGMENT, (dontFragment ? DONT_FRAGMENT : 0) | (moreFragments ? MORE_FRAGMENTS : 0) | offset >>> 3);
        return this;
    }

    public Ipv4Header timeToLive(int value) {
        u8(TIME_TO_LIVE, value);
        return this;
    }

    public Ipv4Header protocol(int value) {
        u8(PROTOCOL, value);
        return this;
    }

    public Ipv4Header source(int address) {
        i32(SOURCE, address);
        return this;
    }

    public Ipv4Header destination(int address) {
        i32(DESTINATION, address);
        return this;
    }

    public Ipv4Header checksum(int value) {
        u16(CHECKSUM, value);
        return this;
    }

    /** Computes the header checksum anew; every other field must be written. */
    public Ipv4Header writeChecksum() {
        u16(CHECKSUM, 0);
        u16(CHECKSUM, InternetChecksum.complement(InternetChecksum.sum(buffer(), offset(), headerLength())));
        return this;
    }

    /** One hop less, and the checksum updated for it: a wrong checksum stays wrong. */
    public Ipv4Header decrementTimeToLive() {
        int before = u16(TIME_TO_LIVE);
        int after = before - 0x0100;
        u16(TIME_TO_LIVE, after);
        u16(CHECKSUM, InternetChecksum.update16(checksum(), before, after));
        return this;
    }
}
