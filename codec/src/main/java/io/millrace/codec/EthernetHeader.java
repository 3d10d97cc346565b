package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Ethernet header, IEEE 802.3 clause 3.
 *
 * <pre>
 *  |        destination address (6)        |          source address (6)           | type or length (2) |
 * </pre>
 *
 * Addresses are the low 48 bits of a {@code long}, first byte on the wire in bits 47–40.
 */
public final class EthernetHeader extends Header {
    /** In bytes: both addresses and the type, without tags. */
    public static final int LENGTH = 14;

    /** Below this the last two bytes are a length (IEEE 802.3), from it on an EtherType. */
    public static final int FIRST_TYPE = 0x0600;

    /** The group bit of an address: set for multicast and broadcast. */
    public static final long GROUP_BIT = 0x0100_0000_0000L;

    /** FF:FF:FF:FF:FF:FF. */
    public static final long BROADCAST = 0xFFFF_FFFF_FFFFL;

    static final int DESTINATION = 0;
    static final int SOURCE = 6;
    static final int TYPE = 12;
    static final int TAG = 14;

    public EthernetHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /**
     * Says whether the header is all there.
     *
     * @param captured bytes at hand from this header on
     * @param original bytes the frame had from here on when it was on the wire; more than {@code captured} in a cut capture
     */
    public Malformed check(int captured, int original) {
        return Malformed.fits(LENGTH, captured, original, Malformed.ETHERNET_TRUNCATED);
    }

    public long destination() {
        return i64(DESTINATION) >>> 16;
    }

    public long source() {
        return i64(SOURCE) >>> 16;
    }

    /** EtherType from {@link #FIRST_TYPE} on, below it the length of what follows, in bytes. */
    public int type() {
        return u16(TYPE);
    }

    public EthernetHeader destination(long address) {
        u48(DESTINATION, address);
        return this;
    }

    public EthernetHeader source(long address) {
        u48(SOURCE, address);
        return this;
    }

    public EthernetHeader type(int type) {
        u16(TYPE, type);
        return this;
    }

    /** When {@link #type} is that of a tag: its control information, IEEE 802.1Q-2018 9.6: priority 3 bits, DEI 1, VID 12. */
    public int tag() {
        return u16(TAG);
    }

    public EthernetHeader tag(int control) {
        u16(TAG, control);
        return this;
    }

    /** Whether an address names a group of stations (multicast or broadcast). */
    public static boolean isGroup(long address) {
        return (address & GROUP_BIT) != 0;
    }
}
