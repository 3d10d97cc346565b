package io.millrace.vtep.vxlan;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.FlowHash;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VxlanHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.vtep.network.Network;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What stands around a frame in a tunnel, RFC 7348 section 5: Ethernet, IP, UDP, VXLAN; 50 bytes over IPv4, 70 over IPv6.
 *
 * <p>All but a few fields are the same for every frame to one peer. They are made ready beforehand as words that end where
 * the frame begins; the first word reaches into the headroom before the new first byte, where nobody reads. The packet is
 * never fragmented (DF), so its identification may stay 0 (RFC 6864 section 4.1).
 */
final class OuterHeaders {
    /** In bytes, from the frame's first one back. */
    private static final int UDP = UdpHeader.LENGTH + VxlanHeader.LENGTH;

    private static final int V4_WORDS = 7;
    private static final int V6_WORDS = 9;
    private static final int TOTAL_LENGTH = 2;
    private static final int PAYLOAD_LENGTH = 4;
    private static final int CHECKSUM = 10;

    private final Tunnels tunnels;
    private final Ipv6Address self;
    private final boolean v6;
    private final int length;
    private final UnsafeBuffer image = new UnsafeBuffer(new byte[V6_WORDS * Long.BYTES]);
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final UdpHeader udp = new UdpHeader();
    private final VxlanHeader vxlan = new VxlanHeader();

    OuterHeaders(Tunnels tunnels, Ipv6Address self) {
        this.tunnels = tunnels;
        this.self = self;
        this.v6 = !Tunnels.isIpv4(self);
        this.length = length(v6);
    }

    /** In bytes: 50 or 70. */
    static int length(boolean v6) {
        return EthernetHeader.LENGTH + (v6 ? Ipv6Header.LENGTH : Ipv4Header.LENGTH) + UDP;
    }

    /** In bytes: 50 or 70. */
    int length() {
        return length;
    }

    /** Makes a peer's headers ready; {@code hop} is the Ethernet address of the next one on the way there. */
    void write(Peer peer, long hop) {
        int words = v6 ? V6_WORDS : V4_WORDS;
        int at = words * Long.BYTES - length;
        image.setMemory(0, image.capacity(), (byte) 0);
        ethernet.wrap(image, at).destination(hop).source(tunnels.mac()).type(v6 ? EtherType.IPV6 : EtherType.IPV4);
        var settings = peer.tunnel.settings();
        int network = at + EthernetHeader.LENGTH;
        if (v6) {
            ipv6.wrap(image, network)
                    .nextHeader(IpProtocol.UDP)
                    .hopLimit(settings.ttl())
                    .source(self.high(), self.low())
                    .destination(peer.address.high(), peer.address.low());
        } else {
            ipv4.wrap(image, network)
                    .plain()
                    .fragment(true, false, 0)
                    .timeToLive(settings.ttl())
                    .protocol(IpProtocol.UDP)
                    .source((int) self.low())
                    .destination((int) peer.address.low());
            peer.sum = InternetChecksum.sum(image, network, Ipv4Header.LENGTH);
        }
        udp.wrap(image, at + length - UDP).destinationPort(settings.port());
        vxlan.wrap(image, at + length - VxlanHeader.LENGTH).vni(peer.tunnel.vni());
        var headers = new long[words];
        for (int i = 0; i < words; i++) {
            headers[i] = image.getLong(i * Long.BYTES);
        }
        peer.headers = headers;
    }

    /**
     * Puts a peer's headers in front of a frame.
     *
     * @param length bytes of the frame, also of those that a capture has not kept
     * @param flow the frame's; see {@link FlowHash}
     */
    long wrap(FramePool pool, long frame, int length, long flow, Peer peer) {
        var bytes = pool.buffer();
        int at = Frame.head(frame);
        var words = peer.headers;
        int to = at - words.length * Long.BYTES;
        for (int i = 0; i < words.length; i++) {
            bytes.putLong(to, words[i]);
            to += Long.BYTES;
        }
        var tunnel = peer.tunnel;
        int hash = FlowHash.hash(flow);
        u16(bytes, at - UDP, tunnel.sourcePort(hash));
        u16(bytes, at - UDP + 4, length + UDP);
        int service = tunnel.service(flow);
        int network = at - this.length + EthernetHeader.LENGTH;
        if (v6) {
            bytes.putInt(network, 6 << 28 | service << 20 | hash & 0xF_FFFF, ByteOrder.BIG_ENDIAN);
            u16(bytes, network + PAYLOAD_LENGTH, length + UDP);
        } else {
            int total = length + UDP + Ipv4Header.LENGTH;
            int sum = peer.sum + total + service;
            sum = (sum & 0xFFFF) + (sum >>> 16);
            u16(bytes, network, 0x4500 | service);
            u16(bytes, network + TOTAL_LENGTH, total);
            u16(bytes, network + CHECKSUM, ~(sum + (sum >>> 16)));
        }
        if (tunnel.hasChecksum() && !Frame.isCut(frame)) {
            checksum(bytes, network, at - UDP, length + UDP);
        }
        long wrapped = Frame.push(frame, this.length);
        pool.shifted(wrapped, this.length);
        return wrapped;
    }

    private void checksum(UnsafeBuffer bytes, int network, int datagram, int length) {
        int pseudoHeader = v6
                ? ipv6.wrap(bytes, network).pseudoHeader(length, IpProtocol.UDP)
                : ipv4.wrap(bytes, network).pseudoHeader(length);
        udp.wrap(bytes, datagram).writeChecksum(pseudoHeader);
    }

    private static void u16(UnsafeBuffer bytes, int at, int value) {
        bytes.putShort(at, (short) value, ByteOrder.BIG_ENDIAN);
    }

    static boolean hasChecksum(Network.Vtep settings, boolean v6) {
        var said = settings.checksum();
        return said == null ? v6 : said == Network.Vtep.Checksum.FULL;
    }
}
