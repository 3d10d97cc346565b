package io.millrace.dataplane.port;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VlanTag;
import io.millrace.codec.VxlanHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.frame.Segmenter;
import io.millrace.dataplane.graph.Link;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Cuts the segments of a host that has a tunnel of its own: inside of UDP, behind a VXLAN or Geneve header, one long
 * Ethernet frame. A virtio-net header of ten bytes tells only of the inner segment, as if there were nothing around it,
 * and no receiver could cut it by that; so it is cut as it comes in. The outer headers go in front of each piece, with
 * their lengths, identification and checksums, as Linux has it (net/ipv4/udp_offload.c).
 *
 * <p>One thread. What there was no room for waits here.
 */
final class TunnelSegments implements AutoCloseable {
    private static final int ETHERNET_INSIDE = 0x6558; // Geneve's protocol type, RFC 8926 3.4
    private static final int MOST_OUTSIDE = 128;
    private static final int MOST_TAGS = 2;

    private final FramePool pool;
    private final AtomicLong lost;
    private final UnsafeBuffer bytes;
    private final Segmenter segmenter;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final VlanTag tag = new VlanTag();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final UdpHeader udp = new UdpHeader();

    private long inner = Frame.NONE;
    private int outside;
    private int network;
    private int transport;
    private boolean v6;
    private int made;

    /** @param lost counts what was given up as the pool was empty */
    TunnelSegments(FramePool pool, AtomicLong lost) {
        this.pool = pool;
        this.lost = lost;
        this.bytes = pool.buffer();
        this.segmenter = new Segmenter(pool);
    }

    /** Takes a segmented frame that is a tunnel's; false: it is not, and still the caller's. */
    boolean take(long frame) {
        assert inner == Frame.NONE;
        long state = pool.offload(frame);
        if (!findDatagram(frame) || Offload.checksumStart(state) <= transport + UdpHeader.LENGTH) {
            return false;
        }
        int tunnel = transport + UdpHeader.LENGTH;
        int at = Frame.head(frame) + tunnel;
        if (opens(frame, state, tunnel + VxlanHeader.LENGTH)
                || (bytes.getShort(at + 2, ByteOrder.BIG_ENDIAN) == ETHERNET_INSIDE
                        && opens(frame, state, tunnel + 8 + (bytes.getByte(at) & 0x3F) * 4))) {
            made = 0;
            return true;
        }
        pool.offload(frame, state);
        return false;
    }

    /** Whether behind {@code outside} bytes a frame begins that is to be cut. */
    private boolean opens(long frame, long state, int outside) {
        if (outside > MOST_OUTSIDE || outside + EthernetHeader.LENGTH > Offload.checksumStart(state)) {
            return false;
        }
        long within = pool.offload(Frame.pull(frame, outside), Offload.shifted(state, -outside));
        if (!segmenter.wrap(within)) {
            return false;
        }
        this.inner = within;
        this.outside = outside;
        return true;
    }

    /** Finds the UDP header behind at most two tags; false when there is none. */
    private boolean findDatagram(long frame) {
        int head = Frame.head(frame);
        network = EthernetHeader.LENGTH;
        int type = ethernet.wrap(bytes, head).type();
        for (int tags = 0; EtherType.isVlan(type) && tags < MOST_TAGS; tags++) {
            type = tag.wrap(bytes, head + network).type();
            network += VlanTag.LENGTH;
        }
        v6 = type == EtherType.IPV6;
        if (v6) {
            transport = network + Ipv6Header.LENGTH;
            return ipv6.wrap(bytes, head + network).nextHeader() == IpProtocol.UDP;
        }
        transport = network + ipv4.wrap(bytes, head + network).headerLength();
        return type == EtherType.IPV4 && ipv4.protocol() == IpProtocol.UDP;
    }

    /** Adds at most {@code atMost} pieces to the end of {@code into}; returns how many. */
    int receive(Link into, int atMost) {
        int came = 0;
        while (inner != Frame.NONE && came < atMost) {
            long piece = segmenter.next();
            if (piece == Frame.NONE) {
                lost.setOpaque(lost.getPlain() + segmenter.left());
                close();
                break;
            }
            into.offer(wrapped(piece));
            came++;
            if (segmenter.left() == 0) {
                close();
            }
        }
        return came;
    }

    private long wrapped(long piece) {
        long frame = Frame.push(piece, outside);
        int head = Frame.head(frame);
        bytes.putBytes(head, bytes, Frame.head(inner) - outside, outside);
        int length = Frame.length(frame) - transport;
        int pseudoHeader;
        if (v6) {
            pseudoHeader =
                    ipv6.wrap(bytes, head + network).payloadLength(length).pseudoHeader(length, IpProtocol.UDP);
        } else {
            ipv4.wrap(bytes, head + network).totalLength(transport - network + length);
            ipv4.identification(ipv4.identification() + made & 0xFFFF).writeChecksum();
            pseudoHeader = ipv4.pseudoHeader(length);
        }
        udp.wrap(bytes, head + transport).length(length);
        if (udp.checksum() != UdpHeader.NO_CHECKSUM) {
            udp.writeChecksum(pseudoHeader);
        }
        made++;
        return frame;
    }

    /** Frames that wait: 1 or 0. */
    int held() {
        return inner == Frame.NONE ? 0 : 1;
    }

    /** Gives back what waits. */
    @Override
    public void close() {
        if (inner != Frame.NONE) {
            pool.free(inner);
            inner = Frame.NONE;
        }
    }
}
