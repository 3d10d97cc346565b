package io.millrace.dataplane.nat;

import static io.millrace.dataplane.nat.RouterLab.HOST;
import static io.millrace.dataplane.nat.RouterLab.NEIGHBOR;
import static io.millrace.dataplane.nat.RouterLab.address;
import static io.millrace.dataplane.nat.RouterLab.tcp;
import static io.millrace.dataplane.nat.RouterLab.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.TcpHeader;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Bytes;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.Packets;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** How packets end that a gateway does not let pass: a story for each reason. */
public final class NatDrops {
    private static final String US = "192.0.2.1", FAR = "192.0.2.9", WEB = "10.1.0.2", OTHER = "10.1.0.3";

    private NatDrops() {}

    /** Adds the stories to others. */
    public static void tell(Map<Drop, Consumer<Lab>> stories) {
        damaged(stories);
        policies(stories);
        connections(stories);
        limits(stories);
    }

    private static void damaged(Map<Drop, Consumer<Lab>> stories) {
        stories.put(Drop.IP_DESTINATION, lab -> fromInside(lab, udp(WEB, 5000, "240.0.0.1", 53)));
        stories.put(Drop.SCTP, lab -> fromInside(lab, packet(IpProtocol.SCTP, "13 88 00 50 00 00 00 00 00 00 00 00")));
        stories.put(Drop.TRANSPORT_SENSELESS, lab -> fromInside(lab, packet(IpProtocol.TCP, "13 88 00 50")));
        stories.put(Drop.UDP_SENSELESS, lab -> fromInside(lab, packet(IpProtocol.UDP, "13 88 00 35 00 07 00 00")));
        stories.put(Drop.TIME_EXCEEDED, lab -> {
            byte[] last = udp(WEB, 5000, FAR, 53);
            last[8] = 1;
            last[10] += 63; // the header's checksum, by what the time to live lost
            new RouterLab(lab, 100).fromInside(HOST, last);
        });
    }

    private static void policies(Map<Drop, Consumer<Lab>> stories) {
        stories.put(Drop.ISOLATED, lab -> {
            new RouterLab(lab, 100).fromInside(HOST, udp(WEB, 5000, "10.2.0.2", 53));
        });
        stories.put(Drop.INTERNAL, lab -> {
            new RouterLab(lab, 100);
            lab.given("closed", RouterLab.frame(RouterLab.IN + HOST, udp("10.3.0.2", 5000, FAR, 53)));
        });
        stories.put(Drop.APART, lab -> {
            new RouterLab(lab, 100);
            lab.given("closed", RouterLab.frame(RouterLab.IN + HOST, udp("10.3.0.2", 5000, "10.3.0.3", 53)));
        });
        stories.put(Drop.NOT_PUBLISHED, lab -> fromOutside(new RouterLab(lab, 100), udp(FAR, 6000, US, 9999)));
        stories.put(Drop.NO_BACKEND, lab -> {
            var router = new RouterLab(lab, 100);
            var at = address(US);
            var front = new Front(at.high(), at.low(), IpProtocol.UDP, 9999, 9999, false);
            router.nat.publish(new Service("nobody", front, Balance.ROUND_ROBIN, List.of()));
            fromOutside(router, udp(FAR, 6000, US, 9999));
        });
        stories.put(Drop.UNSOLICITED, lab -> {
            var router = new RouterLab(lab, 100);
            passes(router.fromInside(HOST, udp(WEB, 5000, FAR, 53)));
            fromOutside(router, udp(FAR, 54, US, 5000));
        });
    }

    private static void connections(Map<Drop, Consumer<Lab>> stories) {
        stories.put(Drop.NO_CONNECTION, lab -> fromInside(lab, tcp(WEB, 5000, FAR, 80, TcpHeader.RST)));
        stories.put(Drop.RESET_OUT_OF_WINDOW, lab -> {
            var router = new RouterLab(lab, 100);
            passes(router.fromInside(HOST, segment(WEB, 5000, FAR, 80, 1000, 0, TcpHeader.SYN)));
            passes(router.fromOutside(segment(FAR, 80, US, 5000, 7000, 1001, TcpHeader.SYN | TcpHeader.ACK)));
            passes(router.fromInside(HOST, segment(WEB, 5000, FAR, 80, 1001, 7001, TcpHeader.ACK)));
            fromOutside(router, segment(FAR, 80, US, 5000, 2_000_000_000, 0, TcpHeader.RST));
        });
        stories.put(Drop.CONNECTION_CLASH, lab -> {
            var router = new RouterLab(lab, 100);
            passes(router.fromInside(HOST, udp(WEB, 80, FAR, 6000)));
            router.fromOutside(udp(FAR, 6000, US, 8080)); // its answers would be of the same host, to the same
        });
        stories.put(Drop.TOO_MANY_NEIGHBORS, lab -> {
            var router = new RouterLab(lab, 100, Map.of());
            byte[] ping = Packets.icmpv6("fd00:1::2", "2001:db8::77", "80 00 00 00 00 07 00 01");
            router.lab.alsoGiven(
                    "in", Packets.ipv6(RouterLab.IN + HOST, "fd00:1::2", "2001:db8::77", IpProtocol.ICMPV6, 64, ping));
            assertThat(lab.drops(Drop.NO_ROUTE))
                    .as("it waits for an Ethernet address")
                    .isZero();
            var outside = address("2001:db8::");
            for (int i = 1; i <= Sought.MOST; i++) {
                router.nat.hops().find(router.nat.gateways().getLast(), outside.high(), i << 8);
            }
            lab.settle();
            router.take("in");
            router.take("out");
        });
    }

    private static void limits(Map<Drop, Consumer<Lab>> stories) {
        stories.put(Drop.NAT_PORTS, lab -> {
            var router = new RouterLab(lab, 100, 1024, 1024, 0, 0, Timeouts.RFC);
            passes(router.fromInside(HOST, udp(WEB, 5000, FAR, 53)));
            router.fromInside(NEIGHBOR, udp(OTHER, 5000, FAR, 53));
        });
        stories.put(Drop.PORT_LIMIT, lab -> {
            var router = new RouterLab(lab, 100, 1, 65_535, 1, 0, Timeouts.RFC);
            passes(router.fromInside(HOST, udp(WEB, 5000, FAR, 53)));
            passes(router.fromInside(NEIGHBOR, udp(OTHER, 5000, FAR, 53)));
            router.fromInside(HOST, udp(WEB, 5001, FAR, 53));
        });
        stories.put(Drop.SESSION_LIMIT, lab -> {
            var router = new RouterLab(lab, 100, 1, 65_535, 0, 1, Timeouts.RFC);
            passes(router.fromInside(HOST, udp(WEB, 5000, FAR, 53)));
            passes(router.fromInside(NEIGHBOR, udp(OTHER, 5000, FAR, 53)));
            router.fromInside(HOST, udp(WEB, 5000, FAR, 54));
        });
        stories.put(Drop.NAT_FULL, lab -> {
            var router = new RouterLab(lab, 2);
            for (int port = 53; port < 55; port++) {
                passes(router.fromInside(HOST, udp(WEB, 5000, FAR, port)));
                passes(router.fromOutside(udp(FAR, port, US, 5000)));
            }
            router.fromInside(HOST, udp(WEB, 5000, FAR, 55));
        });
    }

    private static void fromInside(Lab lab, byte[] packet) {
        new RouterLab(lab, 100).fromInside(HOST, packet);
    }

    /** Who is outside hears nothing. */
    private static void fromOutside(RouterLab router, byte[] packet) {
        assertThat(router.fromOutside(packet)).isEmpty();
    }

    private static void passes(byte[] packet) {
        assertThat(packet).as("what leaves").isNotEmpty();
    }

    private static byte[] packet(int protocol, String payload) {
        byte[] frame = Packets.ipv4("", WEB, FAR, protocol, 0, Bytes.hex(payload));
        return Arrays.copyOfRange(frame, 2, frame.length);
    }

    private static byte[] segment(
            String from, int fromPort, String to, int toPort, int sequence, int acknowledgment, int flags) {
        byte[] packet = tcp(from, fromPort, to, toPort, flags);
        ByteBuffer.wrap(packet).putInt(24, sequence).putInt(28, acknowledgment);
        return packet;
    }
}
