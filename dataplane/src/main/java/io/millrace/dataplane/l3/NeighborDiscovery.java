package io.millrace.dataplane.l3;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.NeighborHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Neighbour discovery, RFC 4861 section 7, of one address that does not move. Only who is a next hop of ours is remembered.
 * Checksums have been verified before.
 */
final class NeighborDiscovery {
    private static final int HOPS = 255;
    private static final int MESSAGE = NeighborHeader.LENGTH + NeighborHeader.OPTION;
    private static final int FRAME = EthernetHeader.LENGTH + Ipv6Header.LENGTH + MESSAGE;

    private final IpNode node;
    private final Ipv6Address own;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv6Header ip = new Ipv6Header();
    private final Icmpv6Header icmp = new Icmpv6Header();
    private final NeighborHeader neighbor = new NeighborHeader();

    NeighborDiscovery(IpNode node) {
        this.node = node;
        this.own = node.settings().address();
        this.bytes = node.frames().buffer();
    }

    /** Somebody asks where an address is; {@code at} and {@code length} are those of the ICMPv6 message. */
    void solicited(long frame, Ipv6Header outer, int at, int length) {
        long high = outer.sourceHigh();
        long low = outer.sourceLow();
        boolean nameless = high == 0 && low == 0;
        if (!isSane(outer, at, length)) {
            node.refuse(frame, Drop.NEIGHBOR_SENSELESS);
            return;
        }
        long link = neighbor.link(NeighborHeader.SOURCE_LINK, length);
        boolean stray = nameless && (link != NeighborHeader.NONE || !isSolicitedNode(outer));
        long asker = link == NeighborHeader.NONE
                ? ethernet.wrap(bytes, Frame.head(frame)).source()
                : link;
        if (stray || EthernetHeader.isGroup(asker) || high >>> 56 == 0xFF) {
            node.refuse(frame, Drop.NEIGHBOR_SENSELESS);
        } else if (node.isOwn(high, low)) {
            node.clash(frame, asker);
        } else if (!node.isOwn(neighbor.targetHigh(), neighbor.targetLow())) {
            node.refuse(frame, Drop.NOT_OURS);
        } else if (nameless) {
            answer(frame, Ipv6Family.LINK_SCOPE, Ipv6Family.ALL_NODES, Family.groupMac(Ipv6Family.ALL_NODES), 0);
        } else {
            if (link != NeighborHeader.NONE) {
                node.heard(high, low, link);
            }
            answer(frame, high, low, asker, NeighborHeader.SOLICITED);
        }
    }

    /** Somebody says where an address is. */
    void advertised(long frame, Ipv6Header outer, int at, int length) {
        if (!isSane(outer, at, length)) {
            node.refuse(frame, Drop.NEIGHBOR_SENSELESS);
            return;
        }
        long high = neighbor.targetHigh();
        long low = neighbor.targetLow();
        int flags = neighbor.flags();
        boolean answers = (flags & NeighborHeader.SOLICITED) != 0;
        long link = neighbor.link(NeighborHeader.TARGET_LINK, length);
        boolean group = link != NeighborHeader.NONE && EthernetHeader.isGroup(link);
        if (group || (answers && outer.destinationHigh() >>> 56 == 0xFF)) {
            node.refuse(frame, Drop.NEIGHBOR_SENSELESS);
            return;
        }
        if (node.isOwn(high, low)) {
            node.clash(frame, ethernet.wrap(bytes, Frame.head(frame)).source());
            return;
        }
        var hop = node.asked(high, low);
        if (hop == null || (hop.mac() == NextHop.UNKNOWN && link == NeighborHeader.NONE)) {
            node.refuse(frame, Drop.UNASKED);
            return;
        }
        learn(hop, link, answers, (flags & NeighborHeader.OVERRIDE) != 0);
        node.take(frame, Deed.HEARD, high, low);
    }

    /** RFC 4861 section 7.2.5. */
    private void learn(NextHop hop, long link, boolean answers, boolean overrides) {
        boolean same = link == NeighborHeader.NONE || link == hop.mac();
        if (hop.mac() == NextHop.UNKNOWN || (overrides && !same)) {
            node.resolution().heard(hop, link);
        } else if (!same) {
            node.resolution().doubt(hop);
        } else if (answers) {
            node.resolution().heard(hop, hop.mac());
        }
    }

    /** RFC 4861 sections 7.1.1 and 7.1.2, what both have in common. The hop limit says that no router was between. */
    private boolean isSane(Ipv6Header outer, int at, int length) {
        return outer.hopLimit() == HOPS
                && icmp.wrap(bytes, at).code() == 0
                && neighbor.wrap(bytes, at).isWhole(length)
                && neighbor.targetHigh() >>> 56 != 0xFF;
    }

    private static boolean isSolicitedNode(Ipv6Header outer) {
        return outer.destinationHigh() == Ipv6Family.LINK_SCOPE && outer.destinationLow() >>> 24 == 0x1FF;
    }

    /** The question becomes the answer, which may be some bytes longer. */
    private void answer(long frame, long high, long low, long to, int solicited) {
        int more = FRAME - Frame.length(frame);
        long askedHigh = neighbor.targetHigh();
        long askedLow = neighbor.targetLow();
        long answer = more > 0 ? Frame.push(frame, more) : Frame.trimmed(frame, FRAME);
        neighbor.wrap(bytes, write(answer, to, high, low))
                .flags(solicited | NeighborHeader.OVERRIDE)
                .target(askedHigh, askedLow)
                .link(NeighborHeader.TARGET_LINK, node.mac());
        finish(Icmpv6Header.NEIGHBOR_ADVERTISEMENT);
        node.answer(answer, Deed.NEIGHBOR_ANSWERED);
    }

    /** Asks the group of all who may have the hop's address, or the hop alone. */
    void ask(NextHop hop, boolean alone) {
        long frame = node.make(FRAME);
        if (frame == Frame.NONE) {
            return;
        }
        var target = hop.address();
        var to = alone ? target : Ipv6Family.solicitedNode(target);
        neighbor.wrap(bytes, write(frame, alone ? hop.mac() : Family.groupMac(to), to.high(), to.low()))
                .flags(0)
                .target(target.high(), target.low())
                .link(NeighborHeader.SOURCE_LINK, node.mac());
        finish(Icmpv6Header.NEIGHBOR_SOLICITATION);
        node.send(frame, Deed.ASKED);
    }

    /** RFC 4861 section 7.2.6: tells all nodes, unasked. */
    void announce() {
        long frame = node.make(FRAME);
        if (frame == Frame.NONE) {
            return;
        }
        long to = Family.groupMac(Ipv6Family.ALL_NODES);
        neighbor.wrap(bytes, write(frame, to, Ipv6Family.LINK_SCOPE, Ipv6Family.ALL_NODES))
                .flags(NeighborHeader.OVERRIDE)
                .target(own.high(), own.low())
                .link(NeighborHeader.TARGET_LINK, node.mac());
        finish(Icmpv6Header.NEIGHBOR_ADVERTISEMENT);
        node.send(frame, Deed.ANNOUNCED);
    }

    /** Writes the headers around a message; returns where that begins. */
    private int write(long frame, long to, long high, long low) {
        int at = Frame.head(frame);
        int network = at + EthernetHeader.LENGTH;
        ethernet.wrap(bytes, at).destination(to).source(node.mac()).type(EtherType.IPV6);
        ip.wrap(bytes, network)
                .traffic(0, 0)
                .payloadLength(MESSAGE)
                .nextHeader(IpProtocol.ICMPV6)
                .hopLimit(HOPS)
                .source(own.high(), own.low())
                .destination(high, low);
        return network + Ipv6Header.LENGTH;
    }

    private void finish(int type) {
        icmp.wrap(bytes, neighbor.offset())
                .type(type, 0)
                .writeChecksum(ip.pseudoHeader(MESSAGE, IpProtocol.ICMPV6), MESSAGE);
    }
}
