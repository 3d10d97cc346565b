package io.millrace.codec;

import java.util.BitSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Recognises at a glance what most frames are: whole, untagged, a well-formed IPv4 packet without options or fragments,
 * with plain TCP or UDP data. Every condition is one that a {@link FrameWalk} would have checked on its way to the same
 * answer; whatever fails one is left to the walk.
 */
final class CommonFrame {
    private static final int IPV4_AT = EthernetHeader.LENGTH;
    private static final int TRANSPORT_AT = IPV4_AT + Ipv4Header.LENGTH;
    private static final int SHORTEST = TRANSPORT_AT + UdpHeader.LENGTH;

    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final TcpHeader tcp = new TcpHeader();
    private final UdpHeader udp = new UdpHeader();
    private final DnsHeader dns = new DnsHeader();

    /** UDP ports behind which there is a VXLAN header. */
    final BitSet vxlanPorts = new BitSet();

    CommonFrame() {
        vxlanPorts.set(VxlanHeader.PORT);
    }

    /** The protocol, or null when this is not a common frame; {@code length} bytes, all of which were captured. */
    @Nullable
    Protocol protocol(UnsafeBuffer buffer, int offset, int length) {
        if (length < SHORTEST || ethernet.wrap(buffer, offset).type() != EtherType.IPV4) {
            return null;
        }
        ipv4.wrap(buffer, offset + IPV4_AT);
        int payload = ipv4.totalLength() - Ipv4Header.LENGTH;
        if (ipv4.version() != 4
                || ipv4.headerLength() != Ipv4Header.LENGTH
                || payload < UdpHeader.LENGTH
                || payload > length - TRANSPORT_AT
                || ipv4.isFragment()) {
            return null;
        }
        return switch (ipv4.protocol()) {
            case IpProtocol.TCP -> ofTcp(buffer, offset + TRANSPORT_AT, payload);
            case IpProtocol.UDP -> ofUdp(buffer, offset + TRANSPORT_AT, payload);
            default -> null;
        };
    }

    private @Nullable Protocol ofTcp(UnsafeBuffer buffer, int offset, int payload) {
        if (tcp.wrap(buffer, offset).check(payload, payload) != Malformed.NONE) {
            return null;
        }
        int source = tcp.sourcePort();
        int destination = tcp.destinationPort();
        if (TransportLayers.isDnsOverTcp(source) || TransportLayers.isDnsOverTcp(destination)) {
            return null;
        }
        return payload == tcp.headerLength()
                ? Protocol.TCP
                : Protocol.ofTcp(destination, Protocol.ofTcp(source, Protocol.TCP));
    }

    private @Nullable Protocol ofUdp(UnsafeBuffer buffer, int offset, int payload) {
        udp.wrap(buffer, offset);
        int length = udp.length();
        int source = udp.sourcePort();
        int destination = udp.destinationPort();
        if (length < UdpHeader.LENGTH || length > payload || isMore(source) || isMore(destination)) {
            return null;
        }
        int data = length - UdpHeader.LENGTH;
        if (dns.wrap(buffer, offset + UdpHeader.LENGTH).looksLikeMessage(data)) {
            return null;
        }
        return data == 0 ? Protocol.UDP : Protocol.ofUdp(destination, Protocol.ofUdp(source, Protocol.UDP));
    }

    /** Whether the walk goes on behind a UDP header with this port. */
    private boolean isMore(int port) {
        return port == DnsHeader.PORT || vxlanPorts.get(port) || port == VxlanHeader.GENERIC_PORT;
    }
}
