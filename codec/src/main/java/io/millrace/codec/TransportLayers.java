package io.millrace.codec;

import io.millrace.codec.Cursor.Next;
import java.util.BitSet;

/** The steps of a {@link FrameWalk} above IP. */
final class TransportLayers {
    private static final int BYTES_OF_DNS_LENGTH = 2;
    /** Of a quoted header that is shorter than its ports nothing is shown. */
    private static final int LEAST_QUOTED = 4;

    /** Of the VXLAN header. */
    private static final int BYTES_OF_FLAGS = 2;

    /** A sum that is right but written as the other zero, which TCP has no use for (RFC 1624). */
    private static final int NEVER_SENT = 0xFFFF;

    private static final int MDNS_PORT = 5353;

    private final Cursor cursor;
    private final TcpHeader tcp = new TcpHeader();
    private final UdpHeader udp = new UdpHeader();
    private final IcmpHeader icmp = new IcmpHeader();
    private final Icmpv6Header icmpv6 = new Icmpv6Header();
    private final VxlanHeader vxlan = new VxlanHeader();
    private final DnsHeader dns = new DnsHeader();

    /** UDP ports behind which there is a VXLAN header. */
    final BitSet vxlanPorts = new BitSet();

    /** Whether DNS messages come with their length in front, one behind the other. */
    private boolean stream;

    TransportLayers(Cursor cursor) {
        this.cursor = cursor;
        vxlanPorts.set(VxlanHeader.PORT);
    }

    Next tcp() {
        if (cursor.isQuoteOver(LEAST_QUOTED)) {
            return Next.END;
        }
        tcp.wrap(cursor.buffer, cursor.at);
        var checksum = cursor.checksum(IpProtocol.TCP, cursor.original);
        boolean fixed = cursor.captured >= TcpHeader.LENGTH; // a few bytes may happen to sum up well
        if (fixed && checksum == ChecksumState.GOOD && tcp.checksum() == NEVER_SENT) {
            checksum = ChecksumState.BAD;
        }
        cursor.visitor.tcp(tcp, cursor.captured, checksum);
        var fault = tcp.check(cursor.captured, cursor.original);
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        cursor.skip(tcp.headerLength());
        boolean reset = tcp.has(TcpHeader.RST); // what it carries is a reason in words, RFC 9293 section 3.5.2
        boolean dnsPorts = isDnsOverTcp(tcp.sourcePort()) || isDnsOverTcp(tcp.destinationPort());
        if (cursor.captured == 0 || reset || !dnsPorts) {
            return Next.PAYLOAD;
        }
        stream = true;
        return Next.DNS;
    }

    static boolean isDnsOverTcp(int port) {
        return port == DnsHeader.PORT || port == MDNS_PORT;
    }

    Next udp() {
        if (cursor.isQuoteOver(LEAST_QUOTED)) {
            return Next.END;
        }
        udp.wrap(cursor.buffer, cursor.at);
        int length = cursor.captured >= UdpHeader.LENGTH ? udp.length() : 0;
        if (length == 0 && cursor.six) {
            length = cursor.original; // a jumbogram, RFC 2675 section 4
        }
        cursor.visitor.udp(udp, cursor.captured, udpChecksum(length));
        var fixed = Malformed.fits(UdpHeader.LENGTH, cursor.captured, cursor.original, Malformed.UDP_TRUNCATED);
        if (fixed != Malformed.NONE) {
            return cursor.end(fixed);
        }
        if (length < UdpHeader.LENGTH) {
            return cursor.end(Malformed.UDP_LENGTH);
        }
        if (length > cursor.original && !cursor.fragment) {
            cursor.note(Malformed.UDP_LONGER_THAN_PACKET);
        }
        cursor.limit(length);
        cursor.skip(UdpHeader.LENGTH);
        return cursor.original == 0 ? Next.PAYLOAD : aboveUdp();
    }

    private ChecksumState udpChecksum(int length) {
        if (cursor.captured < UdpHeader.LENGTH) {
            return ChecksumState.UNVERIFIED;
        }
        if (udp.checksum() == UdpHeader.NO_CHECKSUM) {
            return cursor.six && !cursor.quoted ? ChecksumState.FORBIDDEN : ChecksumState.NONE;
        }
        return length < UdpHeader.LENGTH || length > cursor.original
                ? ChecksumState.UNVERIFIED
                : cursor.checksum(IpProtocol.UDP, length);
    }

    /** The lower port decides first, then the higher one, then the looks of the data. */
    private Next aboveUdp() {
        stream = false;
        int low = Math.min(udp.sourcePort(), udp.destinationPort());
        int high = Math.max(udp.sourcePort(), udp.destinationPort());
        if (low == DnsHeader.PORT || high == DnsHeader.PORT) {
            return Next.DNS;
        }
        if (vxlanPorts.get(low) || vxlanPorts.get(high)) {
            return Next.VXLAN;
        }
        if (low == VxlanHeader.GENERIC_PORT || high == VxlanHeader.GENERIC_PORT) {
            return Next.GENERIC_VXLAN;
        }
        return dns.wrap(cursor.buffer, cursor.at).looksLikeMessage(cursor.captured) ? Next.DNS : Next.PAYLOAD;
    }

    Next dns() {
        int length = cursor.original;
        if (stream) {
            if (cursor.captured < BYTES_OF_DNS_LENGTH) {
                return cursor.end(
                        Malformed.fits(BYTES_OF_DNS_LENGTH, cursor.captured, cursor.original, Malformed.DNS_TRUNCATED));
            }
            length = dns.wrap(cursor.buffer, cursor.at).id(); // the length stands where the id is in a datagram
            cursor.skip(BYTES_OF_DNS_LENGTH);
        }
        int captured = Math.min(cursor.captured, length);
        if (cursor.isQuoteOver(LEAST_QUOTED)) {
            return Next.END;
        }
        dns.wrap(cursor.buffer, cursor.at);
        cursor.visitor.dns(dns, captured, length);
        if (length > cursor.original) {
            return cursor.end(Malformed.DNS_TRUNCATED);
        }
        var fault = dns.check(captured, length);
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        cursor.skip(captured);
        cursor.original -= length - captured;
        return stream && cursor.captured > 0 ? Next.DNS : Next.END;
    }

    Next icmp() {
        if (cursor.isQuoteOver(IcmpHeader.LENGTH)) {
            return Next.END;
        }
        icmp.wrap(cursor.buffer, cursor.at);
        var checksum = !cursor.verify || cursor.fragment || cursor.captured < cursor.original
                ? ChecksumState.UNVERIFIED
                : ChecksumState.of(InternetChecksum.sum(cursor.buffer, cursor.at, cursor.original));
        cursor.visitor.icmp(icmp, cursor.captured, checksum);
        var fault = icmp.check(cursor.captured, cursor.original);
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        cursor.skip(IcmpHeader.LENGTH);
        return icmp.isError() ? quoted(Next.IPV4, icmp.originalDatagramLength()) : Next.PAYLOAD;
    }

    Next icmpv6() {
        icmpv6.wrap(cursor.buffer, cursor.at);
        var checksum = cursor.checksum(IpProtocol.ICMPV6, cursor.original);
        cursor.visitor.icmpv6(icmpv6, cursor.captured, checksum);
        var fault = icmpv6.check(cursor.captured, cursor.original);
        if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        boolean error = icmpv6.isError();
        cursor.skip(error ? Icmpv6Header.BODY : Icmpv6Header.LENGTH);
        return error ? quoted(Next.IPV6, 0) : Next.PAYLOAD;
    }

    private Next quoted(Next packet, int length) {
        if (cursor.original == 0) {
            return Next.END;
        }
        cursor.quotedPayload = length;
        cursor.quoted = true;
        cursor.visitor.quoted();
        return packet;
    }

    Next vxlan(Next kind) {
        if (cursor.isQuoteOver(BYTES_OF_FLAGS)) {
            return Next.END;
        }
        vxlan.wrap(cursor.buffer, cursor.at);
        cursor.visitor.vxlan(vxlan, cursor.captured);
        var fault = vxlan.check(cursor.captured, cursor.original);
        if (fault == Malformed.VXLAN_NO_VNI) {
            cursor.note(fault);
        } else if (fault != Malformed.NONE) {
            return cursor.end(fault);
        }
        int protocol = kind == Next.GENERIC_VXLAN ? vxlan.nextProtocol() : VxlanHeader.ETHERNET;
        cursor.skip(VxlanHeader.LENGTH);
        cursor.type = 0;
        return switch (protocol) {
            case VxlanHeader.IPV4 -> Next.IPV4;
            case VxlanHeader.IPV6 -> Next.IPV6;
            case VxlanHeader.ETHERNET -> Next.ETHERNET;
            default -> Next.PAYLOAD;
        };
    }
}
