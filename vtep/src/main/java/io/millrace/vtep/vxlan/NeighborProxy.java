package io.millrace.vtep.vxlan;

import io.millrace.codec.ArpHeader;
import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.VlanTag;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Graph;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Answers for stations of other hosts, so that who asks for their Ethernet address need not be carried to every host: ARP
 * (RFC 826, probes of RFC 5227 too) and neighbour solicitation (RFC 4861, also that of duplicate address detection, RFC
 * 4862). It knows what {@link Endpoints} was told and never learns.
 *
 * <p>Only questions to all are answered here. One to a single station, by which a host makes sure that its neighbour is
 * still there, goes to that station: nobody else can tell. So does everything that tells rather than asks, gratuitous ARP
 * among it. One thread; nothing is allocated but frames.
 */
final class NeighborProxy {
    private static final int MOST_TAGS = 2;

    /** In bytes, an Ethernet frame's least without its check sequence (IEEE 802.3 clause 4A.4.2). */
    private static final int SHORTEST = 60;

    private static final int MAPPED = 0xFFFF;

    /** Of a solicitation and an advertisement, RFC 4861 sections 4.3 and 4.4; in bytes from the ICMPv6 header. */
    private static final int FLAGS = 4;

    private static final int TARGET = 8;
    private static final int OPTIONS = 24;
    private static final int LINK_OPTION = 8;
    private static final int SOURCE_LINK = 1;
    private static final int TARGET_LINK = 2;
    private static final int SOLICITED = 0x4000_0000;
    private static final int OVERRIDE = 0x2000_0000;
    private static final int HOP_LIMIT = 255;
    private static final long ALL_NODES_HIGH = 0xFF02L << 48;
    private static final long ALL_NODES_LOW = 1;

    private final Graph graph;
    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final Endpoints endpoints;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final VlanTag tag = new VlanTag();
    private final ArpHeader arp = new ArpHeader();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final Icmpv6Header icmpv6 = new Icmpv6Header();

    // Of the question in hand; positions and lengths in bytes.
    private long frame;
    private int network;
    private boolean isArp;
    private long asker;
    private Endpoints.@Nullable Station asked;

    NeighborProxy(Graph graph, Endpoints endpoints) {
        this.graph = graph;
        this.pool = graph.pool();
        this.bytes = pool.buffer();
        this.endpoints = endpoints;
    }

    /** Whether there is anybody to answer for: a question for each batch of frames. */
    boolean isIdle() {
        return endpoints.addresses() == 0;
    }

    /** Whose Ethernet address a frame asks for, or null: it asks for none that is known, or is to be carried all the same. */
    Endpoints.@Nullable Station asked(long frame) {
        int head = Frame.head(frame);
        if (Frame.length(frame) < EthernetHeader.LENGTH
                || !EthernetHeader.isGroup(ethernet.wrap(bytes, head).destination())
                || Frame.isOffloaded(frame)) {
            return null;
        }
        this.frame = frame;
        int type = networkType(head);
        int left = Frame.length(frame) - network;
        asked = null;
        isArp = type == EtherType.ARP;
        if (isArp) {
            readArp(head + network, left);
        } else if (type == EtherType.IPV6) {
            readSolicitation(head + network, left);
        }
        var found = asked;
        return found == null || EthernetHeader.isGroup(asker) || asker == 0 || asker == found.mac() ? null : found;
    }

    /** What kind of question it was. */
    boolean isArp() {
        return isArp;
    }

    /** The EtherType behind all tags, and where its header begins; 0: none can be found. */
    private int networkType(int head) {
        network = EthernetHeader.LENGTH;
        int type = ethernet.type();
        for (int tags = 0; EtherType.isVlan(type); tags++) {
            if (tags == MOST_TAGS || Frame.length(frame) < network + VlanTag.LENGTH) {
                return 0;
            }
            type = tag.wrap(bytes, head + network).type();
            network += VlanTag.LENGTH;
        }
        return type;
    }

    private void readArp(int at, int left) {
        if (left < ArpHeader.LENGTH
                || !arp.wrap(bytes, at).isEthernetIpv4()
                || arp.operation() != ArpHeader.REQUEST
                || arp.senderIpv4() == arp.targetIpv4()) {
            return;
        }
        asker = arp.senderMac();
        asked = endpoints.find(0, (long) MAPPED << 32 | (arp.targetIpv4() & 0xFFFF_FFFFL));
    }

    /** The checks of RFC 4861 section 7.1.1. An extension header is allowed there and made by nobody: that passes. */
    private void readSolicitation(int at, int left) {
        if (ipv6.wrap(bytes, at).check(left, left) != Malformed.NONE
                || ipv6.nextHeader() != IpProtocol.ICMPV6
                || ipv6.hopLimit() != HOP_LIMIT
                || ipv6.payloadLength() < OPTIONS
                || ipv6.destinationHigh() >>> 56 != 0xFF) {
            return;
        }
        int length = ipv6.payloadLength();
        int message = at + Ipv6Header.LENGTH;
        if (icmpv6.wrap(bytes, message).type() != Icmpv6Header.NEIGHBOR_SOLICITATION || icmpv6.code() != 0) {
            return;
        }
        var found = endpoints.find(u64(message + TARGET), u64(message + TARGET + Long.BYTES));
        if (found == null || !readOptions(message + OPTIONS, message + length)) {
            return;
        }
        int sum = InternetChecksum.sum(bytes, message, length);
        if (InternetChecksum.isGood(InternetChecksum.add(ipv6.pseudoHeader(length, IpProtocol.ICMPV6), sum))) {
            asked = found;
        }
    }

    /** The asker's Ethernet address: as it says, else where the frame came from. False: the options make no sense. */
    private boolean readOptions(int from, int end) {
        asker = ethernet.wrap(bytes, Frame.head(frame)).source();
        int at = from;
        while (at < end) {
            int length = end - at < 2 ? 0 : (bytes.getByte(at + 1) & 0xFF) << 3;
            if (length == 0 || at + length > end) {
                return false;
            }
            if (bytes.getByte(at) == SOURCE_LINK) {
                if (isUnspecified() || length != LINK_OPTION) {
                    return false;
                }
                asker = u64(at) & 0xFFFF_FFFF_FFFFL;
            }
            at += length;
        }
        return true;
    }

    private boolean isUnspecified() {
        return ipv6.sourceHigh() == 0 && ipv6.sourceLow() == 0;
    }

    /** The answer to the question in hand, a frame for the asker alone; {@link Frame#NONE}: there is no memory for it. */
    long answer(Endpoints.Station known) {
        int packet = isArp ? ArpHeader.LENGTH : Ipv6Header.LENGTH + OPTIONS + LINK_OPTION;
        int length = Math.max(SHORTEST, network + packet);
        long answer = pool.allocate(length);
        if (answer == Frame.NONE) {
            return Frame.NONE;
        }
        graph.counters().originated(1);
        int at = Frame.head(answer);
        bytes.putBytes(at, bytes, Frame.head(frame), network);
        bytes.setMemory(at + network, length - network, (byte) 0);
        ethernet.wrap(bytes, at).destination(asker).source(known.mac());
        if (isArp) {
            int sender = arp.senderIpv4();
            int target = arp.targetIpv4();
            arp.wrap(bytes, at + network)
                    .operation(ArpHeader.REPLY)
                    .sender(known.mac(), target)
                    .target(asker, sender);
        } else {
            advertise(at + network, known.mac());
        }
        return Frame.from(answer, known.peer().number());
    }

    /** RFC 4861 section 7.2.4. Who asks without an address, to find a duplicate, is answered to all nodes, yet sent alone. */
    private void advertise(int at, long mac) {
        int solicitation = Frame.head(frame) + network + Ipv6Header.LENGTH;
        long targetHigh = u64(solicitation + TARGET);
        long targetLow = u64(solicitation + TARGET + Long.BYTES);
        boolean toAll = isUnspecified();
        long high = toAll ? ALL_NODES_HIGH : ipv6.sourceHigh();
        long low = toAll ? ALL_NODES_LOW : ipv6.sourceLow();
        int length = OPTIONS + LINK_OPTION;
        ipv6.wrap(bytes, at)
                .traffic(0, 0)
                .payloadLength(length)
                .nextHeader(IpProtocol.ICMPV6)
                .hopLimit(HOP_LIMIT)
                .source(targetHigh, targetLow)
                .destination(high, low);
        int message = at + Ipv6Header.LENGTH;
        icmpv6.wrap(bytes, message).type(Icmpv6Header.NEIGHBOR_ADVERTISEMENT, 0);
        bytes.putInt(message + FLAGS, toAll ? OVERRIDE : OVERRIDE | SOLICITED, ByteOrder.BIG_ENDIAN);
        u64(message + TARGET, targetHigh);
        u64(message + TARGET + Long.BYTES, targetLow);
        u64(message + OPTIONS, (long) TARGET_LINK << 56 | 1L << 48 | mac);
        icmpv6.writeChecksum(ipv6.pseudoHeader(length, IpProtocol.ICMPV6), length);
    }

    private long u64(int at) {
        return bytes.getLong(at, ByteOrder.BIG_ENDIAN);
    }

    private void u64(int at, long value) {
        bytes.putLong(at, value, ByteOrder.BIG_ENDIAN);
    }
}
