package io.millrace.dataplane.nat;

import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IcmpHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Extensions;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.TcpHeader;
import io.millrace.codec.UdpHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Drop;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The packet in hand, checked (RFC 1812 section 5.2.2, RFC 8200) and taken apart as far as forwarding goes: whom it is
 * from and to, where its parts are. Positions are in the pool's buffer, lengths in bytes. Written anew for each packet; one
 * thread.
 */
final class Packet {
    final Tuple tuple = new Tuple();
    final Ipv4Header ipv4 = new Ipv4Header();
    final Ipv6Header ipv6 = new Ipv6Header();
    final Ipv6Extensions extensions = new Ipv6Extensions();
    final TcpHeader tcp = new TcpHeader();

    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final UdpHeader udp = new UdpHeader();
    private final IcmpHeader icmp = new IcmpHeader();
    private final Icmpv6Header icmpv6 = new Icmpv6Header();

    boolean v6;
    int network;
    int transport;

    /** Of the transport header and what follows it, as IP says. */
    int transportLength;

    /** Of the IP header and all behind it, as IP says. */
    int totalLength;

    /** What a packet is to connections. */
    enum Kind {
        /** It may open one: TCP, UDP, an ICMP query, or of a protocol without ports. */
        OPENING,
        /** It belongs to one or to none: an answer to an ICMP query. */
        ANSWER,
        /** An ICMP error about a packet of a connection; of ICMPv6 also what is neither, see {@link Packet#quotes}. */
        ERROR,
        /** A fragment but the first: it has no ports. */
        FRAGMENT
    }

    Kind kind = Kind.OPENING;

    /** The first fragment of several. */
    boolean isFirstFragment;

    Packet(FramePool pool) {
        this.pool = pool;
        this.bytes = pool.buffer();
    }

    /** Takes up a packet; null, or why it cannot be one. */
    @Nullable
    Drop parse(long frame, boolean v6) {
        this.v6 = v6;
        kind = Kind.OPENING;
        isFirstFragment = false;
        network = Frame.head(frame) + EthernetHeader.LENGTH;
        int left = Frame.length(frame) - EthernetHeader.LENGTH;
        int original = Frame.isCut(frame) ? pool.originalLength(frame) - EthernetHeader.LENGTH : left;
        return v6 ? parseIpv6(left, original) : parseIpv4(left, original);
    }

    private @Nullable Drop parseIpv4(int left, int original) {
        ipv4.wrap(bytes, network);
        if (ipv4.check(left, original) != Malformed.NONE) {
            return Drop.IP_SENSELESS;
        }
        if (!ipv4.checksumGood()) {
            return Drop.IP_CHECKSUM;
        }
        int source = ipv4.source();
        int destination = ipv4.destination();
        if (!isHost(source)) {
            return Drop.IP_SOURCE;
        }
        if (!isHost(destination)) {
            return Drop.IP_DESTINATION;
        }
        totalLength = ipv4.totalLength();
        transport = network + ipv4.headerLength();
        transportLength = totalLength - ipv4.headerLength();
        tuple.set(source, destination, ipv4.protocol(), 0, 0);
        if (ipv4.fragmentOffset() > 0) {
            kind = Kind.FRAGMENT;
            return null;
        }
        isFirstFragment = ipv4.moreFragments();
        return parseTransport(Math.min(transportLength, left - ipv4.headerLength()));
    }

    /** Whether an address can be a single host's: not of network 0, no loopback, no group, not reserved, no broadcast. */
    static boolean isHost(int address) {
        int first = address >>> 24;
        return first != 0 && first != 127 && first < 224;
    }

    private @Nullable Drop parseIpv6(int left, int original) {
        ipv6.wrap(bytes, network);
        if (ipv6.check(left, original) != Malformed.NONE) {
            return Drop.IP_SENSELESS;
        }
        int payload = ipv6.payloadLength();
        int captured = Math.min(payload, left - Ipv6Header.LENGTH);
        int begin = network + Ipv6Header.LENGTH;
        if (extensions.walk(bytes, begin, ipv6.nextHeader(), captured, payload) != Malformed.NONE) {
            return Drop.IP_SENSELESS;
        }
        tuple.protocol = extensions.upperLayer();
        tuple.source(ipv6.sourceHigh(), ipv6.sourceLow(), 0);
        tuple.destination(ipv6.destinationHigh(), ipv6.destinationLow(), 0);
        if (!isHost(tuple.sourceHigh, tuple.sourceLow)) {
            return Drop.IP_SOURCE;
        }
        if (!isHost(tuple.destinationHigh, tuple.destinationLow)) {
            return Drop.IP_DESTINATION;
        }
        totalLength = Ipv6Header.LENGTH + payload;
        transport = begin + extensions.length();
        transportLength = payload - extensions.length();
        if (extensions.isFragment() && extensions.fragmentOffset() > 0) {
            kind = Kind.FRAGMENT;
            return null;
        }
        isFirstFragment = extensions.isFragment();
        return parseTransport(captured - extensions.length());
    }

    private static boolean isHost(long high, long low) {
        return high >>> 56 != 0xFF && (high != 0 || (low >>> 1 != 0 && !Ipv6Address.isIpv4(high, low)));
    }

    /** Whether an address begins as those that are never forwarded do: RFC 4291 section 2.5.6. */
    static boolean isLinkLocal(long high) {
        return high >>> 54 == 0x3FA;
    }

    /** @param captured bytes at hand from the transport header on */
    private @Nullable Drop parseTransport(int captured) {
        return switch (tuple.protocol) {
            case IpProtocol.TCP -> parseTcp(captured);
            case IpProtocol.UDP -> parseUdp(captured);
            case IpProtocol.ICMP -> v6 ? Drop.NOT_SERVED : parseIcmp(captured);
            case IpProtocol.ICMPV6 -> v6 ? parseIcmpv6(captured) : Drop.NOT_SERVED;
            case IpProtocol.SCTP -> Drop.SCTP;
            default -> null;
        };
    }

    private @Nullable Drop parseTcp(int captured) {
        if (captured < TcpHeader.LENGTH) {
            return Drop.TRANSPORT_SENSELESS;
        }
        tcp.wrap(bytes, transport);
        if (tcp.headerLength() < TcpHeader.LENGTH || (tcp.headerLength() > transportLength && !isFirstFragment)) {
            return Drop.TRANSPORT_SENSELESS;
        }
        tuple.sourcePort = tcp.sourcePort();
        tuple.destinationPort = tcp.destinationPort();
        return null;
    }

    private @Nullable Drop parseUdp(int captured) {
        if (captured < UdpHeader.LENGTH) {
            return Drop.UDP_SENSELESS;
        }
        udp.wrap(bytes, transport);
        if (udp.length() < UdpHeader.LENGTH || (udp.length() > transportLength && !isFirstFragment)) {
            return Drop.UDP_SENSELESS;
        }
        tuple.sourcePort = udp.sourcePort();
        tuple.destinationPort = udp.destinationPort();
        return null;
    }

    private @Nullable Drop parseIcmp(int captured) {
        if (captured < IcmpHeader.LENGTH) {
            return Drop.ICMP_SENSELESS;
        }
        icmp.wrap(bytes, transport);
        switch (icmp.type()) {
            case IcmpHeader.ECHO_REQUEST, IcmpHeader.TIMESTAMP_REQUEST -> tuple.sourcePort = icmp.identifier();
            case IcmpHeader.ECHO_REPLY, IcmpHeader.TIMESTAMP_REPLY -> {
                kind = Kind.ANSWER;
                tuple.destinationPort = icmp.identifier();
            }
            default -> {
                kind = Kind.ERROR;
                return Quoted.isError(icmp.type()) ? null : Drop.NOT_SERVED;
            }
        }
        return null;
    }

    private @Nullable Drop parseIcmpv6(int captured) {
        if (captured < Icmpv6Header.BODY) {
            return Drop.ICMP_SENSELESS;
        }
        icmpv6.wrap(bytes, transport);
        switch (icmpv6.type()) {
            case Icmpv6Header.ECHO_REQUEST -> tuple.sourcePort = icmpv6.identifier();
            case Icmpv6Header.ECHO_REPLY -> {
                kind = Kind.ANSWER;
                tuple.destinationPort = icmpv6.identifier();
            }
            default -> kind = Kind.ERROR;
        }
        return null;
    }

    /** Of an {@link Kind#ERROR}: whether it quotes a packet; neighbour discovery does not. */
    boolean quotes() {
        return !v6 || Quoted.isErrorV6(icmpv6.type());
    }

    /** Whether it has a header with ports. */
    boolean hasPorts() {
        return tuple.protocol == IpProtocol.TCP || tuple.protocol == IpProtocol.UDP;
    }

    /** Whether it is a part of a packet only, the first one or another. */
    boolean isFragment() {
        return isFirstFragment || kind == Kind.FRAGMENT;
    }

    int timeToLive() {
        return v6 ? ipv6.hopLimit() : ipv4.timeToLive();
    }

    boolean mayFragment() {
        return !v6 && !ipv4.dontFragment();
    }

    /** The first four bytes behind the IP header: two ports. */
    int ports() {
        return bytes.getInt(transport, ByteOrder.BIG_ENDIAN);
    }
}
