package io.millrace.dataplane.nat;

import static io.millrace.dataplane.trials.Packets.icmp;
import static io.millrace.dataplane.trials.Packets.icmpv6;
import static io.millrace.dataplane.trials.Packets.ipv4;
import static io.millrace.dataplane.trials.Packets.ipv6;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Addresses;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.dataplane.trials.Bytes;
import io.millrace.dataplane.trials.Lab;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The router of {@code kernel-nat.py}, ours: an inside link and an outside link with a cable to the bench each. Inside are
 * 10.1.0.0/24 and fd00:1::/64, the router .1 there (and two more networks of that kind, "db" and "closed", which is internal and lets its hosts not reach one another); outside it is 192.0.2.1 and 2001:db8::1, all beyond is behind .9. Port
 * 8080 is 10.1.0.2:80, udp and tcp.
 */
final class RouterLab implements AutoCloseable {
    static final String IN = "02 00 00 00 00 01 ", OUT = "02 00 00 00 01 01 ";
    static final String HOST = "02 00 00 00 00 02 ", NEIGHBOR = "02 00 00 00 00 03 ", FAR = "02 00 00 00 01 09 ";
    static final int INSIDE_MTU = 1500, OUTSIDE_MTU = 1400;

    private static final Map<Ipv6Address, Long> KNOWN = Map.of(
            address("10.1.0.2"), 0x0200_0000_0002L,
            address("10.1.0.3"), 0x0200_0000_0003L,
            address("fd00:1::2"), 0x0200_0000_0002L,
            address("fd00:1::3"), 0x0200_0000_0003L,
            address("192.0.2.9"), 0x0200_0000_0109L,
            address("2001:db8::9"), 0x0200_0000_0109L);

    final Lab lab;
    final Nat nat;
    private final Map<Ipv6Address, Long> neighbors;
    private final GatewayMode mode;

    RouterLab() {
        this(1000);
    }

    /** @param sessions how many there can be */
    RouterLab(int sessions) {
        this(new Lab(), sessions);
    }

    /** On a bench that has nothing yet. */
    RouterLab(Lab lab, int sessions) {
        this(lab, sessions, 1, 65535, 0, 0, Timeouts.RFC, KNOWN, GatewayMode.NAT);
    }

    /** With outside ports and limits as {@link TranslationSettings} has them. */
    RouterLab(Lab lab, int sessions, int firstPort, int lastPort, int portLimit, int sessionLimit) {
        this(lab, sessions, firstPort, lastPort, portLimit, sessionLimit, Timeouts.RFC, KNOWN, GatewayMode.NAT);
    }

    /** The same, with other timeouts. */
    RouterLab(Lab lab, int sessions, int firstPort, int lastPort, int portLimit, int sessionLimit, Timeouts timeouts) {
        this(lab, sessions, firstPort, lastPort, portLimit, sessionLimit, timeouts, KNOWN, GatewayMode.NAT);
    }

    /** @param neighbors Ethernet addresses that are known; none: they are asked for */
    RouterLab(Lab lab, int sessions, Map<Ipv6Address, Long> neighbors) {
        this(lab, sessions, 1, 65535, 0, 0, Timeouts.RFC, neighbors, GatewayMode.NAT);
    }

    /** Whose networks' gateways are all of that mode. */
    RouterLab(Lab lab, int sessions, Map<Ipv6Address, Long> neighbors, GatewayMode mode) {
        this(lab, sessions, 1, 65535, 0, 0, Timeouts.RFC, neighbors, mode);
    }

    private RouterLab(
            Lab lab,
            int sessions,
            int firstPort,
            int lastPort,
            int portLimit,
            int sessionLimit,
            Timeouts timeouts,
            Map<Ipv6Address, Long> neighbors,
            GatewayMode mode) {
        this.lab = lab;
        this.mode = mode;
        this.neighbors = neighbors;
        var random = new Random(4787);
        nat = new Nat(
                lab.graph(),
                new TranslationSettings(
                        sessions,
                        TranslationSettings.Filtering.ADDRESS_AND_PORT,
                        false,
                        true,
                        firstPort,
                        lastPort,
                        true,
                        portLimit,
                        sessionLimit,
                        timeouts,
                        random::nextLong,
                        bytes -> new UnsafeBuffer(
                                ByteBuffer.allocateDirect(bytes + 64).alignedSlice(64), 0, bytes)));
        lab.node("in", out -> gateway("in", out, false, false, IN, INSIDE_MTU, "10.1.0.1", "fd00:1::1"));
        lab.node("db", out -> gateway("db", out, false, false, IN, INSIDE_MTU, "10.2.0.1", "fd00:2::1"));
        lab.node("closed", out -> gateway("closed", out, false, true, IN, INSIDE_MTU, "10.3.0.1", "fd00:3::1"));
        lab.node("out", out -> gateway("out", out, true, false, OUT, OUTSIDE_MTU, "192.0.2.1", "2001:db8::1"));
        var uplink = nat.gateways().getLast();
        nat.route(address("0.0.0.0"), 96, uplink, address("192.0.2.9"));
        nat.route(address("::"), 0, uplink, address("2001:db8::9"));
        for (int protocol : new int[] {IpProtocol.TCP, IpProtocol.UDP}) {
            publish("192.0.2.1", "10.1.0.2", protocol);
            publish("2001:db8::1", "fd00:1::2", protocol);
        }
        lab.settle();
        List.of("in", "db", "closed", "out").forEach(this::take);
    }

    private Gateway gateway(
            String name, Link out, boolean uplink, boolean internal, String mac, int mtu, String ipv4, String ipv6) {
        var graph = lab.graph();
        var settings = new Gateway.Settings(
                name,
                uplink,
                List.of(new Gateway.Address(address(ipv4), 120), new Gateway.Address(address(ipv6), 64)),
                mode,
                mode,
                true,
                internal,
                !internal,
                null,
                null);
        var gateway = new Gateway("gateway." + name, graph, settings, nat, out, 0, () -> mtu);
        host(gateway, graph, "ip." + name, out, ipv4, 120);
        host(gateway, graph, "ip6." + name, out, ipv6, 64);
        nat.add(gateway);
        gateway.mac(Long.parseLong(mac.replace(" ", ""), 16));
        return gateway;
    }

    private void host(Gateway gateway, Graph graph, String name, Link out, String own, int prefix) {
        var ip = new IpNode(name, graph, out, new IpNode.Settings(address(own), prefix, null, neighbors));
        gateway.host(ip, graph.linkTo(ip), own.contains(":"));
    }

    private void publish(String outside, String inside, int protocol) {
        var at = address(outside);
        var to = address(inside);
        var front = new Front(at.high(), at.low(), protocol, 8080, 8080, false);
        var backend = new Backend(1, to.high(), to.low(), 80, 1);
        assertThat(nat.publish(new Service("web", front, Balance.ROUND_ROBIN, List.of(backend))))
                .isNull();
    }

    static Ipv6Address address(String text) {
        return Addresses.ipv6(text.contains(":") ? text : "::ffff:" + text);
    }

    /** An address's sixteen bytes. */
    static byte[] bytes(String text) {
        var address = address(text);
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(address.high())
                .putLong(address.low())
                .array();
    }

    // ------------------------------------------------------------------ packets

    /** A UDP datagram without checksum, with a few bytes of data; from its IP header on. */
    static byte[] udp(String from, int fromPort, String to, int toPort) {
        return packet(ipv4(
                "", from, to, IpProtocol.UDP, 0, Bytes.hex(ports(fromPort, toPort), "00 0d 00 00 01 02 03 04 05")));
    }

    /** A TCP segment without data; its checksum is whatever it is. */
    static byte[] tcp(String from, int fromPort, String to, int toPort, int flags) {
        var header = Bytes.hex(
                ports(fromPort, toPort),
                "00 00 03 e8 00 00 00 00 50",
                HexFormat.of().toHexDigits((byte) flags),
                "20 00 12 34 00 00");
        return packet(ipv4("", from, to, IpProtocol.TCP, 0, header));
    }

    /** An echo request, or the answer to one. */
    static byte[] echo(String from, String to, boolean request, int identifier) {
        return packet(ipv4(
                "",
                from,
                to,
                IpProtocol.ICMP,
                0,
                icmp(request ? "08 00 00 00" : "00 00 00 00", hex16(identifier), "00 01 70 69 6e 67")));
    }

    /** An ICMP error that quotes a packet. */
    static byte[] error(String from, String to, String header, byte[] quote) {
        return packet(ipv4(
                "", from, to, IpProtocol.ICMP, 0, icmp(header, HexFormat.of().formatHex(quote))));
    }

    static byte[] errorV6(String from, String to, String header, byte[] quote) {
        return packet(ipv6(
                "",
                from,
                to,
                IpProtocol.ICMPV6,
                64,
                icmpv6(from, to, header, HexFormat.of().formatHex(quote))));
    }

    private static String ports(int from, int to) {
        return hex16(from) + hex16(to);
    }

    private static String hex16(int value) {
        return HexFormat.of().toHexDigits((short) value);
    }

    /** Without the Ethernet type that a packet was made with. */
    private static byte[] packet(byte[] frame) {
        return Arrays.copyOfRange(frame, 2, frame.length);
    }

    static byte[] frame(String macs, byte[] packet) {
        String type = packet[0] >>> 4 == 4 ? "08 00" : "86 dd";
        return Bytes.hex(macs, type, HexFormat.of().formatHex(packet));
    }

    // ------------------------------------------------------------------ stimulus

    /** A host sends the router a packet; gives back what left on the other link, or on the same for want of that. */
    byte[] fromInside(String mac, byte[] packet) {
        lab.alsoGiven("in", frame(IN + mac, packet));
        return only("out", "in");
    }

    /** The outside's router sends a packet; gives back what left inside, or outside for want of that. */
    byte[] fromOutside(byte[] packet) {
        lab.alsoGiven("out", frame(OUT + FAR, packet));
        return only("in", "out");
    }

    /** The one packet that has left, on whichever link; nothing: none has. */
    private byte[] only(String first, String second) {
        var frames = take(first);
        var others = take(second);
        assertThat(frames.size() + others.size()).as("frames that left").isLessThan(2);
        if (frames.isEmpty() && others.isEmpty()) {
            return new byte[0];
        }
        byte[] frame = frames.isEmpty() ? others.getFirst() : frames.getFirst();
        return Arrays.copyOfRange(frame, 14, frame.length);
    }

    List<byte[]> take(String link) {
        return lab.take(link);
    }

    long drops(Drop why) {
        return lab.drops(why);
    }

    RouterLab later(long nanos) {
        lab.later(nanos);
        return this;
    }

    @Override
    public void close() {
        lab.close();
    }
}
