package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * IPv6 header, RFC 8200 section 3. What stands between it and the upper layer is {@link Ipv6Extensions}'.
 *
 * <pre>
 *  |version| traffic class |              flow label               |
 *  |        payload length         |  next header  |   hop limit   |
 *  |                    source address (16)                        |
 *  |                 destination address (16)                      |
 * </pre>
 */
public final class Ipv6Header extends Header {
    /** In bytes. */
    public static final int LENGTH = 40;

    static final int VERSION = 0;
    static final int PAYLOAD_LENGTH = 4;
    static final int NEXT_HEADER = 6;
    static final int HOP_LIMIT = 7;
    static final int SOURCE = 8;
    static final int DESTINATION = 24;

    public Ipv6Header wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says what is wrong with version or payload length; counts are in bytes from this header on. */
    public Malformed check(int captured, int original) {
        var fixed = Malformed.fits(LENGTH, captured, original, Malformed.IPV6_TRUNCATED);
        if (fixed != Malformed.NONE) {
            return fixed;
        }
        if (version() != 6) {
            return Malformed.IPV6_VERSION;
        }
        return LENGTH + payloadLength() > original ? Malformed.IPV6_LONGER_THAN_FRAME : Malformed.NONE;
    }

    public int version() {
        return u8(VERSION) >>> 4;
    }

    public int trafficClass() {
        return u16(VERSION) >>> 4 & 0xFF;
    }

    /** Twenty bits. */
    public int flowLabel() {
        return i32(VERSION) & 0xF_FFFF;
    }

    /** Everything behind this header, extension headers included, in bytes. */
    public int payloadLength() {
        return u16(PAYLOAD_LENGTH);
    }

    public int nextHeader() {
        return u8(NEXT_HEADER);
    }

    public int hopLimit() {
        return u8(HOP_LIMIT);
    }

    /** The first eight bytes of the source address. */
    public long sourceHigh() {
        return i64(SOURCE);
    }

    /** The last eight bytes of the source address. */
    public long sourceLow() {
        return i64(SOURCE + 8);
    }

    /** The first eight bytes of the destination address. */
    public long destinationHigh() {
        return i64(DESTINATION);
    }

    /** The last eight bytes of the destination address. */
    public long destinationLow() {
        return i64(DESTINATION + 8);
    }

    /** The sum of the pseudo-header of RFC 8200 section 8.1 for {@code length} bytes of upper layer. */
    public int pseudoHeader(int length, int upperLayer) {
        return InternetChecksum.pseudoHeader(
                sourceHigh(), sourceLow(), destinationHigh(), destinationLow(), upperLayer, length);
    }

    /** Writes version 6 with this traffic class (8 bits) and flow label (20 bits). */
    public Ipv6Header traffic(int trafficClass, int flowLabel) {
        i32(VERSION, 6 << 28 | trafficClass << 20 | flowLabel);
        return this;
    }

    /** In bytes. */
    public Ipv6Header payloadLength(int bytes) {
        u16(PAYLOAD_LENGTH, bytes);
        return this;
    }

    public Ipv6Header nextHeader(int value) {
        u8(NEXT_HEADER, value);
        return this;
    }

    public Ipv6Header hopLimit(int value) {
        u8(HOP_LIMIT, value);
        return this;
    }

    public Ipv6Header source(long high, long low) {
        i64(SOURCE, high);
        i64(SOURCE + 8, low);
        return this;
    }

    public Ipv6Header destination(long high, long low) {
        i64(DESTINATION, high);
        i64(DESTINATION + 8, low);
        return this;
    }
}
