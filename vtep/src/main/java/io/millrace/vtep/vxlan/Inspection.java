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
import io.millrace.dataplane.graph.Drop;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Judges a frame of the underlay port, header by header, each check with the name of the drop it may end in; and takes the
 * outer headers off the one that passes. No table is touched before all checks are through.
 */
final class Inspection {
    /** It is no VXLAN packet for us: somebody else may want it. */
    static final int FOR_OTHERS = -1;

    /** From here down: a drop, by its ordinal. */
    private static final int DROP = -16;

    private static final int VXLAN = UdpHeader.LENGTH + VxlanHeader.LENGTH;
    private static final Drop[] DROPS = Drop.values();

    private final Tunnels tunnels;
    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final UdpHeader udp = new UdpHeader();
    private final VxlanHeader vxlan = new VxlanHeader();
    private final Congestion congestion;

    // Of the frame in hand. Positions are indexes into the pool's buffer.
    private long sourceHigh;
    private long sourceLow;
    private int datagram;
    private int outerService;
    private boolean isForGroup;
    private @Nullable Peer peer;
    private long inner;

    Inspection(Tunnels tunnels, FramePool pool) {
        this.tunnels = tunnels;
        this.pool = pool;
        this.bytes = pool.buffer();
        this.congestion = new Congestion(bytes);
    }

    /** Whom the last frame that passed came from. */
    @Nullable
    Peer peer() {
        return peer;
    }

    /** The source address of the last packet, as it says itself. */
    Ipv6Address source() {
        return new Ipv6Address(sourceHigh, sourceLow);
    }

    /** What was inside the last frame that passed. */
    long inner() {
        return inner;
    }

    /** The drop that an answer of {@link #decide} means which is neither a port nor {@link #FOR_OTHERS}. */
    static Drop drop(int way) {
        return DROPS[DROP - way];
    }

    private static int dropping(Drop why) {
        return DROP - why.ordinal();
    }

    /** The number of the sender's port; or {@link #FOR_OTHERS}; or below that a {@link #drop}. */
    int decide(long frame) {
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
        int original = pool.originalLength(frame) - header;
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
        if (!isOurs(0, Ipv6Address.mapped(ipv4.destination()))) {
            return dropping(Drop.NOT_OURS);
        }
        if (ipv4.isFragment()) {
            return unfit(Drop.IP_FRAGMENT);
        }
        sourceHigh = 0;
        sourceLow = Ipv6Address.mapped(ipv4.source());
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
        long state = pool.offload(frame);
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
        var sender = from == null ? tunnel.admit(source()) : from;
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
            long state = pool.offload(frame);
            boolean outside = Offload.needsChecksum(state) && Offload.checksumStart(state) < outer;
            bare = pool.offload(bare, outside ? Offload.NONE : Offload.shifted(state, -outer));
        }
        if (Frame.isCut(bare)) {
            int kept = Math.min(length, Frame.length(bare));
            return kept == length
                    ? FramePool.whole(Frame.trimmed(bare, kept))
                    : pool.cut(Frame.trimmed(bare, kept), length - kept);
        }
        return Frame.trimmed(bare, length);
    }
}
