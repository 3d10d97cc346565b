package io.millrace.dataplane.l3;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IcmpHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Header;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Ping: an echo request goes back as the answer, to whoever handed it over. IP options and extension headers end here; the
 * data stays where it is.
 */
final class Echo {
    private static final int HOPS = 64;
    private static final int TYPE_AND_CODE = 8;

    private final IpNode node;
    private final Ipv6Address own;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final IcmpHeader icmp = new IcmpHeader();
    private final Icmpv6Header icmpv6 = new Icmpv6Header();

    Echo(IpNode node) {
        this.node = node;
        this.own = node.settings().address();
        this.bytes = node.frames().buffer();
    }

    /** Takes an ICMP packet for this host, whole; {@code ip} is moved. */
    void receive(long frame, Ipv4Header ip) {
        int length = ip.payloadLength();
        int source = ip.source();
        icmp.wrap(bytes, ip.offset() + ip.headerLength());
        if (length < IcmpHeader.LENGTH) {
            node.refuse(frame, Drop.ICMP_SENSELESS);
        } else if (!InternetChecksum.isGood(InternetChecksum.sum(bytes, icmp.offset(), length))) {
            node.refuse(frame, Drop.ICMP_CHECKSUM);
        } else if (icmp.type() != IcmpHeader.ECHO_REQUEST || icmp.code() != 0) {
            node.refuse(frame, Drop.NOT_SERVED);
        } else if (!isHost(source)) {
            node.refuse(frame, Drop.IP_SOURCE);
        } else {
            answer(frame, ip, source, length);
        }
    }

    private void answer(long frame, Ipv4Header ip, int source, int length) {
        int options = ip.headerLength() - Ipv4Header.LENGTH;
        int asked = ip.destination();
        int service = ip.typeOfService();
        bytes.putByte(icmp.offset(), (byte) IcmpHeader.ECHO_REPLY);
        icmp.checksum(InternetChecksum.update16(
                icmp.checksum(), IcmpHeader.ECHO_REQUEST << TYPE_AND_CODE, IcmpHeader.ECHO_REPLY));
        long answer = turned(frame, options, EtherType.IPV4);
        ip.wrap(bytes, Frame.head(answer) + EthernetHeader.LENGTH)
                .plain()
                .typeOfService(service)
                .totalLength(Ipv4Header.LENGTH + length)
                .fragment(true, false, 0)
                .timeToLive(HOPS)
                .protocol(IpProtocol.ICMP)
                .source(asked)
                .destination(source)
                .writeChecksum();
        send(answer, Ipv4Header.LENGTH + length);
    }

    /**
     * Takes an ICMPv6 echo request for this host, whole and checked; {@code ip} is moved.
     *
     * @param extensions bytes between the IPv6 header and the request
     * @param length bytes of the request
     */
    void receive(long frame, Ipv6Header ip, int extensions, int length) {
        long high = ip.sourceHigh();
        long low = ip.sourceLow();
        if (length < Icmpv6Header.BODY) {
            node.refuse(frame, Drop.ICMP_SENSELESS);
            return;
        }
        if (!isHost(high, low)) {
            node.refuse(frame, Drop.IP_SOURCE);
            return;
        }
        boolean group = !node.presence().isHost(ip.destinationHigh(), ip.destinationLow());
        long askedHigh = group ? own.high() : ip.destinationHigh();
        long askedLow = group ? own.low() : ip.destinationLow();
        int service = ip.trafficClass();
        int flow = ip.flowLabel();
        icmpv6.wrap(bytes, ip.offset() + Ipv6Header.LENGTH + extensions);
        int checksum = InternetChecksum.update16(
                icmpv6.checksum(),
                Icmpv6Header.ECHO_REQUEST << TYPE_AND_CODE | icmpv6.code(),
                Icmpv6Header.ECHO_REPLY << TYPE_AND_CODE);
        checksum = InternetChecksum.update64(checksum, ip.destinationHigh(), askedHigh);
        checksum = InternetChecksum.update64(checksum, ip.destinationLow(), askedLow);
        icmpv6.type(Icmpv6Header.ECHO_REPLY, 0).checksum(checksum);
        long answer = turned(frame, extensions, EtherType.IPV6);
        ip.wrap(bytes, Frame.head(answer) + EthernetHeader.LENGTH)
                .traffic(service, flow)
                .payloadLength(length)
                .nextHeader(IpProtocol.ICMPV6)
                .hopLimit(HOPS)
                .source(askedHigh, askedLow)
                .destination(high, low);
        send(answer, Ipv6Header.LENGTH + length);
    }

    /** The frame without {@code less} bytes of its front, back to where it came from. */
    private long turned(long frame, int less, int type) {
        long asker = ethernet.wrap(bytes, Frame.head(frame)).source();
        long turned = Frame.pull(frame, less);
        ethernet.wrap(bytes, Frame.head(turned))
                .destination(asker)
                .source(node.mac())
                .type(type);
        return turned;
    }

    private void send(long answer, int packet) {
        node.answer(Frame.trimmed(answer, EthernetHeader.LENGTH + packet), Deed.PING_ANSWERED);
    }

    /** Whether the address can be another host's: no group, broadcast, loopback, and not our own. */
    private boolean isHost(int address) {
        int first = address >>> 24;
        return first != 0 && first != 127 && first < 224 && !node.isOwn(0, Ipv6Address.mapped(address));
    }

    private boolean isHost(long high, long low) {
        boolean group = high >>> 56 == 0xFF;
        boolean special = high == 0 && (low == 0 || low == 1);
        return !group && !special && !node.isOwn(high, low);
    }
}
