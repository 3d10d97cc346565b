package io.millrace.bench.peers;

import java.util.List;

/**
 * What the two hosts at the ends of the course are called, and how one reaches the other.
 *
 * @param sender the sending host's address with the length of its network's prefix
 * @param receiver the receiving host's
 * @param senderGateway the sender's way to other networks, or none
 * @param receiverGateway the receiver's
 * @param dialled what the sender says to reach the receiver
 * @param dialledPort the TCP port that it says
 * @param listening the TCP port of the receiver
 * @param pinged whom a ping is for; from the receiver if that is the sender
 */
record Hosts(
        String sender,
        String receiver,
        String senderGateway,
        String receiverGateway,
        String dialled,
        int dialledPort,
        int listening,
        String pinged) {
    private static final int IPERF = 5201;
    private static final String SENDER_MAC = "02:00:00:01:00:00";
    private static final String RECEIVER_MAC = "02:00:00:00:ff:02";

    /** The hosts of a trip. */
    static Hosts of(Trip trip) {
        return switch (trip) {
            case SWITCHED -> new Hosts("10.77.0.1/24", "10.77.0.2/24", "", "", "10.77.0.2", IPERF, IPERF, "10.77.0.2");
            case PUBLISHED ->
                new Hosts("198.18.0.1/16", "172.17.0.2/16", "", "172.17.0.1", "198.18.255.1", 8080, 80, "198.18.0.1");
            case MASQUERADED ->
                new Hosts(
                        "172.17.1.0/16",
                        "198.18.255.2/16",
                        "172.17.0.1",
                        "",
                        "198.18.255.2",
                        IPERF,
                        IPERF,
                        "198.18.255.2");
        };
    }

    /** Gives the hosts these addresses; the cables are freshly laid. Their MACs are those that devices were told. */
    void address(Course course) {
        address(course.sender(), course.first(), SENDER_MAC, sender, senderGateway);
        address(course.receiver(), course.last(), RECEIVER_MAC, receiver, receiverGateway);
    }

    private static void address(Place host, String device, String mac, String address, String gateway) {
        Course.in(host.name(), "ip", "link", "set", device, "address", mac);
        Course.in(host.name(), "ip", "address", "add", address, "dev", device);
        if (!gateway.isEmpty()) {
            Course.in(host.name(), "ip", "route", "add", "default", "via", gateway);
        }
    }

    /** Which host pings. */
    Place pinging(Course course) {
        return sender.startsWith(pinged + "/") ? course.receiver() : course.sender();
    }

    /** Every host's address and MAC. */
    List<List<String>> stations() {
        return List.of(List.of(bare(sender), SENDER_MAC), List.of(bare(receiver), RECEIVER_MAC));
    }

    private static String bare(String address) {
        return address.substring(0, address.indexOf('/'));
    }
}
