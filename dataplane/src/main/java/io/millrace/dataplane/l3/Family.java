package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;

/** What differs between IPv4 and IPv6: how neighbours find each other, and how groups are joined. */
sealed interface Family permits Ipv4Family, Ipv6Family {
    /** Takes a frame of this EtherType and sees to its end. */
    void receive(long frame, int type);

    /** Asks for a next hop: all who listen, or the hop alone where it was last. */
    void ask(NextHop hop, boolean alone);

    /** Tells all where this host is. */
    void announce();

    /** Tells routers and switches that this host listens to a group. */
    void report(Ipv6Address group);

    /** Whether a group of hosts has this address. */
    static boolean isGroup(Ipv6Address address) {
        return address.isIpv4() ? (address.low() >>> 28 & 0xF) == 0xE : address.high() >>> 56 == 0xFF;
    }

    /** The Ethernet address of a group: RFC 1112 section 6.4, RFC 2464 section 7. */
    static long groupMac(Ipv6Address group) {
        return group.isIpv4() ? 0x0100_5E00_0000L | (group.low() & 0x7F_FFFF) : groupMac(group.low());
    }

    /** The Ethernet address of an IPv6 group, by the last eight bytes of its address. */
    static long groupMac(long low) {
        return 0x3333_0000_0000L | (low & 0xFFFF_FFFFL);
    }

    /** Whether two addresses begin with the same so many bits. */
    static boolean isSame(Ipv6Address one, Ipv6Address other, int bits) {
        int high = Math.min(bits, Long.SIZE);
        return isSame(one.high(), other.high(), high) && isSame(one.low(), other.low(), bits - high);
    }

    private static boolean isSame(long one, long other, int bits) {
        return bits == 0 || (one ^ other) >>> (Long.SIZE - bits) == 0;
    }
}
