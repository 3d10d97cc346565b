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
import io.millrace.dataplane.frame.Offload;
import io.millrace.vtep.network.Network;
import java.nio.ByteOrder;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What stands around a frame in a tunnel, RFC 7348 section 5: Ethernet, IP, UDP, VXLAN; 50 bytes over IPv4, 70 over IPv6.
 *
 * <p>All but a few fields are the same for every frame to one peer. They are made ready beforehand as words that end where
 * the frame begins; the first word reaches into the headroom before the new first byte, where nobody reads. In those words
 * every field that differs from frame to frame is 0, and happens to lie in one word:
 *
 * <pre>
 *  IPv4   0 –, destination   1 source …   2 type, service, length   3 TTL, protocol, checksum   4 addresses
 *         5 UDP              6 VXLAN
 *  IPv6   0 –, destination   1 source, type   2 traffic, length, next header, hops   3–6 addresses
 *         7 UDP              8 VXLAN
 * </pre>
 *
 * <p>The packet is never fragmented (DF), so its identification may stay 0 (RFC 6864 section 4.1).
 */
final class OuterHeaders {
    /** In bytes, from the frame's first one back. */
    private static final int UDP = UdpHeader.LENGTH + VxlanHeader.LENGTH;

    private static final int V4_WORDS = 7;
    private static final int V4_LENGTH = length(false);
    private static final int V6_WORDS = 9;

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
        this.v6 = !self.isIpv4();
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
                    .traffic(0, 0)
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
        write(bytes, at, length, flow, peer);
        if (peer.tunnel.hasChecksum() && !Frame.isCut(frame)) {
            checksum(bytes, at - this.length + EthernetHeader.LENGTH, at - UDP, length + UDP);
        }
        long wrapped = Frame.push(frame, this.length);
        pool.shifted(wrapped, this.length);
        return wrapped;
    }

    /**
     * Puts a peer's headers in front of several frames in one, each but the first with a VXLAN header already. Whoever
     * takes them apart sums: there is always a checksum then.
     *
     * @param size bytes of each datagram's payload but the last one's
     */
    long wrapTrain(FramePool pool, long frames, int size, long flow, Peer peer) {
        var bytes = pool.buffer();
        int at = Frame.head(frames);
        int length = Frame.length(frames);
        write(bytes, at, length, flow, peer);
        udp.wrap(bytes, at - UDP).checksum(pseudoHeader(bytes, at - this.length + EthernetHeader.LENGTH, length + UDP));
        return pool.offload(
                Frame.push(frames, this.length),
                Offload.of(Offload.UDP, size, this.length - UDP, UdpHeader.LENGTH - 2));
    }

    /** Whether {@link #wrapPlain} serves a tunnel's frames: over IPv4, without UDP checksum. */
    boolean isPlain(Tunnel tunnel) {
        return !v6 && !tunnel.hasChecksum();
    }

    /** {@link #wrap} for a frame that is {@linkplain Frame#isPlain whole}, in a tunnel that {@linkplain #isPlain allows it}. */
    static long wrapPlain(UnsafeBuffer bytes, long frame, long flow, Peer peer) {
        int at = Frame.head(frame);
        bytes.boundsCheck(at - V4_WORDS * Long.BYTES, V4_WORDS * Long.BYTES);
        writeV4(bytes, at, Frame.length(frame), flow, peer);
        return Frame.push(frame, V4_LENGTH);
    }

    private void write(UnsafeBuffer bytes, int at, int length, long flow, Peer peer) {
        int words = peer.headers.length;
        bytes.boundsCheck(at - words * Long.BYTES, words * Long.BYTES); // once, for all that is written below
        if (v6) {
            writeV6(bytes, at, length, flow, peer);
        } else {
            writeV4(bytes, at, length, flow, peer);
        }
    }

    private static void writeV4(UnsafeBuffer bytes, int at, int length, long flow, Peer peer) {
        var words = peer.headers;
        long last = words[6]; // first, so that the others need no check of their own
        var tunnel = peer.tunnel;
        int service = tunnel.service(flow);
        int total = length + UDP + Ipv4Header.LENGTH;
        int sum = peer.sum + total + service;
        sum = (sum & 0xFFFF) + (sum >>> 16);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        long udp = (long) tunnel.sourcePort(FlowHash.hash(flow)) << 48 | (length + UDP & 0xFFFFL) << 16;
        put(bytes, at - 56, words[0]);
        put(bytes, at - 48, words[1]);
        put(bytes, at - 40, words[2] | memory(service << 16 | total));
        put(bytes, at - 32, words[3] | memory(InternetChecksum.complement(sum)));
        put(bytes, at - 24, words[4]);
        put(bytes, at - 16, words[5] | memory(udp));
        put(bytes, at - 8, last);
    }

    private static void writeV6(UnsafeBuffer bytes, int at, int length, long flow, Peer peer) {
        var words = peer.headers;
        var tunnel = peer.tunnel;
        int hash = FlowHash.hash(flow);
        long traffic = (long) tunnel.service(flow) << 52 | (long) (hash & 0xF_FFFF) << 32;
        long datagram = (long) (length + UDP) << 16;
        put(bytes, at - 72, words[0]);
        put(bytes, at - 64, words[1]);
        put(bytes, at - 56, words[2] | memory(traffic | datagram));
        put(bytes, at - 48, words[3]);
        put(bytes, at - 40, words[4]);
        put(bytes, at - 32, words[5]);
        put(bytes, at - 24, words[6]);
        put(bytes, at - 16, words[7] | memory((long) tunnel.sourcePort(hash) << 48 | datagram));
        put(bytes, at - 8, words[8]);
    }

    private static void put(UnsafeBuffer bytes, int at, long word) {
        UnsafeApi.putLong(bytes.byteArray(), bytes.addressOffset() + at, word);
    }

    /** A big-endian word as the machine would read it from memory. */
    private static long memory(long word) {
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? Long.reverseBytes(word) : word;
    }

    private void checksum(UnsafeBuffer bytes, int network, int datagram, int length) {
        udp.wrap(bytes, datagram).writeChecksum(pseudoHeader(bytes, network, length));
    }

    private int pseudoHeader(UnsafeBuffer bytes, int network, int length) {
        return v6
                ? ipv6.wrap(bytes, network).pseudoHeader(length, IpProtocol.UDP)
                : ipv4.wrap(bytes, network).pseudoHeader(length);
    }

    static boolean hasChecksum(Network.Vtep settings, boolean v6) {
        var said = settings.checksum();
        return said == null ? v6 : said == Network.Vtep.Checksum.FULL;
    }
}
