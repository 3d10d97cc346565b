package io.millrace.codec;

/**
 * Is told of every layer of a frame, outer before inner, by a {@link FrameWalk}.
 *
 * <p>{@code captured} is how many bytes from the header's start on are at hand. A header that was cut, or that the frame
 * ends in, is shown too, as the last one: a visitor reads only fields that lie inside {@code captured}. The views are
 * the walk's own and move on after the call.
 */
public interface LayerVisitor {
    default void ethernet(EthernetHeader header, int captured) {}

    default void cooked(SllHeader header, int captured) {}

    /** BSD loopback: the address family, or -1 when it was cut. */
    default void loopback(int family) {}

    /** A tag; {@code tagType} is the EtherType that announced it. */
    default void vlan(VlanTag tag, int tagType, int captured) {}

    default void llc(LlcHeader header, int captured) {}

    default void arp(ArpHeader header, int captured) {}

    /**
     * An IPv4 header.
     *
     * @param totalLength the packet's length in bytes: the header's, or the rest of the frame when the header says 0
     *     because the sender's hardware was to fill it in
     * @param checksum of the header
     */
    default void ipv4(Ipv4Header header, int captured, int totalLength, ChecksumState checksum) {}

    default void ipv6(Ipv6Header header, int captured) {}

    /** An extension header; {@code kind} is the protocol number that announced it. */
    default void extension(Ipv6Extension header, int kind, int captured) {}

    /** IGMP, of which nothing but the first byte, the type, is of use to us. */
    default void igmp(int offset, int captured) {}

    default void tcp(TcpHeader header, int captured, ChecksumState checksum) {}

    default void udp(UdpHeader header, int captured, ChecksumState checksum) {}

    default void icmp(IcmpHeader header, int captured, ChecksumState checksum) {}

    default void icmpv6(Icmpv6Header header, int captured, ChecksumState checksum) {}

    /** The packet that an ICMP error is about begins here and lasts to the end of the frame. */
    default void quoted() {}

    default void vxlan(VxlanHeader header, int captured) {}

    /** A DNS message of {@code length} bytes; {@link DnsQuestions} reads what it asks. */
    default void dns(DnsHeader header, int captured, int length) {}

    /**
     * What no layer above claims: application data, a protocol not known here, the middle of a fragmented packet.
     *
     * @param offset where it begins in the buffer
     * @param captured bytes at hand
     * @param length bytes on the wire
     */
    default void payload(int offset, int captured, int length) {}

    /**
     * The frame is over.
     *
     * @param malformed the first fault, or {@link Malformed#NONE}
     * @param offset where in the buffer the header with the fault begins, or 0
     */
    default void end(Malformed malformed, int offset) {}
}
