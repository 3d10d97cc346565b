package io.millrace.codec;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * ARP packet, RFC 826; the named accessors are those for Ethernet and IPv4.
 *
 * <pre>
 *  | hardware (2) | protocol (2) | lengths (1+1) | operation (2) | sender MAC (6) | sender IPv4 (4) | target MAC (6) | target IPv4 (4) |
 * </pre>
 */
public final class ArpHeader extends Header {
    /** In bytes, for Ethernet and IPv4. */
    public static final int LENGTH = 28;

    /** In bytes: what every ARP packet begins with. */
    public static final int FIXED_LENGTH = 8;

    public static final int ETHERNET = 1;
    public static final int REQUEST = 1;
    public static final int REPLY = 2;

    static final int HARDWARE = 0;
    static final int PROTOCOL = 2;
    static final int HARDWARE_LENGTH = 4;
    static final int PROTOCOL_LENGTH = 5;
    static final int OPERATION = 6;
    static final int SENDER_MAC = 8;
    static final int SENDER_IPV4 = 14;
    static final int TARGET_MAC = 18;
    static final int TARGET_IPV4 = 24;

    public ArpHeader wrap(UnsafeBuffer buffer, int offset) {
        over(buffer, offset);
        return this;
    }

    /**
     * Says whether the packet is all there, with the address lengths that it claims; ask {@link #isEthernetIpv4} before
     * reading addresses. Counts are in bytes from here on.
     */
    public Malformed check(int captured, int original) {
        var fixed = Malformed.fits(FIXED_LENGTH, captured, original, Malformed.ARP_TRUNCATED);
        return fixed != Malformed.NONE ? fixed : Malformed.fits(length(), captured, original, Malformed.ARP_TRUNCATED);
    }

    /** In bytes, by the address lengths in the packet. */
    public int length() {
        return FIXED_LENGTH + 2 * (hardwareLength() + protocolLength());
    }

    /** Whether the addresses are MAC and IPv4, as RFC 826 and everybody has them. */
    public boolean isEthernetIpv4() {
        return hardware() == ETHERNET
                && protocol() == EtherType.IPV4
                && hardwareLength() == Addresses.MAC_LENGTH
                && protocolLength() == Addresses.IPV4_LENGTH;
    }

    public int hardware() {
        return u16(HARDWARE);
    }

    public int protocol() {
        return u16(PROTOCOL);
    }

    /** In bytes. */
    public int hardwareLength() {
        return u8(HARDWARE_LENGTH);
    }

    /** In bytes. */
    public int protocolLength() {
        return u8(PROTOCOL_LENGTH);
    }

    public int operation() {
        return u16(OPERATION);
    }

    public long senderMac() {
        return u48(SENDER_MAC);
    }

    public int senderIpv4() {
        return i32(SENDER_IPV4);
    }

    public long targetMac() {
        return u48(TARGET_MAC);
    }

    public int targetIpv4() {
        return i32(TARGET_IPV4);
    }

    /** Writes the first eight bytes: Ethernet, IPv4 and this operation. */
    public ArpHeader operation(int operation) {
        u16(HARDWARE, ETHERNET);
        u16(PROTOCOL, EtherType.IPV4);
        u8(HARDWARE_LENGTH, Addresses.MAC_LENGTH);
        u8(PROTOCOL_LENGTH, Addresses.IPV4_LENGTH);
        u16(OPERATION, operation);
        return this;
    }

    public ArpHeader sender(long mac, int ipv4) {
        u48(SENDER_MAC, mac);
        i32(SENDER_IPV4, ipv4);
        return this;
    }

    public ArpHeader target(long mac, int ipv4) {
        u48(TARGET_MAC, mac);
        i32(TARGET_IPV4, ipv4);
        return this;
    }
}
