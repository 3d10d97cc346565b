package io.millrace.dataplane.nat;

import io.millrace.codec.IcmpHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Extensions;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.TcpHeader;
import io.millrace.codec.UdpHeader;
import io.millrace.dataplane.graph.Drop;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** A packet whose end may be missing, inside an ICMP error: read as far as its ports, and written over. One thread. */
final class QuotedPacket {
    /** RFC 792: an error quotes at least so many bytes behind the IP header. */
    private static final int LEAST = 8;

    private static final int TCP_CHECKSUM = 16;

    private final UnsafeBuffer bytes;
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final Ipv6Extensions extensions = new Ipv6Extensions();
    private final UdpHeader udp = new UdpHeader();
    private final TcpHeader tcp = new TcpHeader();
    private final IcmpHeader icmp = new IcmpHeader();
    private final Tuple tuple = new Tuple();

    // In bytes: where the transport's header is, and how much from there on was quoted.
    private boolean v6;
    private int transport;
    private int left;

    QuotedPacket(UnsafeBuffer bytes) {
        this.bytes = bytes;
    }

    /** As it was quoted. */
    Tuple tuple() {
        return tuple;
    }

    /**
     * Reads an IPv4 packet.
     *
     * @param quoted how many bytes there are, at most
     * @return why nothing can be made of it, or null
     */
    @Nullable
    Drop readIpv4(int at, int quoted) {
        v6 = false;
        if (quoted < Ipv4Header.LENGTH) {
            return Drop.QUOTE_SENSELESS;
        }
        ipv4.wrap(bytes, at);
        int header = ipv4.headerLength();
        if (ipv4.version() != 4 || header < Ipv4Header.LENGTH || header > quoted || ipv4.totalLength() < header) {
            return Drop.QUOTE_SENSELESS;
        }
        if (!ipv4.checksumGood()) {
            return Drop.QUOTE_CHECKSUM;
        }
        if (ipv4.fragmentOffset() > 0) {
            return Drop.QUOTE_FRAGMENT;
        }
        transport = at + header;
        left = Math.min(quoted, ipv4.totalLength()) - header;
        tuple.set(ipv4.source(), ipv4.destination(), ipv4.protocol(), 0, 0);
        return readPorts(tuple.protocol == IpProtocol.ICMP);
    }

    /** The same for IPv6. */
    @Nullable
    Drop readIpv6(int at, int quoted) {
        v6 = true;
        if (quoted < Ipv6Header.LENGTH || ipv6.wrap(bytes, at).version() != 6) {
            return Drop.QUOTE_SENSELESS;
        }
        int rest = Math.min(quoted - Ipv6Header.LENGTH, ipv6.payloadLength());
        int behind = at + Ipv6Header.LENGTH;
        if (extensions.walk(bytes, behind, ipv6.nextHeader(), rest, ipv6.payloadLength()) != Malformed.NONE) {
            return Drop.QUOTE_SENSELESS;
        }
        if (extensions.fragmentOffset() > 0) {
            return Drop.QUOTE_FRAGMENT;
        }
        transport = behind + extensions.length();
        left = rest - extensions.length();
        tuple.protocol = extensions.upperLayer();
        tuple.source(ipv6.sourceHigh(), ipv6.sourceLow(), 0);
        tuple.destination(ipv6.destinationHigh(), ipv6.destinationLow(), 0);
        return readPorts(tuple.protocol == IpProtocol.ICMPV6);
    }

    /** @param ping whether an identifier takes the place of the ports */
    private @Nullable Drop readPorts(boolean ping) {
        if (!ping && tuple.protocol != IpProtocol.TCP && tuple.protocol != IpProtocol.UDP) {
            return null; // without ports: addresses alone tell the connection
        }
        if (left < LEAST) {
            return Drop.QUOTE_SENSELESS;
        }
        if (!ping) {
            udp.wrap(bytes, transport); // TCP's ports are where UDP's are
            tuple.sourcePort = udp.sourcePort();
            tuple.destinationPort = udp.destinationPort();
            return null;
        }
        icmp.wrap(bytes, transport); // an ICMPv6 echo has its identifier where ICMP's has
        switch (v6 ? asIcmp(icmp.type()) : icmp.type()) {
            case IcmpHeader.ECHO_REQUEST, IcmpHeader.TIMESTAMP_REQUEST -> tuple.sourcePort = icmp.identifier();
            case IcmpHeader.ECHO_REPLY, IcmpHeader.TIMESTAMP_REPLY -> tuple.destinationPort = icmp.identifier();
            default -> {
                return Drop.QUOTE_SENSELESS; // nobody tells of errors
            }
        }
        return null;
    }

    private static int asIcmp(int type) {
        return switch (type) {
            case Icmpv6Header.ECHO_REQUEST -> IcmpHeader.ECHO_REQUEST;
            case Icmpv6Header.ECHO_REPLY -> IcmpHeader.ECHO_REPLY;
            default -> -1;
        };
    }

    /** Becomes the packet to which {@code answer} is the answer; checksums follow, wrong ones stay wrong. */
    void become(Tuple answer) {
        int before = v6 ? becomeIpv6(answer) : becomeIpv4(answer);
        if (tuple.protocol == IpProtocol.TCP || tuple.protocol == IpProtocol.UDP) {
            becomePorts(answer, before);
        } else if (tuple.protocol == (v6 ? IpProtocol.ICMPV6 : IpProtocol.ICMP)) {
            becomeIdentifier(answer, before);
        }
    }

    /** Writes the addresses; returns by how much, as a sum, they have changed. */
    private int becomeIpv4(Tuple answer) {
        int source = (int) answer.destinationLow;
        int destination = (int) answer.sourceLow;
        int change = InternetChecksum.partial32(0, ipv4.source(), source);
        change = InternetChecksum.partial32(change, ipv4.destination(), destination);
        ipv4.source(source).destination(destination).checksum(updated(ipv4.checksum(), change));
        return change;
    }

    private int becomeIpv6(Tuple answer) {
        int change = InternetChecksum.partial64(0, ipv6.sourceHigh(), answer.destinationHigh);
        change = InternetChecksum.partial64(change, ipv6.sourceLow(), answer.destinationLow);
        change = InternetChecksum.partial64(change, ipv6.destinationHigh(), answer.sourceHigh);
        change = InternetChecksum.partial64(change, ipv6.destinationLow(), answer.sourceLow);
        ipv6.source(answer.destinationHigh, answer.destinationLow).destination(answer.sourceHigh, answer.sourceLow);
        return change;
    }

    private void becomePorts(Tuple answer, int addresses) {
        int change = InternetChecksum.partial16(addresses, udp.sourcePort(), answer.destinationPort);
        change = InternetChecksum.partial16(change, udp.destinationPort(), answer.sourcePort);
        udp.sourcePort(answer.destinationPort).destinationPort(answer.sourcePort);
        if (tuple.protocol == IpProtocol.UDP) {
            int checksum = udp.checksum();
            if (checksum != UdpHeader.NO_CHECKSUM) {
                udp.checksum(InternetChecksum.udp(updated(checksum, change)));
            }
        } else if (left >= TCP_CHECKSUM + Short.BYTES) {
            tcp.wrap(bytes, transport);
            tcp.checksum(updated(tcp.checksum(), change));
        }
    }

    /** ICMP knows no pseudo-header, ICMPv6 does. */
    private void becomeIdentifier(Tuple answer, int addresses) {
        int identifier = answer.sourcePort | answer.destinationPort; // one of them is 0
        int change = InternetChecksum.partial16(v6 ? addresses : 0, icmp.identifier(), identifier);
        icmp.identifier(identifier).checksum(updated(icmp.checksum(), change));
    }

    /** RFC 1624 equation 3, of all changes at once. */
    private static int updated(int checksum, int change) {
        return InternetChecksum.complement(InternetChecksum.add(InternetChecksum.complement(checksum), change));
    }
}
