package io.millrace.dataplane.frame;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Extensions;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.Malformed;
import io.millrace.codec.TcpHeader;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VlanTag;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Does to a frame what its sender left to the network card ({@link Offload}): finishes its checksum, or cuts it into
 * segments. The bytes that come out are those Linux makes in software (net/ipv4/tcp_offload.c, udp_offload.c).
 *
 * <p>{@link #wrap} looks at a frame once and says whether what is asked fits it; nobody vouches for that, it may come from
 * a guest. Then {@link #finish} when it {@link #isWhole}, else {@link #next} for each of its {@link #left} segments. One
 * thread; nothing is allocated but frames.
 */
public final class Segmenter {
    private static final int MOST_TAGS = 2;

    /** Where the flags stand in a TCP header, in bytes. */
    private static final int TCP_FLAGS = 13;

    private static final int TCP_CHECKSUM = 16;
    private static final int UDP_CHECKSUM = 6;

    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final VlanTag tag = new VlanTag();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final Ipv6Extensions extensions = new Ipv6Extensions();
    private final TcpHeader tcp = new TcpHeader();
    private final UdpHeader udp = new UdpHeader();

    private long frame;
    private long state;

    // Of a segmented frame; all positions and lengths in bytes, positions from the frame's first.
    private boolean v6;
    private boolean datagrams;
    private boolean unchecked;
    private int network;
    private int transport;
    private int headers;
    private int payload;
    private int pseudoHeader;
    private int count;
    private int made;

    public Segmenter(FramePool pool) {
        this.pool = pool;
        this.bytes = pool.buffer();
    }

    /** Takes up an {@linkplain Frame#isOffloaded offloaded} frame; false when what it asks for does not fit it. */
    public boolean wrap(long frame) {
        this.frame = frame;
        this.state = pool.offload(frame);
        count = 1;
        made = 0;
        return checksumFits() && (!Offload.isSegmented(state) || segmentsFit());
    }

    /** Whether one frame comes of it, the same one: all it needs is {@link #finish}. */
    public boolean isWhole() {
        return count == 1;
    }

    /** How many segments are still to be made. */
    public int left() {
        return count - made;
    }

    /** Bytes of a segmented frame's longest segment, all headers counted, the frame check sequence not. */
    public int longest() {
        return headers + Math.min(payload, Offload.segmentSize(state));
    }

    /** The frame with its checksum in place, by nothing but its bytes. */
    public long finish() {
        if (Offload.needsChecksum(state)) {
            int start = Offload.checksumStart(state);
            // 0 is written as 0xFFFF whatever the protocol: the same to all, and UDP's 0 would mean that there is none.
            InternetChecksum.finish(
                    bytes, Frame.head(frame) + start, Frame.length(frame) - start, Offload.checksumOffset(state), true);
        }
        return pool.offload(frame, Offload.NONE);
    }

    /** The next segment, a frame of its own; {@link Frame#NONE} when the pool is exhausted: then it may be asked again. */
    public long next() {
        long segment = pool.allocate(nextLength());
        if (segment == Frame.NONE) {
            return Frame.NONE;
        }
        write(Frame.head(segment));
        return Frame.from(segment, Frame.ingress(frame));
    }

    /** Bytes of the next segment. */
    public int nextLength() {
        int size = Offload.segmentSize(state);
        return headers + Math.min(size, payload - made * size);
    }

    /** Writes the next segment to where the caller has room for it: {@code to} is an index into the pool's buffer. */
    public void write(int to) {
        assert left() > 0;
        int from = made * Offload.segmentSize(state);
        int data = nextLength() - headers;
        int source = Frame.head(frame);
        bytes.putBytes(to, bytes, source, headers);
        bytes.putBytes(to + headers, bytes, source + headers + from, data);
        int length = headers - transport + data;
        writeNetwork(to + network, transport - network + length);
        writeTransport(to + transport, length, from);
        made++;
    }

    private void writeNetwork(int at, int length) {
        if (v6) {
            ipv6.wrap(bytes, at).payloadLength(length - Ipv6Header.LENGTH);
        } else {
            // One number each, also with DF, as RFC 6864 allows and Linux does.
            ipv4.wrap(bytes, at).totalLength(length);
            ipv4.identification(ipv4.identification() + made & 0xFFFF).writeChecksum();
        }
    }

    private void writeTransport(int at, int length, int from) {
        int partial = InternetChecksum.partial32(pseudoHeader, 0, length);
        if (!datagrams) {
            tcp.wrap(bytes, at).sequenceNumber(tcp.sequenceNumber() + from).checksum(partial);
            bytes.putByte(at + TCP_FLAGS, (byte) (bytes.getByte(at + TCP_FLAGS) & ~flagsOfOthers()));
            InternetChecksum.finish(bytes, at, length, TCP_CHECKSUM, false);
            return;
        }
        udp.wrap(bytes, at).length(length);
        if (!unchecked) {
            udp.checksum(partial);
            InternetChecksum.finish(bytes, at, length, UDP_CHECKSUM, true);
        }
    }

    /**
     * The flags that this segment has not: FIN and PSH are the last one's, and CWR answers once (RFC 3168 6.1.2). Without
     * {@link Offload#ECN} CWR is a bit of a counter (AccECN), the same in each.
     */
    private int flagsOfOthers() {
        int flags = made < count - 1 ? TcpHeader.FIN | TcpHeader.PSH : 0;
        return made > 0 && Offload.hasEcn(state) ? flags | TcpHeader.CWR : flags;
    }

    private boolean checksumFits() {
        if (!Offload.needsChecksum(state)) {
            return true;
        }
        int start = Offload.checksumStart(state);
        int offset = Offload.checksumOffset(state);
        return start >= EthernetHeader.LENGTH && (offset & 1) == 0 && start + offset + 2 <= Frame.length(frame);
    }

    private boolean segmentsFit() {
        int type = Offload.type(state);
        datagrams = type == Offload.UDP;
        if (Offload.segmentSize(state) == 0
                || (!datagrams && type != Offload.TCP_V4 && type != Offload.TCP_V6)
                || !findTransport(type)
                || !findPayload()) {
            return false;
        }
        if (Offload.needsChecksum(state)
                && (Offload.checksumStart(state) != transport
                        || Offload.checksumOffset(state) != (datagrams ? UDP_CHECKSUM : TCP_CHECKSUM))) {
            return false;
        }
        payload = Frame.length(frame) - headers;
        count = Math.max(1, Math.ceilDiv(payload, Offload.segmentSize(state)));
        pseudoHeader = pseudoHeader();
        return true;
    }

    /** Finds the network header behind at most two tags, and the transport header behind that. */
    private boolean findTransport(int type) {
        int head = Frame.head(frame);
        int length = Frame.length(frame);
        network = EthernetHeader.LENGTH;
        if (length < network) {
            return false;
        }
        int etherType = ethernet.wrap(bytes, head).type();
        for (int tags = 0; EtherType.isVlan(etherType); tags++) {
            if (tags == MOST_TAGS || length < network + VlanTag.LENGTH) {
                return false;
            }
            etherType = tag.wrap(bytes, head + network).type();
            network += VlanTag.LENGTH;
        }
        v6 = etherType == EtherType.IPV6;
        int protocol = datagrams ? IpProtocol.UDP : IpProtocol.TCP;
        return v6
                ? type != Offload.TCP_V4 && behindIpv6(head + network, length - network, protocol)
                : etherType == EtherType.IPV4
                        && type != Offload.TCP_V6
                        && behindIpv4(head + network, length - network, protocol);
    }

    /** The total length is not asked for: it is written anew, and 16 bits may not have held it. */
    private boolean behindIpv4(int at, int available, int protocol) {
        if (available < Ipv4Header.LENGTH) {
            return false;
        }
        ipv4.wrap(bytes, at);
        transport = network + ipv4.headerLength();
        return ipv4.version() == 4
                && ipv4.headerLength() >= Ipv4Header.LENGTH
                && ipv4.headerLength() <= available
                && !ipv4.isFragment()
                && ipv4.protocol() == protocol;
    }

    private boolean behindIpv6(int at, int available, int protocol) {
        if (available < Ipv6Header.LENGTH || ipv6.wrap(bytes, at).version() != 6) {
            return false;
        }
        int rest = available - Ipv6Header.LENGTH;
        if (extensions.walk(bytes, at + Ipv6Header.LENGTH, ipv6.nextHeader(), rest, rest) != Malformed.NONE) {
            return false;
        }
        transport = network + Ipv6Header.LENGTH + extensions.length();
        return extensions.upperLayer() == protocol && !extensions.hasFragmentHeader();
    }

    private boolean findPayload() {
        int available = Frame.length(frame) - transport;
        int at = Frame.head(frame) + transport;
        if (datagrams) {
            headers = transport + UdpHeader.LENGTH;
            unchecked = !Offload.needsChecksum(state)
                    && available >= UdpHeader.LENGTH
                    && udp.wrap(bytes, at).checksum() == UdpHeader.NO_CHECKSUM;
            return available >= UdpHeader.LENGTH;
        }
        if (available < TcpHeader.LENGTH) {
            return false;
        }
        int length = tcp.wrap(bytes, at).headerLength();
        headers = transport + length;
        return length >= TcpHeader.LENGTH && length <= available;
    }

    /**
     * The sum of the pseudo-header without the length. The sender has summed it, length included, and knows the final
     * destination behind a routing header; only where the sender has not, the addresses are summed.
     */
    private int pseudoHeader() {
        int at = Frame.head(frame) + transport;
        if (Offload.needsChecksum(state)) {
            int partial = datagrams
                    ? udp.wrap(bytes, at).checksum()
                    : tcp.wrap(bytes, at).checksum();
            return InternetChecksum.partial32(partial, Frame.length(frame) - transport, 0);
        }
        return v6 ? ipv6.pseudoHeader(0, datagrams ? IpProtocol.UDP : IpProtocol.TCP) : ipv4.pseudoHeader(0);
    }
}
