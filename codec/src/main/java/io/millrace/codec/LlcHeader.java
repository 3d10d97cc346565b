package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * LLC header, IEEE 802.2, with the SNAP header behind it when both service access points are 0xAA.
 *
 * <pre>
 *  | destination SAP (1) | source SAP (1) | control (1 or 2) | organization (3) | protocol (2) |
 * </pre>
 */
public final class LlcHeader extends Header {
    /** In bytes: both access points and a control field of one byte (unnumbered frames). */
    public static final int LENGTH = 3;

    /** In bytes: LLC and SNAP. */
    public static final int SNAP_LENGTH = 8;

    /** The access point of SNAP. */
    public static final int SNAP = 0xAA;

    /** The access point of the spanning tree protocol. */
    public static final int STP = 0x42;

    static final int DESTINATION = 0;
    static final int SOURCE = 1;
    static final int CONTROL = 2;
    static final int ORGANIZATION = 3;
    static final int PROTOCOL = 6;

    public LlcHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says whether the header, and with it SNAP if there is one, is all there; counts are in bytes from here on. */
    public Malformed check(int captured, int original) {
        var llc = Malformed.fits(LENGTH, captured, original, Malformed.LLC_TRUNCATED);
        if (llc != Malformed.NONE || !isSnap()) {
            return llc;
        }
        return Malformed.fits(SNAP_LENGTH, captured, original, Malformed.SNAP_TRUNCATED);
    }

    /** DSAP. */
    public int destination() {
        return u8(DESTINATION);
    }

    /** SSAP, its lowest bit set in a response. */
    public int source() {
        return u8(SOURCE);
    }

    /** The first byte of the control field; 3 is unnumbered information. */
    public int control() {
        return u8(CONTROL);
    }

    /** Whether a SNAP header follows. */
    public boolean isSnap() {
        return destination() == SNAP && (source() & 0xFE) == SNAP && control() == 3;
    }

    /** SNAP's organization, 24 bits: 0 means that {@link #protocol} is an EtherType. */
    public int organization() {
        return u24(ORGANIZATION);
    }

    /** SNAP's protocol. */
    public int protocol() {
        return u16(PROTOCOL);
    }
}
