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
