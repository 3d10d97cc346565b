package io.millrace.vtep.vxlan;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VlanTag;
import io.millrace.codec.VxlanHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.frame.Segmenter;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way out of all tunnels, RFC 7348 section 4: every frame of the underlay port comes here first. A VXLAN packet for
 * this host, from a peer, loses its outer headers and goes on to its overlay's switch, stamped with the number of that
 * peer's port. What is for another UDP port, or no UDP at all, is left to {@link io.millrace.dataplane.l3.IpNode}.
 *
 * <p>Only what belongs comes in: all else is dropped by name before any table is touched.
 */
public final class Decapsulation extends Node {
    private static final int VXLAN = UdpHeader.LENGTH + VxlanHeader.LENGTH;
    /** How many frames' headers are fetched ahead: few enough to be in the cache still when their turn comes. */
    private static final int AHEAD = 64;

    /** What is decided: the number of the peer's port; or from here down a drop, by its ordinal; or it is for others. */
    private static final int DROP = -16;

    private static final int FOR_OTHERS = -1;
    private static final Drop[] DROPS = Drop.values();

    private final Tunnels tunnels;
    private final Link others;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final UdpHeader udp = new UdpHeader();
    private final VxlanHeader vxlan = new VxlanHeader();
    private final Segmenter segmenter;
    private final Congestion congestion;
    private final PlainPackets plain;
    private final long[] frames = new long[Link.CAPACITY];
    private final long[] keys = new long[Link.CAPACITY];
    private final long[] insides = new long[Link.CAPACITY];

    // Of the batch in hand: what goes on stands in frames from first to end, and goes to the overlay of that tunnel.
    private int first;
    private int end;
    private @Nullable Tunnel tunnel;

    // Of the frame in hand. Positions are indexes into the pool's buffer.
    private long sourceHigh;
    private long sourceLow;
    private int datagram;
    private int outerService;
    private boolean isForGroup;
    private @Nullable Peer peer;
    private long inner;

    /** @param others leads to who takes what is not for a tunnel */
    public Decapsulation(String name, Graph graph, Tunnels tunnels, Link others) {
        super(name, graph);
        this.tunnels = tunnels;
        this.others = others;
        this.bytes = graph.pool().buffer();
        this.segmenter = new Segmenter(graph.pool());
        this.congestion = new Congestion(bytes);
        this.plain = new PlainPackets(tunnels, bytes);
    }

    /**
     * Frames that go on to one overlay, one behind the other, are sent in one piece. They stand in the array that all were
     * taken into: there are never more of them than were looked at.
     */
    @Override
    public void process(Link in) {
        int n = in.size();
        in.pollInto(frames, 0, n);
        long runKey = PlainPackets.NOT_PLAIN;
        Peer sender = null;
        first = 0;
        end = 0;
        tunnel = null;
        for (int i = 0; i < n; i++) {
            if (i % AHEAD == 0) {
                look(i, Math.min(i + AHEAD, n));
            }
            long key = keys[i];
            if (key == PlainPackets.NOT_PLAIN) {
                judge(frames[i]);
                continue;
            }
            if (key != runKey) {
                runKey = key;
                sender = tunnels.sender(key);
            }
            if (sender == null) {
                judge(frames[i]);
            } else {
                add(insides[i], sender);
            }
        }
        flush();
    }

    /** Who watches is told the long way. */
    private void look(int from, int to) {
        if (graph().witness() == null) {
            plain.look(frames, keys, insides, from, to);
        } else {
            Arrays.fill(keys, from, to, PlainPackets.NOT_PLAIN);
        }
    }

    private void add(long inside, Peer from) {
        count(from, Frame.length(inside));
        if (tunnel != from.tunnel) {
            flush();
            tunnel = from.tunnel;
        }
        frames[end++] = Frame.from(inside, from.number);
    }

    private void count(Peer from, int length) {
        from.rxFrames++;
        from.rxBytes += length;
        if (!from.isNamed) {
            from.heard = graph().now();
        }
    }

    private void flush() {
        var to = tunnel;
        if (to != null && end > first) {
            send(to.into(), frames, first, end - first);
        }
        first = end;
    }

    /** The long way, which every frame may take. */
    private void judge(long frame) {
        if (Offload.isSegmented(pool().offload(frame))) {
            flush(); // what came before goes before
            cut(frame);
            return;
        }
        var from = sender(frame);
        if (from != null) {
            add(inner, from);
        }
    }

    /** Whom a frame comes from, of which {@link #inner} is then what goes on; null: it has gone another way. */
    private @Nullable Peer sender(long frame) {
        int way = decide(frame);
        if (way < 0) {
            act(frame, way);
            return null;
        }
        tell(frame, way);
        return peer;
    }

    private void act(long frame, int way) {
        if (way == FOR_OTHERS) {
            send(others, frame);
        } else {
            tell(frame, way);
            drop(frame, DROPS[DROP - way]);
        }
    }

    /** Several datagrams in one, as a host sends them that leaves the cutting to its network card. */
    private void cut(long frame) {
        if (!segmenter.wrap(frame)) {
            drop(frame, Drop.OFFLOAD_SENSELESS);
            return;
        }
        graph().counters().copied(segmenter.left() - 1);
        while (segmenter.left() > 0) {
            long segment = segmenter.next();
            if (segment == Frame.NONE) {
                break;
            }
            var from = sender(segment);
            if (from != null) {
                count(from, Frame.length(inner));
                send(from.tunnel.into(), Frame.from(inner, from.number));
            }
        }
        dropUnmade(frame, segmenter.left(), Drop.POOL_EMPTY);
        pool().free(frame);
    }

    private int decide(long frame) {
        int length = Frame.length(frame);
        int head = Frame.head(frame);
        if (length < EthernetHeader.LENGTH) {
            return unfit(Drop.ETHERNET_TRUNCATED);
        }
        long destination = ethernet.wrap(bytes, head).destination();
        isForGroup = EthernetHeader.isGroup(destination);
        boolean any = tunnels.isOverhearing();
        if (destination != tunnels.mac() && !isForGroup && !any) {
            return dropping(Drop.NOT_OURS);
        }
        int header = any ? VlanTag.skip(bytes, head, length) : EthernetHeader.LENGTH;
        int left = length - header;
        int original = pool().originalLength(frame) - header;
        int network = head + header;
        return switch (bytes.getShort(network - Short.BYTES, ByteOrder.BIG_ENDIAN) & 0xFFFF) {
            case EtherType.IPV4 -> any || !tunnels.isV6() ? decideIpv4(frame, network, left, original) : FOR_OTHERS;
            case EtherType.IPV6 -> any || tunnels.isV6() ? decideIpv6(frame, network, left, original) : FOR_OTHERS;
            default -> FOR_OTHERS;
        };
    }

    /** What is no packet to speak of: to an overhearer just one more that is not VXLAN. */
    private int unfit(Drop why) {
        return tunnels.isOverhearing() ? FOR_OTHERS : dropping(why);
    }

    private int decideIpv4(long frame, int at, int left, int original) {
        if (ipv4.wrap(bytes, at).check(left, original) != Malformed.NONE) {
            return unfit(Drop.IP_SENSELESS);
        }
        if (ipv4.protocol() != IpProtocol.UDP) {
            return FOR_OTHERS;
        }
        if (!tunnels.isOverhearing() && !ipv4.checksumGood()) {
            return dropping(Drop.IP_CHECKSUM);
        }
        if (!isOurs(0, 0xFFFF_0000_0000L | (ipv4.destination() & 0xFFFF_FFFFL))) {
            return dropping(Drop.NOT_OURS);
        }
        if (ipv4.isFragment()) {
            return unfit(Drop.IP_FRAGMENT);
        }
        sourceHigh = 0;
        sourceLow = 0xFFFF_0000_0000L | (ipv4.source() & 0xFFFF_FFFFL);
        outerService = ipv4.typeOfService();
        int header = ipv4.headerLength();
        return decideDatagram(frame, at + header, left - header, ipv4.payloadLength());
    }

    private int decideIpv6(long frame, int at, int left, int original) {
        if (ipv6.wrap(bytes, at).check(left, original) != Malformed.NONE) {
            return unfit(Drop.IP_SENSELESS);
        }
        if (ipv6.nextHeader() != IpProtocol.UDP) {
            return ipv6.nextHeader() == IpProtocol.FRAGMENT ? unfit(Drop.IP_FRAGMENT) : FOR_OTHERS;
        }
        if (!isOurs(ipv6.destinationHigh(), ipv6.destinationLow())) {
            return dropping(Drop.NOT_OURS);
        }
        sourceHigh = ipv6.sourceHigh();
        sourceLow = ipv6.sourceLow();
        outerService = ipv6.trafficClass();
        return decideDatagram(frame, at + Ipv6Header.LENGTH, left - Ipv6Header.LENGTH, ipv6.payloadLength());
    }

    /** RFC 1122 section 3.3.6: what the link brought to many cannot be meant for one. */
    private boolean isOurs(long high, long low) {
        return (!isForGroup
                        && low == tunnels.self().low()
                        && high == tunnels.self().high())
                || tunnels.isJoined(high, low)
                || tunnels.isOverhearing();
    }

    /** @param payload bytes of the IP packet's payload; {@code left} of them at hand */
    private int decideDatagram(long frame, int at, int left, int payload) {
        datagram = at;
        if (left < UdpHeader.LENGTH || !tunnels.isOurs(udp.wrap(bytes, at).destinationPort())) {
            return FOR_OTHERS;
        }
        if (udp.check(Math.min(left, payload), payload) != Malformed.NONE) {
            return dropping(Drop.UDP_SENSELESS);
        }
        int length = udp.length();
        if (length < VXLAN || left < VXLAN) {
            return dropping(Drop.VXLAN_TRUNCATED);
        }
        var wrong = wrongChecksum(frame, length);
        if (wrong != null) {
            return dropping(wrong);
        }
        if (!vxlan.wrap(bytes, at + UdpHeader.LENGTH).hasVni()) {
            return dropping(Drop.VXLAN_NO_VNI);
        }
        if (tunnels.isOverhearing()) {
            var anybody = tunnels.overheard(vxlan.vni());
            return anybody == null
                    ? dropping(Drop.VXLAN_UNKNOWN_VNI)
                    : decideInner(frame, anybody.tunnel, length, anybody);
        }
        var from = tunnels.sender(vxlan.vni(), sourceHigh, sourceLow);
        if (from == null || from.tunnel.settings().port() != udp.destinationPort()) {
            return decideStranger(frame, length);
        }
        return decideInner(frame, from.tunnel, length, from);
    }

    /** RFC 768: 0 says that there is none. One that the sender left to its network card was never on a wire. */
    private @Nullable Drop wrongChecksum(long frame, int length) {
        int checksum = udp.checksum();
        if (checksum == UdpHeader.NO_CHECKSUM || Frame.isCut(frame) || tunnels.isOverhearing()) {
            return null;
        }
        long state = pool().offload(frame);
        if (Offload.needsChecksum(state) && Offload.checksumStart(state) == datagram - Frame.head(frame)) {
            return null;
        }
        if (Frame.isOffloaded(frame)) {
            return null; // what is inside is not yet what the sum was made over
        }
        int pseudoHeader = tunnels.isV6() ? ipv6.pseudoHeader(length, IpProtocol.UDP) : ipv4.pseudoHeader(length);
        int sum = InternetChecksum.add(pseudoHeader, InternetChecksum.sum(bytes, datagram, length));
        return InternetChecksum.isGood(sum) ? null : Drop.UDP_CHECKSUM;
    }

    /** Nobody we know in that overlay: says why it stays outside, or lets it in where the network is open. */
    private int decideStranger(long frame, int length) {
        var tunnel = tunnels.find(vxlan.vni());
        if (tunnel == null || tunnel.settings().port() != udp.destinationPort()) {
            return dropping(Drop.VXLAN_UNKNOWN_VNI);
        }
        if (sourceHigh == tunnels.self().high() && sourceLow == tunnels.self().low()) {
            return dropping(Drop.VXLAN_OWN_ADDRESS);
        }
        if (!tunnel.settings().open() || !Tunnels.isHost(sourceHigh, sourceLow)) {
            return dropping(Drop.VXLAN_FOREIGN_VTEP);
        }
        return decideInner(frame, tunnel, length, null);
    }

    /** @param from null: somebody who is let in when all else is right */
    private int decideInner(long frame, Tunnel tunnel, int length, @Nullable Peer from) {
        if (tunnel.refusesReserved() && vxlan.hasReservedBits()) {
            return dropping(Drop.VXLAN_RESERVED_BITS);
        }
        if (udp.checksum() == UdpHeader.NO_CHECKSUM && !tunnel.takesUnchecked()) {
            return dropping(Drop.UDP_UNCHECKED);
        }
        if (length < VXLAN + EthernetHeader.LENGTH) {
            return dropping(Drop.INNER_TRUNCATED);
        }
        int outer = datagram + VXLAN - Frame.head(frame);
        if (Frame.length(frame) < outer + EthernetHeader.LENGTH) {
            return dropping(Drop.ETHERNET_CUT);
        }
        int head = datagram + VXLAN;
        if (!tunnel.keepsTags() && EtherType.isVlan(ethernet.wrap(bytes, head).type())) {
            return dropping(Drop.INNER_VLAN);
        }
        inner = unwrapped(frame, outer, length - VXLAN);
        boolean marked = Congestion.isMarked(outerService) && !tunnels.isOverhearing();
        if (marked && !congestion.carry(inner, outerService)) {
            return dropping(Drop.INNER_CONGESTION);
        }
        var sender = from == null ? tunnel.admit(new Ipv6Address(sourceHigh, sourceLow)) : from;
        if (sender == null) {
            return dropping(Drop.VXLAN_TOO_MANY_PEERS);
        }
        peer = sender;
        return sender.number;
    }

    /** Takes {@code outer} bytes off the front, and all that follows the {@code length} bytes behind. */
    private long unwrapped(long frame, int outer, int length) {
        long bare = Frame.pull(frame, outer);
        if (Frame.isOffloaded(bare)) {
            long state = pool().offload(frame);
            boolean outside = Offload.needsChecksum(state) && Offload.checksumStart(state) < outer;
            bare = pool().offload(bare, outside ? Offload.NONE : Offload.shifted(state, -outer));
        }
        if (Frame.isCut(bare)) {
            int kept = Math.min(length, Frame.length(bare));
            return kept == length
                    ? FramePool.whole(Frame.trimmed(bare, kept))
                    : pool().cut(Frame.trimmed(bare, kept), length - kept);
        }
        return Frame.trimmed(bare, length);
    }

    private static int dropping(Drop why) {
        return DROP - why.ordinal();
    }

    private void tell(long frame, int way) {
        var witness = graph().witness();
        if (witness != null) {
            witness.decided(this, frame, way);
        }
    }

    @Override
    public String explain(int decision, long frame) {
        if (decision < 0) {
            return "drop: " + DROPS[DROP - decision].sentence();
        }
        var from = peer;
        if (from == null) {
            return "";
        }
        var sender = tunnels.isOverhearing() ? new Ipv6Address(sourceHigh, sourceLow) : from.address;
        return "VNI " + from.tunnel.vni() + ", from " + Tunnels.text(sender) + ": to network " + from.tunnel.network();
    }
}
