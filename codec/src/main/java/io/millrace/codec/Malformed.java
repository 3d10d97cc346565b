package io.millrace.codec;

/**
 * What is wrong with a header, as its {@code check} found it. A received frame is never an exception.
 *
 * <p>{@link #CUT} is no fault of the frame: the capture kept only its beginning, so the header cannot be judged.
 * Constants are named by the layer and the fault.
 */
public enum Malformed {
    NONE("nothing is wrong"),
    CUT("the capture holds only the beginning of this frame"),
    ETHERNET_TRUNCATED("the frame ends inside the Ethernet header"),
    SLL_TRUNCATED("the frame ends inside the Linux cooked header"),
    NULL_TRUNCATED("the frame ends inside the loopback header"),
    VLAN_TRUNCATED("the frame ends inside a VLAN tag"),
    LLC_TRUNCATED("the frame ends inside the LLC header"),
    SNAP_TRUNCATED("the frame ends inside the SNAP header"),
    ARP_TRUNCATED("the frame ends inside the ARP packet"),
    IPV4_TRUNCATED("the frame ends inside the IPv4 header"),
    IPV4_VERSION("the IPv4 header says another version than 4"),
    IPV4_HEADER_LENGTH("the IPv4 header length is below 20 bytes"),
    IPV4_TOTAL_LENGTH("the IPv4 total length is less than its header"),
    IPV4_LONGER_THAN_FRAME("the IPv4 total length is more than the frame holds"),
    IPV6_TRUNCATED("the frame ends inside the IPv6 header"),
    IPV6_VERSION("the IPv6 header says another version than 6"),
    IPV6_LONGER_THAN_FRAME("the IPv6 payload length is more than the frame holds"),
    IPV6_EXTENSION_TRUNCATED("the IPv6 packet ends inside an extension header"),
    IPV6_OPTIONS("an IPv6 option is longer than the header that it is in"),
    IPV6_EXTENSIONS_ENDLESS("the IPv6 packet has more extension headers than anyone needs"),
    ICMP_TRUNCATED("the packet ends inside the ICMP header"),
    ICMPV6_TRUNCATED("the packet ends inside the ICMPv6 header"),
    UDP_TRUNCATED("the packet ends inside the UDP header"),
    UDP_LENGTH("the UDP length is below 8 bytes"),
    UDP_LONGER_THAN_PACKET("the UDP length is more than the packet holds"),
    TCP_TRUNCATED("the packet ends inside the TCP header"),
    TCP_HEADER_LENGTH("the TCP header length is below 20 bytes"),
    TCP_HEADER_LONGER_THAN_PACKET("the TCP header length is more than the packet holds"),
    VXLAN_TRUNCATED("the datagram ends inside the VXLAN header"),
    VXLAN_NO_VNI("the VXLAN header does not say that it carries a network identifier"),
    DNS_TRUNCATED("the DNS message ends inside its header or its questions"),
    DNS_NAME("a DNS name is too long, points forward or has a label of unknown kind"),
    NESTED_TOO_DEEP("more packets are nested in each other than anyone needs");

    private final String sentence;

    Malformed(String sentence) {
        this.sentence = sentence;
    }

    /** The reason in words, without a full stop. */
    public String sentence() {
        return sentence;
    }

    /**
     * Judges a header of {@code needed} bytes by what is at hand and by what there was on the wire: {@link #NONE},
     * {@link #CUT}, or {@code truncated} when the bytes never existed.
     */
    public static Malformed fits(int needed, int captured, int original, Malformed truncated) {
        if (captured >= needed) {
            return NONE;
        }
        return original >= needed ? CUT : truncated;
    }
}
