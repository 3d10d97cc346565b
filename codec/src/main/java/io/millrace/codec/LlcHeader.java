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

    /** In bytes: LLC of an unnumbered frame, and SNAP. */
    public static final int SNAP_LENGTH = 8;

    /** The access point of SNAP. */
    public static final int SNAP = 0xAA;

    /** The access point of IPv4, as ARPANET had it. */
    public static final int IP = 0x06;

    /** SNAP organizations whose protocol is an EtherType: RFC 1042, and Cisco for bridged frames. */
    public static final int ETHERTYPE = 0x000000;

    public static final int CISCO_ETHERTYPE = 0x0000F8;

    /** SNAP organization of bridged frames, RFC 2684. */
    public static final int BRIDGED = 0x0080C2;

    /** SNAP organization of Cisco, for CDP among others. */
    public static final int CISCO = 0x00000C;

    /** The access point of the spanning tree protocol. */
    public static final int STP = 0x42;

    static final int DESTINATION = 0;
    static final int SOURCE = 1;
    static final int CONTROL = 2;

    public LlcHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says whether the header, and with it SNAP if there is one, is all there; counts are in bytes from here on. */
    public Malformed check(int captured, int original) {
        var llc = Malformed.fits(LENGTH, captured, original, Malformed.LLC_TRUNCATED);
        if (llc != Malformed.NONE) {
            return llc;
        }
        var truncated = isSnap() ? Malformed.SNAP_TRUNCATED : Malformed.LLC_TRUNCATED;
        return Malformed.fits(headerLength(), captured, original, truncated);
    }

    /** In bytes: LLC with its control field, and SNAP if there is one. */
    public int headerLength() {
        return 2 + controlLength() + (isSnap() ? SNAP_LENGTH - LENGTH : 0);
    }

    /** In bytes: 1 in unnumbered frames, else 2. */
    private int controlLength() {
        return (control() & 3) == 3 ? 1 : 2;
    }

    /** Whether a packet follows, in an information frame with or without a number. */
    public boolean isInformation() {
        return (control() & 1) == 0 || (control() & 0xEF) == 3;
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
        return destination() == SNAP && source() == SNAP;
    }

    /** SNAP's organization, 24 bits: 0 means that {@link #protocol} is an EtherType. */
    public int organization() {
        return u24(2 + controlLength());
    }

    /** SNAP's protocol. */
    public int protocol() {
        return u16(5 + controlLength());
    }
}
