package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * VXLAN header, RFC 7348 section 5.
 *
 * <pre>
 *  |R|R|R|R|I|R|R|R|                  reserved                     |
 *  |          network identifier (VNI)             |   reserved    |
 * </pre>
 */
public final class VxlanHeader extends Header {
    /** In bytes. */
    public static final int LENGTH = 8;

    /** The UDP port that IANA gave it. */
    public static final int PORT = 4789;

    /** The UDP port of the generic protocol extension (draft-ietf-nvo3-vxlan-gpe), whose header says what follows. */
    public static final int GENERIC_PORT = 4790;

    /** What may follow a header of the generic protocol extension. */
    static final int IPV4 = 1, IPV6 = 2, ETHERNET = 3;

    /** The highest network identifier. */
    public static final int MAX_VNI = 0xFF_FFFF;

    static final int FLAGS = 0;
    static final int NEXT_PROTOCOL = 3;
    static final int VNI = 4;
    static final int I_FLAG = 0x0800_0000;

    public VxlanHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says whether the header is there and carries an identifier; reserved bits are ignored on receipt. */
    public Malformed check(int captured, int original) {
        var fixed = Malformed.fits(LENGTH, captured, original, Malformed.VXLAN_TRUNCATED);
        return fixed == Malformed.NONE && !hasVni() ? Malformed.VXLAN_NO_VNI : fixed;
    }

    /** The first four bytes: I in bit 27, everything else reserved. */
    public int flags() {
        return i32(FLAGS);
    }

    /** The I flag. */
    public boolean hasVni() {
        return (i32(FLAGS) & I_FLAG) != 0;
    }

    /** Whether a bit is set that RFC 7348 wants to be sent as zero. */
    public boolean hasReservedBits() {
        return (i32(FLAGS) & ~I_FLAG) != 0 || u8(VNI + 3) != 0;
    }

    /** What follows, in a header of the generic protocol extension; a reserved byte in any other. */
    public int nextProtocol() {
        return u8(NEXT_PROTOCOL);
    }

    public int vni() {
        return u24(VNI);
    }

    /** Writes all eight bytes; reserved bits become zero. */
    public VxlanHeader vni(int vni) {
        i32(FLAGS, I_FLAG);
        i32(VNI, vni << 8);
        return this;
    }
}
