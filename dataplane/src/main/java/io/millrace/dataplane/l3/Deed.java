package io.millrace.dataplane.l3;

/** What an {@link IpNode} does with a frame, as a sentence about an address. */
enum Deed {
    ARP_ANSWERED("answers ARP for "),
    NEIGHBOR_ANSWERED("answers neighbour discovery for "),
    PING_ANSWERED("answers the ping to "),
    ASKED("asks who has "),
    ANNOUNCED("tells all where it is, at "),
    REPORTED("tells that it listens to group "),
    HEARD("has heard from the next hop itself where it is: "),
    NOTED("is asked whether it listens to group "),
    SENT("leaves for next hop ");

    private final String words;

    Deed(String words) {
        this.words = words;
    }

    String sentence(String address) {
        return words + address;
    }
}
