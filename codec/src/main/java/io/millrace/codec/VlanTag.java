package io.millrace.codec;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What follows the EtherType of a VLAN tag, IEEE 802.1Q clause 9 (customer tag) and 802.1ad (service tag).
 *
 * <pre>
 *  | priority (3) | drop eligible (1) | VLAN identifier (12) |     type or length (16)     |
 * </pre>
 *
 * The tag's own EtherType (0x8100, 0x88A8 or 0x9100) is the last field of the header before it.
 */
public final class VlanTag extends Header {
    /** In bytes. */
    public static final int LENGTH = 4;

    /** Identifier 0: the frame carries a priority and belongs to no VLAN in particular. */
    public static final int PRIORITY_ONLY = 0;

    /** Identifier 4095 must not be used on the wire. */
    public static final int RESERVED = 0xFFF;

    static final int CONTROL = 0;
    static final int TYPE = 2;

    public VlanTag wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /** Says whether the tag is all there; both counts are in bytes from the tag on. */
    public Malformed check(int captured, int original) {
        return Malformed.fits(LENGTH, captured, original, Malformed.VLAN_TRUNCATED);
    }

    /** All sixteen bits of priority, drop eligible indicator and identifier. */
    public int control() {
        return u16(CONTROL);
    }

    /** PCP, 0 (best effort) to 7. */
    public int priority() {
        return u16(CONTROL) >>> 13;
    }

    /** DEI. */
    public boolean dropEligible() {
        return (u16(CONTROL) & 0x1000) != 0;
    }

    /** VID, 0 to 4095. */
    public int identifier() {
        return u16(CONTROL) & 0xFFF;
    }

    /** EtherType from {@link EthernetHeader#FIRST_TYPE} on, below it the length of what follows, in bytes. */
    public int type() {
        return u16(TYPE);
    }

    public VlanTag control(int control) {
        u16(CONTROL, control);
        return this;
    }

    public VlanTag type(int type) {
        u16(TYPE, type);
        return this;
    }

    /** Puts priority (0–7), drop eligible indicator and identifier (0–4095) together. */
    public static int control(int priority, boolean dropEligible, int identifier) {
        return priority << 13 | (dropEligible ? 0x1000 : 0) | identifier;
    }

    /**
     * How many bytes an Ethernet header takes with all tags behind it; the last two are the type of what follows.
     *
     * @param length bytes at hand, at least {@link EthernetHeader#LENGTH}; a tag that ends behind them does not count
     */
    public static int skip(DirectBuffer buffer, int offset, int length) {
        int header = EthernetHeader.LENGTH;
        while (length >= header + LENGTH
                && EtherType.isVlan(buffer.getShort(offset + header - Short.BYTES, ByteOrder.BIG_ENDIAN) & 0xFFFF)) {
            header += LENGTH;
        }
        return header;
    }
}
