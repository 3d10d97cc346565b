package io.millrace.dataplane.l3;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Extensions;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.MldHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/** IPv6 for an {@link IpNode}: neighbour discovery, ping, multicast listener discovery. */
final class Ipv6Family implements Family {
    static final long LINK_SCOPE = 0xFF02_0000_0000_0000L;
    static final long ALL_NODES = 1;

    private static final int MILLISECOND = 1_000_000;

    /** Hop-by-hop options: the router alert of RFC 2711, and padding; the first byte is the next header. */
    private static final long ROUTER_ALERT = (long) IpProtocol.ICMPV6 << 56 | 0x0005_0200_0001_00L;

    private final IpNode node;
    private final Membership membership;
    private final NeighborDiscovery discovery;
    private final Echo echo;
    private final Ipv6Address own;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv6Header ip = new Ipv6Header();
    private final Ipv6Extensions extensions = new Ipv6Extensions();
    private final Icmpv6Header icmp = new Icmpv6Header();
    private final MldHeader mld = new MldHeader();

    Ipv6Family(IpNode node, Membership membership) {
        this.node = node;
        this.membership = membership;
        this.own = node.settings().address();
        this.bytes = node.frames().buffer();
        this.discovery = new NeighborDiscovery(node);
        this.echo = new Echo(node);
    }

    /** The group of all who may have an address, RFC 4291 section 2.7.1. */
    static Ipv6Address solicitedNode(Ipv6Address address) {
        return new Ipv6Address(LINK_SCOPE, 0x1_FF00_0000L | (address.low() & 0xFF_FFFF));
    }

    /** Whether an address, by its first eight bytes, means something on its link only: fe80::/10. */
    static boolean isLinkLocal(long high) {
        return high >>> 54 == 0x3FA;
    }

    @Override
    public void receive(long frame, int type) {
        if (type == EtherType.IPV6) {
            receive(frame);
        } else {
            node.refuse(frame, Drop.NOT_SERVED);
        }
    }

    private void receive(long frame) {
        int left = Frame.length(frame) - EthernetHeader.LENGTH;
        int original = node.frames().originalLength(frame) - EthernetHeader.LENGTH;
        ip.wrap(bytes, Frame.head(frame) + EthernetHeader.LENGTH);
        if (ip.check(left, original) != Malformed.NONE) {
            node.refuse(frame, Drop.IP_SENSELESS);
        } else if (!isForUs(ip.destinationHigh(), ip.destinationLow())) {
            node.refuse(frame, Drop.NOT_OURS);
        } else if (Ipv6Header.LENGTH + ip.payloadLength() > left) {
            node.refuse(frame, Drop.ETHERNET_CUT);
        } else {
            receivePayload(frame, ip.offset() + Ipv6Header.LENGTH, ip.payloadLength());
        }
    }

    private boolean isForUs(long high, long low) {
        return node.presence().isHost(high, low)
                || (high == LINK_SCOPE && low == ALL_NODES)
                || membership.isJoined(high, low);
    }

    private void receivePayload(long frame, int at, int length) {
        if (extensions.walk(bytes, at, ip.nextHeader(), length, length) != Malformed.NONE) {
            node.refuse(frame, Drop.IP_SENSELESS);
        } else if (extensions.isFragment()) {
            node.refuse(frame, Drop.IP_FRAGMENT);
        } else if (extensions.upperLayer() != IpProtocol.ICMPV6) {
            node.refuse(frame, Drop.NOT_SERVED);
        } else {
            receiveIcmp(frame, at + extensions.length(), length - extensions.length());
        }
    }

    private void receiveIcmp(long frame, int at, int length) {
        if (icmp.wrap(bytes, at).check(length, length) != Malformed.NONE) {
            node.refuse(frame, Drop.ICMP_SENSELESS);
            return;
        }
        int sum = InternetChecksum.sum(bytes, at, length);
        if (!InternetChecksum.isGood(InternetChecksum.add(sum, ip.pseudoHeader(length, IpProtocol.ICMPV6)))) {
            node.refuse(frame, Drop.ICMP_CHECKSUM);
            return;
        }
        switch (icmp.type()) {
            case Icmpv6Header.ECHO_REQUEST -> echo.receive(frame, ip, extensions.length(), length);
            case Icmpv6Header.NEIGHBOR_SOLICITATION -> discovery.solicited(frame, ip, at, length);
            case Icmpv6Header.NEIGHBOR_ADVERTISEMENT -> discovery.advertised(frame, ip, at, length);
            case MldHeader.QUERY -> asked(frame, at, length);
            default -> node.refuse(frame, Drop.NOT_SERVED);
        }
    }

    private void asked(long frame, int at, int length) {
        mld.wrap(bytes, at);
        if (length < MldHeader.LENGTH || ip.hopLimit() != 1 || !isLinkLocal(ip.sourceHigh())) {
            node.refuse(frame, Drop.MEMBERSHIP_SENSELESS);
            return;
        }
        long high = mld.groupHigh();
        long low = mld.groupLow();
        membership.asked(high, low, high == 0 && low == 0, (long) mld.responseDelay() * MILLISECOND);
        node.take(frame, Deed.NOTED, high, low);
    }

    @Override
    public void ask(NextHop hop, boolean alone) {
        discovery.ask(hop, alone);
    }

    @Override
    public void announce() {
        discovery.announce();
    }

    /** A report comes from a link-local address, or from none (RFC 3590). */
    @Override
    public void report(Ipv6Address group) {
        int payload = Long.BYTES + MldHeader.LENGTH;
        long frame = node.make(EthernetHeader.LENGTH + Ipv6Header.LENGTH + payload);
        if (frame == Frame.NONE) {
            return;
        }
        int at = Frame.head(frame);
        int network = at + EthernetHeader.LENGTH;
        boolean linkLocal = isLinkLocal(own.high());
        ethernet.wrap(bytes, at)
                .destination(Family.groupMac(group))
                .source(node.mac())
                .type(EtherType.IPV6);
        ip.wrap(bytes, network)
                .traffic(0, 0)
                .payloadLength(payload)
                .nextHeader(IpProtocol.HOP_BY_HOP)
                .hopLimit(1)
                .source(linkLocal ? own.high() : 0, linkLocal ? own.low() : 0)
                .destination(group.high(), group.low());
        bytes.putLong(network + Ipv6Header.LENGTH, ROUTER_ALERT, ByteOrder.BIG_ENDIAN);
        int message = network + Ipv6Header.LENGTH + Long.BYTES;
        mld.wrap(bytes, message).group(group.high(), group.low());
        icmp.wrap(bytes, message)
                .type(MldHeader.REPORT, 0)
                .writeChecksum(ip.pseudoHeader(MldHeader.LENGTH, IpProtocol.ICMPV6), MldHeader.LENGTH);
        node.send(frame, Deed.REPORTED);
    }
}
