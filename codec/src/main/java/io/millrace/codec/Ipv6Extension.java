package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * One IPv6 extension header, RFC 8200 section 4 and RFC 6564: hop-by-hop and destination options, routing, fragment,
 * mobility; the authentication header (RFC 4302) counts its length differently.
 *
 * <pre>
 *  |  next header  |    length     |  routing type | segments left |
 *  |  next header  |   reserved    |    fragment offset    |  |more|      the fragment header
 *  |                        identification                         |
 * </pre>
 */
public final class Ipv6Extension extends Header {
    /** In bytes: the least an extension header has. */
    public static final int MIN_LENGTH = 8;

    static final int NEXT_HEADER = 0;
    static final int LENGTH = 1;
    static final int ROUTING_TYPE = 2;
    static final int SEGMENTS_LEFT = 3;
    static final int FRAGMENT = 2;
    static final int IDENTIFICATION = 4;

    public Ipv6Extension wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says whether the header of this kind is all there; counts are in bytes from here on. */
    public Malformed check(int kind, int captured, int original) {
        var fixed = Malformed.fits(MIN_LENGTH, captured, original, Malformed.IPV6_EXTENSION_TRUNCATED);
        return fixed != Malformed.NONE
                ? fixed
                : Malformed.fits(length(kind), captured, original, Malformed.IPV6_EXTENSION_TRUNCATED);
    }

    public int nextHeader() {
        return u8(NEXT_HEADER);
    }

    /** In bytes; {@code kind} is the protocol number that announced this header. */
    public int length(int kind) {
        return switch (kind) {
            case IpProtocol.FRAGMENT -> MIN_LENGTH;
            case IpProtocol.AUTHENTICATION -> (u8(LENGTH) + 2) << 2;
            default -> (u8(LENGTH) + 1) << 3;
        };
    }

    /** Of a routing header. */
    public int routingType() {
        return u8(ROUTING_TYPE);
    }

    /** Of a routing header. */
    public int segmentsLeft() {
        return u8(SEGMENTS_LEFT);
    }

    /** Of a fragment header: in bytes, a multiple of 8. */
    public int fragmentOffset() {
        return u16(FRAGMENT) & 0xFFF8;
    }

    /** Of a fragment header. */
    public boolean moreFragments() {
        return (u16(FRAGMENT) & 1) != 0;
    }

    /** Of a fragment header: whether it says that this is a whole packet after all (RFC 6946). */
    public boolean isAtomic() {
        return fragmentOffset() == 0 && !moreFragments();
    }

    /** Of a fragment header: 32 bits. */
    public long identification() {
        return u32(IDENTIFICATION);
    }

    /** Writes a fragment header's identification: 32 bits. */
    public Ipv6Extension identification(int value) {
        i32(IDENTIFICATION, value);
        return this;
    }
}
