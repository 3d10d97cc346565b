package io.millrace.dataplane.l3;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IcmpHeader;
import io.millrace.codec.Icmpv6Header;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Extensions;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.VlanTag;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Graph;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Tells the sender of a packet why it cannot pass, ICMP (RFC 792, 1191, 1812) or ICMPv6 (RFC 4443). A router tells it {@link
 * #from} its own address. Who has no address where the sender is, a tunnel, tells it from the packet's own destination, as
 * Linux's tunnels do (net/ipv4/ip_tunnel_core.c, skb_tunnel_check_pmtu). Either way the frame goes back where it came from:
 * to the Ethernet address that sent it, VLAN tags as they were.
 *
 * <p>Nothing is told about an ICMP error, a group or broadcast, a fragment but the first, a source that is no host's, or a
 * header that is wrong (RFC 1812 section 4.3.2.7, RFC 4443 section 2.4); and no more than {@link #RATE} errors a second. A
 * packet is quoted as it is, also one whose checksum was left to a network card; hence it must not be translated yet. One
 * thread; nothing is allocated but frames.
 */
public final class IcmpErrors {
    /** Errors a second. */
    public static final int RATE = 100;

    /** How many errors may come at once. */
    public static final int BURST = 50;

    /** How many {@link Unreachable#EXHAUSTED} a second, one at a time; they do not count as others. */
    public static final int EXHAUSTED_RATE = 10;

    /** In bytes, the longest error: RFC 1812 section 4.3.2.3. */
    private static final int LONGEST_V4 = 576;

    /** In bytes, the longest error: RFC 4443 section 2.4 (c). */
    private static final int LONGEST_V6 = 1280;

    /** RFC 1812 section 4.3.2.5: internetwork control. */
    private static final int PRECEDENCE = 0xC0;

    private static final int TTL = 64;
    private static final int IN_TRANSIT = 0;
    private static final int MOST_TAGS = 2;
    private static final int REDIRECT_V6 = 137;

    private final Graph graph;
    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final VlanTag tag = new VlanTag();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv4Header outer4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final Ipv6Header outer6 = new Ipv6Header();
    private final Ipv6Extensions extensions = new Ipv6Extensions();
    private final IcmpHeader icmp = new IcmpHeader();
    private final Icmpv6Header icmpv6 = new Icmpv6Header();

    // Of the frame in hand; positions and lengths in bytes, the network header's position from the frame's first.
    private long frame;
    private boolean v6;
    private int network;
    private int packet;

    // Who tells: an Ethernet address, an IP address.
    private long teller;
    private long tellerHigh;
    private long tellerLow;

    private final Pace pace = new Pace(RATE, BURST);
    private final Pace exhausted = new Pace(EXHAUSTED_RATE, 1);

    /** Why a destination cannot be reached. */
    public enum Unreachable {
        /** No route leads there: network unreachable (3/0), no route to destination (1/0). */
        NETWORK(0, 0),
        /** It does not answer: host unreachable (3/1), address unreachable (1/3). */
        HOST(1, 3),
        /** Nobody listens: port unreachable (3/3, 1/4). */
        PORT(3, 4),
        /** A rule forbids it: administratively prohibited (3/13, 1/1). */
        PROHIBITED(13, 1),
        /** Nothing is left to remember one more connection by; told as prohibited is, RFC 5508 section 8, REQ-8. */
        EXHAUSTED(13, 1);

        private final int code;
        private final int codeV6;

        Unreachable(int code, int codeV6) {
            this.code = code;
            this.codeV6 = codeV6;
        }
    }

    public IcmpErrors(Graph graph) {
        this.graph = graph;
        this.pool = graph.pool();
        this.bytes = pool.buffer();
    }

    /**
     * Takes up a frame that cannot pass; whether its sender may be told so. The frame remains the caller's. What is told
     * comes from the frame's own destination unless {@link #from} says otherwise.
     */
    public boolean wrap(long frame) {
        this.frame = frame;
        if (!findNetwork()) {
            return false;
        }
        int at = Frame.head(frame) + network;
        packet = Frame.length(frame) - network;
        if (!(v6 ? mayTellIpv6(at) : mayTellIpv4(at))) {
            return false;
        }
        teller = ethernet.wrap(bytes, Frame.head(frame)).destination();
        tellerHigh = v6 ? ipv6.destinationHigh() : 0;
        tellerLow = v6 ? ipv6.destinationLow() : Ipv6Address.mapped(ipv4.destination());
        return true;
    }

    /**
     * A router tells it: the one whose addresses these are, on the link the frame came by. Holds for the frame taken up.
     *
     * @param mac its Ethernet address
     * @param high the first half of its IP address; of IPv4 the mapped form. Nothing is told when it is not of the packet's
     *     family, or is the packet's source
     */
    public IcmpErrors from(long mac, long high, long low) {
        teller = mac;
        tellerHigh = high;
        tellerLow = low;
        return this;
    }

    /** Where, from the first byte of the frame taken up, the IP header is, in bytes: behind all tags. */
    public int network() {
        return network;
    }

    /**
     * "Fragmentation needed" or "packet too big", about the frame taken up.
     *
     * @param mtu the longest packet that would have passed, in bytes; IPv4 has 16 bits for it
     * @return a frame for the sender, the caller's to send; {@link Frame#NONE}: there were too many of late, or there is no
     *     memory for it
     */
    public long tooBig(int mtu) {
        long error = begin(pace);
        if (error == Frame.NONE) {
            return Frame.NONE;
        }
        if (v6) {
            icmpv6.type(Icmpv6Header.PACKET_TOO_BIG, 0).mtu(mtu);
        } else {
            icmp.type(IcmpHeader.DESTINATION_UNREACHABLE, IcmpHeader.FRAGMENTATION_NEEDED)
                    .nextHopMtu(Math.min(mtu, 0xFFFF));
        }
        return finish(error);
    }

    /** "Time to live exceeded in transit" or "hop limit exceeded", about the frame taken up; else as {@link #tooBig}. */
    public long timeExceeded() {
        return tell(pace, IcmpHeader.TIME_EXCEEDED, IN_TRANSIT, Icmpv6Header.TIME_EXCEEDED, IN_TRANSIT);
    }

    /** "Destination unreachable", about the frame taken up; else as {@link #tooBig}. */
    public long unreachable(Unreachable why) {
        return tell(
                why == Unreachable.EXHAUSTED ? exhausted : pace,
                IcmpHeader.DESTINATION_UNREACHABLE,
                why.code,
                Icmpv6Header.DESTINATION_UNREACHABLE,
                why.codeV6);
    }

    /** An error whose second word is unused, and zero. */
    private long tell(Pace by, int type, int code, int typeV6, int codeV6) {
        long error = begin(by);
        if (error == Frame.NONE) {
            return Frame.NONE;
        }
        if (v6) {
            icmpv6.type(typeV6, codeV6).mtu(0);
        } else {
            icmp.type(type, code);
        }
        return finish(error);
    }

    private boolean findNetwork() {
        int head = Frame.head(frame);
        int length = Frame.length(frame);
        network = EthernetHeader.LENGTH;
        if (length < network
                || EthernetHeader.isGroup(ethernet.wrap(bytes, head).destination())
                || EthernetHeader.isGroup(ethernet.source())) {
            return false;
        }
        int type = ethernet.type();
        for (int tags = 0; EtherType.isVlan(type); tags++) {
            if (tags == MOST_TAGS || length < network + VlanTag.LENGTH) {
                return false;
            }
            type = tag.wrap(bytes, head + network).type();
            network += VlanTag.LENGTH;
        }
        v6 = type == EtherType.IPV6;
        return v6 || type == EtherType.IPV4;
    }

    /** The total length is not judged: that of a long segment may not fit its 16 bits. */
    private boolean mayTellIpv4(int at) {
        if (packet < Ipv4Header.LENGTH || ipv4.wrap(bytes, at).version() != 4) {
            return false;
        }
        int header = ipv4.headerLength();
        if (header < Ipv4Header.LENGTH || header > packet || !ipv4.checksumGood()) {
            return false;
        }
        if (!isHost(ipv4.source()) || !isHost(ipv4.destination()) || ipv4.fragmentOffset() > 0) {
            return false;
        }
        int total = ipv4.totalLength();
        if (total >= header && total < packet) {
            packet = total; // the rest is padding
        }
        return ipv4.protocol() != IpProtocol.ICMP
                || (packet > header && !icmp.wrap(bytes, at + header).isError());
    }

    /** Whether an address can be a single host's: not of network 0, no loopback, no group, not reserved, no broadcast. */
    private static boolean isHost(int address) {
        int first = address >>> 24;
        return first != 0 && first != 127 && first < 224;
    }

    private boolean mayTellIpv6(int at) {
        if (packet < Ipv6Header.LENGTH || ipv6.wrap(bytes, at).version() != 6) {
            return false;
        }
        if (!isHost(ipv6.sourceHigh(), ipv6.sourceLow()) || !isHost(ipv6.destinationHigh(), ipv6.destinationLow())) {
            return false;
        }
        int payload = ipv6.payloadLength();
        if (payload > 0 && payload < packet - Ipv6Header.LENGTH) {
            packet = Ipv6Header.LENGTH + payload; // the rest is padding
        }
        int rest = packet - Ipv6Header.LENGTH;
        int behind = at + Ipv6Header.LENGTH;
        if (extensions.walk(bytes, behind, ipv6.nextHeader(), rest, rest) != Malformed.NONE
                || extensions.fragmentOffset() > 0) {
            return false;
        }
        if (extensions.upperLayer() != IpProtocol.ICMPV6) {
            return true;
        }
        int kind = extensions.length() < rest
                ? icmpv6.wrap(bytes, behind + extensions.length()).type()
                : 0;
        return kind >= Icmpv6Header.ECHO_REQUEST && kind != REDIRECT_V6;
    }

    /** Whether an address can be a single host's: not nothing, no loopback, no group. */
    private static boolean isHost(long high, long low) {
        return high >>> 56 != 0xFF && (high != 0 || low >>> 1 != 0);
    }

    /** Whether who tells has an address that the sender may be told from. */
    private boolean hasAddress() {
        if (Ipv6Address.isIpv4(tellerHigh, tellerLow) == v6) {
            return false;
        }
        return v6 ? tellerHigh != ipv6.sourceHigh() || tellerLow != ipv6.sourceLow() : (int) tellerLow != ipv4.source();
    }

    /** An error that does not yet say what is wrong; its ICMP header is in hand. */
    private long begin(Pace by) {
        if (!hasAddress() || !by.admits(graph.now())) {
            return Frame.NONE;
        }
        int headers = v6 ? Ipv6Header.LENGTH + Icmpv6Header.BODY : Ipv4Header.LENGTH + IcmpHeader.LENGTH;
        int quote = Math.min(packet, (v6 ? LONGEST_V6 : LONGEST_V4) - headers);
        long error = pool.allocate(network + headers + quote);
        if (error == Frame.NONE) {
            return Frame.NONE;
        }
        graph.counters().originated(1);
        int from = Frame.head(frame);
        int to = Frame.head(error);
        long sender = ethernet.wrap(bytes, from).source();
        bytes.putBytes(to, bytes, from, network);
        ethernet.wrap(bytes, to).destination(sender).source(teller);
        bytes.putBytes(to + network + headers, bytes, from + network, quote);
        if (v6) {
            beginIpv6(to + network, quote);
        } else {
            beginIpv4(to + network, headers + quote);
        }
        return error;
    }

    private void beginIpv6(int at, int quote) {
        icmpv6.wrap(bytes, at + Ipv6Header.LENGTH);
        outer6.wrap(bytes, at)
                .traffic(PRECEDENCE, 0)
                .payloadLength(Icmpv6Header.BODY + quote)
                .nextHeader(IpProtocol.ICMPV6)
                .hopLimit(TTL)
                .source(tellerHigh, tellerLow)
                .destination(ipv6.sourceHigh(), ipv6.sourceLow());
    }

    private void beginIpv4(int at, int total) {
        icmp.wrap(bytes, at + Ipv4Header.LENGTH);
        outer4.wrap(bytes, at)
                .plain()
                .typeOfService(PRECEDENCE)
                .totalLength(total)
                .fragment(true, false, 0)
                .timeToLive(TTL)
                .protocol(IpProtocol.ICMP)
                .source((int) tellerLow)
                .destination(ipv4.source())
                .writeChecksum();
    }

    private long finish(long error) {
        int length = Frame.length(error) - network;
        if (v6) {
            int message = length - Ipv6Header.LENGTH;
            icmpv6.writeChecksum(outer6.pseudoHeader(message, IpProtocol.ICMPV6), message);
        } else {
            icmp.writeChecksum(length - Ipv4Header.LENGTH);
        }
        return error;
    }
}
