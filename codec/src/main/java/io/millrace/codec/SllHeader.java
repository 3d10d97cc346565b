package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Linux cooked capture header, which libpcap puts in the place of a link layer: version 1 (LINKTYPE_LINUX_SLL) and
 * version 2 (LINKTYPE_LINUX_SLL2).
 *
 * <pre>
 *  | packet type (2) | ARP hardware type (2) | address length (2) | address (8) | protocol (2) |                 version 1
 *  | protocol (2) | 0 (2) | interface (4) | ARP hardware type (2) | packet type (1) | address length (1) | address (8) |
 * </pre>
 */
public final class SllHeader extends Header {
    /** In bytes, version 1. */
    public static final int LENGTH = 16;

    /** In bytes, version 2. */
    public static final int LENGTH_2 = 20;

    /** Protocols that are no EtherType: an Ethernet frame, LLC. */
    public static final int ETHERNET_FRAME = 3;

    public static final int LLC = 4;

    /** Hardware types whose protocol field means something else: netlink and GRE. */
    public static final int NETLINK = 824;

    public static final int GRE = 778;

    private boolean second;

    public SllHeader wrap(UnsafeBuffer buffer, int offset, boolean version2) {
        over(buffer, offset);
        second = version2;
        return this;
    }

    /** Says whether the header is all there; counts are in bytes from here on. */
    public Malformed check(int captured, int original) {
        return Malformed.fits(length(), captured, original, Malformed.SLL_TRUNCATED);
    }

    /** In bytes. */
    public int length() {
        return second ? LENGTH_2 : LENGTH;
    }

    /** 0 to us, 1 broadcast, 2 multicast, 3 to somebody else, 4 sent by us. */
    public int packetType() {
        return second ? u8(10) : u16(0);
    }

    /** As in ARP: 1 for Ethernet. */
    public int hardwareType() {
        return second ? u16(8) : u16(2);
    }

    /** Of the sender's address, in bytes. */
    public int addressLength() {
        return second ? u8(11) : u16(4);
    }

    /** The first six bytes of the sender's address. */
    public long address() {
        return u48(second ? 12 : 6);
    }

    /** Where {@link #protocol} stands, in bytes from the start. */
    public int protocolAt() {
        return second ? 0 : 14;
    }

    /** An EtherType above 0x0600, else one of the small numbers above. */
    public int protocol() {
        return u16(protocolAt());
    }

    /** Whether {@link #protocol} is an EtherType. */
    public boolean hasEtherType() {
        return protocol() > EthernetHeader.FIRST_TYPE && hardwareType() != NETLINK && hardwareType() != GRE;
    }
}
