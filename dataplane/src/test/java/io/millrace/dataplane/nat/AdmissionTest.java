package io.millrace.dataplane.nat;

import static io.millrace.dataplane.nat.RouterLab.HOST;
import static io.millrace.dataplane.nat.RouterLab.NEIGHBOR;
import static io.millrace.dataplane.nat.RouterLab.address;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.TcpHeader;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Bytes;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.Packets;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Who may begin a connection to whom, and is seen as whom: every packet there is against {@link Policy}, which says what
 * {@code docs/decisions/0016} and Docker's manual say. In front of the networks "in", "db" and "closed" (which is internal,
 * and whose hosts are kept apart) are the router's 10.1.0.1 to 10.3.0.1; each has a host .2 that sends.
 */
class AdmissionTest {
    private static final String FAR = "198.51.100.7", PEER = "203.0.113.5", OTHER = "198.51.100.99";
    private static final String US = "192.0.2.1", WEB = "10.1.0.2", HIDDEN = "10.1.0.3";
    private static final int FRESH = 7000, RESTING = 7001, NOBODY = 9;
    private static final Map<String, String> SENDERS =
            Map.of("in", WEB, "db", "10.2.0.2", "closed", "10.3.0.2", "out", FAR);
    private static final Map<Ipv6Address, Long> NEIGHBORS = Map.of(
            address(WEB), 0x0200_0000_0002L,
            address(HIDDEN), 0x0200_0000_0003L,
            address("10.2.0.2"), 0x0200_0000_0002L,
            address("10.2.0.3"), 0x0200_0000_0003L,
            address("10.3.0.2"), 0x0200_0000_0002L,
            address("10.3.0.3"), 0x0200_0000_0003L,
            address("192.0.2.9"), 0x0200_0000_0109L);

    private enum Kind {
        UDP,
        SYN,
        ACK,
        RST,
        ECHO,
        REPLY;

        byte[] packet(String from, int fromPort, String to, int toPort) {
            return switch (this) {
                case UDP -> RouterLab.udp(from, fromPort, to, toPort);
                case SYN -> RouterLab.tcp(from, fromPort, to, toPort, TcpHeader.SYN);
                case ACK -> RouterLab.tcp(from, fromPort, to, toPort, TcpHeader.ACK);
                case RST -> RouterLab.tcp(from, fromPort, to, toPort, TcpHeader.RST);
                case ECHO -> RouterLab.echo(from, to, true, fromPort);
                case REPLY -> RouterLab.echo(from, to, false, toPort);
            };
        }

        boolean isIcmp() {
            return this == ECHO || this == REPLY;
        }

        boolean opens() {
            return this != RST && this != REPLY;
        }
    }

    /** A packet of a connection that nobody knows of. */
    private record Case(String from, Kind kind, String source, int port, String to, int toPort) {
        boolean isTrue() {
            return source.equals(SENDERS.get(from));
        }
    }

    // ------------------------------------------------------------------ what is right

    /** Who may write to whom; gives back "link source > destination", "answered", or why not. */
    private record Policy(GatewayMode mode) {
        String of(Case at) {
            boolean hides = mode != GatewayMode.ROUTED;
            var net = network(at.to);
            boolean toRouter = at.to.equals(US) || (at.to.endsWith(".0.1") && !at.from.equals("out"));
            if (!at.isTrue()) {
                return "IP_SOURCE";
            } else if (toRouter) {
                boolean mayUsePorts = hides && at.to.equals(US) && !at.from.equals("closed");
                if (mayUsePorts && at.toPort == 8080 && !at.kind.isIcmp()) {
                    return passes(at, "in", at.from.equals("out") ? at.source : US, WEB, 80);
                } else if (mayUsePorts && at.toPort == FRESH && at.kind != Kind.ECHO) {
                    return at.from.equals("out") ? "UNSOLICITED" : passes(at, "in", US, HIDDEN, FRESH);
                }
                return at.kind == Kind.ECHO ? "answered" : at.kind == Kind.REPLY ? "NOT_SERVED" : "NOT_PUBLISHED";
            } else if (at.to.endsWith(".255")) {
                return "IP_DESTINATION";
            } else if (at.from.equals(net)) {
                return net.equals("out") ? "NOT_OURS" : net.equals("closed") ? "APART" : passes(at, net, at.source);
            } else if (at.from.equals("out")) {
                boolean open = mode == GatewayMode.NAT_UNPROTECTED
                        || (!hides && (at.kind.isIcmp() || (at.to.equals(WEB) && at.toPort == 80)));
                boolean router = at.to.endsWith(".0.1");
                return net.equals("closed")
                        ? "INTERNAL"
                        : open && !router ? passes(at, net, at.source) : "NOT_PUBLISHED";
            } else if (net.equals("out")) {
                return at.from.equals("closed") ? "INTERNAL" : passes(at, net, hides ? US : at.source);
            }
            return "ISOLATED";
        }

        private static String network(String address) {
            return address.startsWith("10.1.")
                    ? "in"
                    : address.startsWith("10.2.") ? "db" : address.startsWith("10.3.") ? "closed" : "out";
        }

        private static String passes(Case at, String link, String seenAs) {
            return passes(at, link, seenAs, at.to, at.toPort);
        }

        private static String passes(Case at, String link, String seenAs, String to, int port) {
            var onward = link + " " + seenAs + ":" + at.port + " > " + to + ":" + (at.kind.isIcmp() ? 0 : port);
            return at.kind.opens() ? onward : "NO_CONNECTION";
        }
    }

    private static List<Case> cases() {
        var cases = new ArrayList<Case>();
        for (var from : SENDERS.keySet()) {
            var prefix = from.equals("out") ? "192.0.2." : SENDERS.get(from).replaceAll("[0-9]+$", "");
            var sources = List.of(
                    SENDERS.get(from),
                    from.equals("in") ? "10.2.0.2" : WEB,
                    prefix + 1,
                    prefix + 255,
                    from.equals("out") ? HIDDEN : FAR);
            for (var source : sources) {
                for (var kind : Kind.values()) {
                    for (int port : new int[] {8080, NOBODY, FRESH, RESTING}) {
                        add(cases, from, kind, source, US, port);
                    }
                    for (var to :
                            List.of("10.1.0.1", "10.2.0.1", "10.3.0.1", "10.1.0.255", "10.2.0.255", "192.0.2.255")) {
                        add(cases, from, kind, source, to, NOBODY);
                    }
                    for (var to : List.of(WEB, HIDDEN, "10.2.0.3", "10.3.0.3", OTHER)) {
                        add(cases, from, kind, source, to, 80);
                        add(cases, from, kind, source, to, 8080);
                    }
                }
            }
        }
        return cases;
    }

    /** Each from another port, so that no two are of one connection. */
    private static void add(List<Case> cases, String from, Kind kind, String source, String to, int toPort) {
        cases.add(new Case(from, kind, source, 20_000 + cases.size(), to, toPort));
    }

    // ------------------------------------------------------------------ what is

    @ParameterizedTest
    @EnumSource(names = {"NAT", "NAT_UNPROTECTED", "ROUTED"})
    void aConnectionBeginsWhereThePolicySaysAndAsIt(GatewayMode mode) {
        var policy = new Policy(mode);
        var softly = new SoftAssertions();
        try (var router = new RouterLab(new Lab(), 8000, NEIGHBORS, mode)) {
            if (mode == GatewayMode.ROUTED) { // its ports are published where they are
                for (int protocol : new int[] {IpProtocol.TCP, IpProtocol.UDP}) {
                    withdraw(router, protocol);
                    publish(router, WEB, 80, WEB, 80, protocol);
                }
            }
            writeToPeer(router, RESTING);
            router.later(310 * Lab.SECOND).lab.settle();
            writeToPeer(router, FRESH);
            for (var at : cases()) {
                softly.assertThat(outcome(router, at)).as("%s, %s", mode, at).isEqualTo(policy.of(at));
            }
        }
        softly.assertAll();
    }

    private static void writeToPeer(RouterLab router, int port) {
        for (var kind : List.of(Kind.UDP, Kind.SYN, Kind.ECHO)) {
            assertThat(router.fromInside(NEIGHBOR, kind.packet(HIDDEN, port, PEER, 80)))
                    .isNotEmpty();
        }
    }

    private static void withdraw(RouterLab router, int protocol) {
        var us = address(US);
        router.nat.unpublish(router.nat.services().find(us.high(), us.low(), protocol, 8080));
    }

    private static void publish(RouterLab router, String at, int port, String to, int toPort, int protocol) {
        var front = new Front(address(at).high(), address(at).low(), protocol, port, port, false);
        var backend = new Backend(1, address(to).high(), address(to).low(), toPort, 1);
        assertThat(router.nat.publish(new Service("also", front, Balance.ROUND_ROBIN, List.of(backend))))
                .isNull();
    }

    private static String outcome(RouterLab router, Case at) {
        var before = drops(router);
        var macs = at.from.equals("out") ? RouterLab.OUT + RouterLab.FAR : RouterLab.IN + HOST;
        router.lab.alsoGiven(at.from, RouterLab.frame(macs, at.kind.packet(at.source, at.port, at.to, at.toPort)));
        var outcomes = new ArrayList<String>();
        for (var link : List.of("in", "db", "closed", "out")) {
            for (byte[] frame : router.take(link)) {
                outcomes.add(link.equals(at.from) ? back(link, frame) : onward(link, frame));
            }
        }
        drops(router).forEach((why, frames) -> {
            if (frames != before.getOrDefault(why, 0L).longValue()) {
                outcomes.add(why.name());
            }
        });
        outcomes.remove("told"); // so many a second only
        return String.join(", ", outcomes);
    }

    private static Map<Drop, Long> drops(RouterLab router) {
        var drops = new EnumMap<Drop, Long>(Drop.class);
        for (var node : router.lab.counters().drops().values()) {
            for (var why : Drop.values()) {
                drops.merge(why, node.frames(why), Long::sum);
            }
        }
        return drops;
    }

    /** What the sender's own link has got: an answer, a complaint, or what is for a neighbour. */
    private static String back(String link, byte[] frame) {
        boolean isIcmp = frame[12] == 8 && frame[13] == 0 && frame[23] == IpProtocol.ICMP;
        return isIcmp && frame[34] == 0
                ? "answered"
                : isIcmp && frame[34] == 3 && !link.equals("out") ? "told" : onward(link, frame);
    }

    private static String onward(String link, byte[] frame) {
        var bytes = ByteBuffer.wrap(frame);
        if (bytes.getShort(12) != 0x0800) {
            return link + " no IPv4";
        }
        boolean isEcho = frame[23] == IpProtocol.ICMP && frame[34] == 8;
        int from = bytes.getShort(isEcho ? 38 : 34) & 0xFFFF;
        int to = isEcho ? 0 : bytes.getShort(36) & 0xFFFF;
        return link + " " + text(frame, 26) + ":" + from + " > " + text(frame, 30) + ":" + to;
    }

    private static String text(byte[] frame, int at) {
        return (frame[at] & 0xFF) + "." + (frame[at + 1] & 0xFF) + "." + (frame[at + 2] & 0xFF) + "."
                + (frame[at + 3] & 0xFF);
    }

    // ------------------------------------------------------------------ what is left behind

    @Test
    void aClashLeavesNoSessionOnTheMapping() {
        try (var router = new RouterLab(new Lab(), 100, NEIGHBORS)) {
            router.fromInside(NEIGHBOR, Kind.UDP.packet(HIDDEN, 5000, PEER, 80));
            publish(router, US, 5000, WEB, 80, IpProtocol.UDP);
            assertThat(router.fromOutside(Kind.UDP.packet(FAR, 53, US, 5000))).isNotEmpty();
            router.fromInside(NEIGHBOR, Kind.UDP.packet(HIDDEN, 5000, FAR, 53));
            assertThat(router.drops(Drop.CONNECTION_CLASH)).isOne();
            assertThat(sessions(router, 5000)).isOne();
            router.take("in");
        }
    }

    @Test
    void aFullTableLeavesNoSessionOnTheMapping() {
        try (var router = new RouterLab(new Lab(), 1, NEIGHBORS)) {
            router.fromInside(HOST, Kind.UDP.packet(WEB, 5000, PEER, 53));
            assertThat(router.fromOutside(Kind.UDP.packet(PEER, 53, US, 5000))).isNotEmpty();
            router.fromInside(HOST, Kind.UDP.packet(WEB, 5000, FAR, 53));
            assertThat(router.drops(Drop.NAT_FULL)).isOne();
            assertThat(sessions(router, 5000)).isOne();
        }
    }

    /** Those of the UDP mapping that the outside sees as this port. */
    private static int sessions(RouterLab router, int port) {
        var mappings = router.nat.mappings();
        var us = address(US);
        return mappings.sessions(mappings.find(us.high(), us.low(), port, IpProtocol.UDP));
    }

    @Test
    void aLimitOfSessionsIsNotForClientsOutside() {
        try (var router = new RouterLab(new Lab(), 100, 1, 65_535, 0, 2)) {
            for (int port = 1; port <= 5; port++) {
                assertThat(router.fromOutside(Kind.UDP.packet(FAR, port, US, 8080)))
                        .isNotEmpty();
                router.fromInside(HOST, Kind.UDP.packet(WEB, port, FAR, 53));
                router.take("out");
            }
            assertThat(router.drops(Drop.SESSION_LIMIT)).isEqualTo(3);
        }
    }

    @Test
    void aNetworkWithoutTheFamilyIsNotOnTheWay() {
        try (var router = new RouterLab()) {
            var settings = new Gateway.Settings(
                    "ipv4",
                    true,
                    List.of(new Gateway.Address(address("10.4.0.1"), 120)),
                    GatewayMode.NAT,
                    GatewayMode.NAT,
                    true,
                    false,
                    true,
                    null,
                    null);
            router.lab.node("ipv4", out -> {
                var ipv4 = new Gateway("gateway.ipv4", router.lab.graph(), settings, router.nat, out, 0, () -> 1500);
                router.nat.route(address("2001:db8:4::"), 48, ipv4, null);
                return ipv4;
            });
            var packet = Bytes.hex("13 88 1f 90 00 0c 12 34 01 02 03 04");
            router.lab.alsoGiven(
                    "in", Packets.ipv6(RouterLab.IN + HOST, "fd00:1::2", "2001:db8:4::1", IpProtocol.UDP, 64, packet));
            assertThat(router.take("in")).as("the sender is told").hasSize(1);
            assertThat(router.drops(Drop.NO_ROUTE)).isOne();
        }
    }

    /** Else its answers would not come back by the router; and that they are kept apart does not matter. */
    @Test
    void byAVirtualAddressTheBackendSeesTheGateway() {
        try (var router = new RouterLab(new Lab(), 100, NEIGHBORS)) {
            router.nat.gateways().get(2).serve(address("10.3.0.100"));
            publish(router, "10.3.0.100", 80, "10.3.0.3", 8080, IpProtocol.UDP);
            assertThat(outcome(router, new Case("closed", Kind.UDP, "10.3.0.2", 5000, "10.3.0.100", 80)))
                    .isEqualTo("closed 10.3.0.1:5000 > 10.3.0.3:8080");
        }
    }

    /** The short way takes frames as long as Ethernet's only. It was not swept either: that is done every 100 ms. */
    @Test
    void nothingPassesBySessionsThatAreOver() {
        try (var router = new RouterLab(new Lab(), 100, NEIGHBORS)) {
            router.fromInside(HOST, Kind.UDP.packet(WEB, 5000, FAR, 53));
            byte[] answer = RouterLab.frame(RouterLab.OUT + RouterLab.FAR, Kind.UDP.packet(FAR, 53, US, 5000));
            byte[] padded = Arrays.copyOf(answer, 60);
            for (int i = 0; i < 2; i++) { // the short way begins with the second
                router.lab.alsoGiven("out", padded);
                assertThat(router.take("in")).hasSize(1);
            }
            router.later(300 * Lab.SECOND - 40_000_000).lab.settle();
            assertThat(router.nat.sessions().size()).isOne();
            router.later(80_000_000).lab.alsoGiven("out", padded);
            assertThat(router.take("in")).isEmpty();
            assertThat(router.drops(Drop.NOT_PUBLISHED)).isOne();
        }
    }
}
