package io.millrace.bench.peers;

import java.util.stream.Collectors;

/** The addresses of a device that translates, and Millrace's topology of them. */
final class NatTopology {
    /** The device's address outside. */
    static final String OUTSIDE = "198.18.255.1/16";
    /** Its address inside. */
    static final String INSIDE = "172.17.0.1/16";
    /** Its MAC where frames come in, {@link Trip#GATEWAY}. */
    static final String GATEWAY_MAC = "02:00:00:00:ff:01";
    /** Its MAC on the other side. */
    private static final String OTHER_MAC = "02:00:00:00:ff:03";

    private NatTopology() {}

    /** @param kind of attachment, on both sides */
    static String write(String kind, String outside, String inside, Trip trip, Device.Mood mood) {
        boolean published = trip == Trip.PUBLISHED;
        return """
                x-millrace:
                  idle: %s
                  uplink: { %s: %s, address: %s, mac: "%s", neighbors: { %s } }
                networks:
                  web:
                    driver: bridge
                    ipam: { config: [ { subnet: 172.17.0.0/16, gateway: 172.17.0.1 } ] }
                    x-millrace: { gateway_mac: "%s", neighbors: { %s } }
                services:
                  server:
                    networks: { web: { ipv4_address: 172.17.0.2 } }
                    ports: [ "8080:80/udp", "8080:80" ]
                    x-millrace: { attach: { %s: %s }, guard: off }
                """.formatted(
                        mood == Device.Mood.BUSY ? "busy" : "poll",
                        kind,
                        outside,
                        OUTSIDE,
                        published ? GATEWAY_MAC : OTHER_MAC,
                        neighbors(trip, false),
                        published ? OTHER_MAC : GATEWAY_MAC,
                        neighbors(trip, true),
                        kind,
                        inside);
    }

    private static String neighbors(Trip trip, boolean inside) {
        return Hosts.of(trip).stations().stream()
                .filter(s -> s.getFirst().startsWith("172.") == inside)
                .map(s -> s.getFirst() + ": \"" + s.get(1) + "\"")
                .collect(Collectors.joining(", "));
    }
}
