package io.millrace.dataplane.graph;

/** Every way a frame may end other than leaving by a port. Each is a sentence, the same wherever it is shown. */
public enum Drop {
    LINK_FULL("the next step could not keep up"),
    LOOP("the frame was still going in circles when its turn ended"),
    POOL_EMPTY("no memory was left for another copy of the frame"),
    OFFLOAD_SENSELESS("the checksum or cutting that its sender left to be done does not fit the frame"),
    FRAME_TOO_LONG("the frame is longer than any frame the pool takes"),

    ETHERNET_TRUNCATED("the frame is shorter than an Ethernet header"),
    ETHERNET_CUT("the capture kept too little of the frame to switch it"),
    SOURCE_IS_GROUP("the source address is a group address"),
    RESERVED_ADDRESS("the destination is reserved for the link itself (01-80-C2-00-00-0X)"),
    SAME_PORT("the destination is behind the port the frame came from"),
    SPLIT_HORIZON("both ports are in one group that exchanges nothing"),
    NO_OTHER_PORT("there is no other port to flood to"),
    STORM("the port brought in more to be flooded than its storm cap allows"),
    UNKNOWN_PORT("the port the frame came in by is not on this switch"),

    VLAN_TRUNCATED("the frame ends inside its VLAN tag"),
    VLAN_RESERVED("VLAN identifier 4095 is reserved"),
    VLAN_NOT_MEMBER("the port is not a member of the frame's VLAN"),
    VLAN_UNTAGGED("the port takes no untagged frames"),

    STATION_IS_LOCAL("its source is a station of this host, and no other host can take that over"),

    ARP_SENSELESS("the ARP packet is damaged, or is not about Ethernet and IPv4"),
    NEIGHBOR_SENSELESS("the neighbour discovery packet is damaged, or did not come from this link"),
    IP_SENSELESS("the IP header is damaged, or says more than the frame holds"),
    IP_CHECKSUM("the checksum of the IP header is wrong"),
    IP_FRAGMENT("it is a fragment of a packet; only whole ones are taken here"),
    FRAGMENT_SENSELESS("its place in the packet it is a fragment of cannot be"),
    FRAGMENT_TINY("the packet was cut inside its transport header"),
    FRAGMENT_REPEATED("it is a fragment that has come before"),
    FRAGMENT_OVERLAPS("fragments of its packet overlap, or contradict each other"),
    FRAGMENT_AWAITED("too many fragments wait for the first one of their packet"),
    FRAGMENT_REFUSED("the first fragment of its packet did not pass"),
    FRAGMENT_LATE("the first fragment of its packet did not come in time"),
    FRAGMENTS_TOO_MANY("its packet is cut into too many fragments"),
    IP_SOURCE("no other host can have its source address"),
    ICMP_SENSELESS("the ICMP message is shorter than its header"),
    ICMP_CHECKSUM("the checksum of the ICMP message is wrong"),
    QUOTE_SENSELESS("the packet that the ICMP error quotes is damaged, or cut off before it says whose it is"),
    QUOTE_CHECKSUM("the checksum of the IP header that the ICMP error quotes is wrong"),
    QUOTE_FRAGMENT("the ICMP error quotes a fragment that does not say whose it is"),
    QUOTE_FOREIGN("the packet that the ICMP error quotes was not sent by whom the error is for"),
    PATH_MTU_SENSELESS("the ICMP error tells of an MTU that no path may have"),
    REDIRECT("a redirect is of use on its own link only"),
    MEMBERSHIP_SENSELESS("the question about multicast groups is damaged, or did not come from this link"),
    ADDRESS_CLASH("its sender claims this host's own address"),
    OWN_FRAME("this host has sent it itself"),
    UNASKED("it answers what nobody here has asked"),
    NOT_OURS("it is addressed to somebody else"),
    NOT_SERVED("nothing here takes packets of that kind"),
    UDP_SENSELESS("the UDP length does not fit the packet"),
    UDP_CHECKSUM("the UDP checksum is wrong"),
    UDP_UNCHECKED("it has no UDP checksum, which IPv6 demands here"),
    IP_DESTINATION("no single host has its destination address"),
    TRANSPORT_SENSELESS("the TCP header does not fit the packet"),
    SCTP("it is SCTP, whose associations are not tracked"),
    TIME_EXCEEDED("its time to live has run out"),
    NO_ROUTE("no next hop to its destination is known"),
    NEXT_HOP_SILENT("the next hop does not answer"),
    NEXT_HOP_AWAITED("too many packets wait for an answer of the next hop already"),
    TOO_MANY_NEIGHBORS("too many neighbours are asked for"),

    ISOLATED("it goes from one network to another, which are isolated"),
    APART("services of its network do not reach one another"),
    INTERNAL("the network is internal: nothing goes out, and nothing comes in"),
    NOT_PUBLISHED("no port is published there"),
    NO_BACKEND("the service has nobody at present who takes new connections"),
    UNSOLICITED("it answers nobody: the hidden host has not written there"),
    NO_CONNECTION("it belongs to no connection, and cannot begin one"),
    RESET_OUT_OF_WINDOW("the reset does not fit the connection that it would end"),
    CONNECTION_CLASH("another connection has the same addresses and ports on its way back"),
    NAT_PORTS("no outside port is left to hide it behind"),
    PORT_LIMIT("its sender has as many outside ports as it may have"),
    SESSION_LIMIT("its sender has as many connections as it may have"),
    NAT_FULL("as many connections are tracked as may be, and all were answered"),

    VXLAN_TRUNCATED("the datagram ends inside the VXLAN header"),
    VXLAN_NO_VNI("the VXLAN header does not say that it carries a network identifier"),
    VXLAN_RESERVED_BITS("a reserved bit of the VXLAN header is set, which this network refuses"),
    VXLAN_UNKNOWN_VNI("no overlay here has this network identifier"),
    VXLAN_FOREIGN_VTEP("the sender is no peer of this network, which is closed to others"),
    VXLAN_OWN_ADDRESS("the sender claims to be this host"),
    VXLAN_TOO_MANY_PEERS("the network has as many peers as it may"),
    INNER_TRUNCATED("the frame inside the tunnel is shorter than an Ethernet header"),
    INNER_VLAN("the frame inside the tunnel has a VLAN tag"),
    INNER_CONGESTION("congestion was marked on a packet whose ends do not know of that"),
    EXCEEDS_TUNNEL("the frame is longer than what fits into the tunnel"),

    EXCEEDS_MTU("the frame is longer than the MTU of the port it should leave by"),
    PORT_FULL("the port could not take more frames at the time"),
    PORT_DOWN("the port it should leave by is down"),
    UNPLUGGED("the port it should leave by was taken away");

    private final String sentence;

    Drop(String sentence) {
        this.sentence = sentence;
    }

    /** The reason in words, without a full stop. */
    public String sentence() {
        return sentence;
    }
}
