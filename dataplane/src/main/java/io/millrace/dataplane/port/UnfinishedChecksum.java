package io.millrace.dataplane.port;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.TcpHeader;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VlanTag;
import io.millrace.codec.VxlanHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Port;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Finds out what a sender left to its network card, where nothing tells: behind libpcap and AF_XDP. A checksum that holds
 * but the sum of its pseudo-header is unfinished, unless it happens to be right as it stands; a TCP segment longer than
 * the MTU is many in one.
 *
 * <p>Any other checksum stays what it is, right or wrong. Looks at TCP and UDP over IPv4 and IPv6 behind at most two tags,
 * and also into VXLAN, where the inner checksum may be the unfinished one. Allocates nothing.
 */
final class UnfinishedChecksum {
    private static final int TAGS = 2;
    private static final int EXTENSIONS = 8;
    private static final int VXLAN = 4789;
    private static final int NOT_THERE = -1;
    private static final int CWR = TcpHeader.CWR;

    private UnfinishedChecksum() {}

    /** The same frame, with the offload state it must have had; frames are never longer than the MTU here. */
    static long mark(FramePool pool, long frame) {
        return mark(pool, frame, Port.NO_MTU);
    }

    /** @param mtu bytes; a longer TCP packet is taken for segments of this length in one */
    static long mark(FramePool pool, long frame, int mtu) {
        var bytes = pool.buffer();
        int head = Frame.head(frame);
        int end = head + Frame.length(frame);
        int network = network(bytes, head, end);
        long transport = network == NOT_THERE ? NOT_THERE : transport(bytes, network, end);
        if (transport == NOT_THERE) {
            return frame;
        }
        if (protocol(transport) == IpProtocol.TCP && start(transport) + length(transport) - network > mtu) {
            return segmented(pool, frame, network, transport, mtu);
        }
        if (isUnfinished(bytes, network, transport)) {
            return marked(pool, frame, transport, Offload.WHOLE, 0);
        }
        return isVxlan(bytes, transport) ? markInner(pool, frame, start(transport), end) : frame;
    }

    /**
     * The same for a UDP datagram that stands for several.
     *
     * @param size bytes of payload of each but the last
     */
    static long markTrain(FramePool pool, long frame, int size) {
        var bytes = pool.buffer();
        int head = Frame.head(frame);
        int end = head + Frame.length(frame);
        int network = network(bytes, head, end);
        long transport = network == NOT_THERE ? NOT_THERE : transport(bytes, network, end);
        return transport != NOT_THERE
                        && protocol(transport) == IpProtocol.UDP
                        && isUnfinished(bytes, network, transport)
                ? marked(pool, frame, transport, Offload.UDP, size)
                : frame;
    }

    private static long markInner(FramePool pool, long frame, int udp, int end) {
        var bytes = pool.buffer();
        int network = network(bytes, udp + UdpHeader.LENGTH + VxlanHeader.LENGTH, end);
        long transport = network == NOT_THERE ? NOT_THERE : transport(bytes, network, end);
        return transport != NOT_THERE && isUnfinished(bytes, network, transport)
                ? marked(pool, frame, transport, Offload.WHOLE, 0)
                : frame;
    }

    /** A long segment's checksum becomes the unfinished one that cutting asks for, unless it is wrong. */
    private static long segmented(FramePool pool, long frame, int network, long transport, int mtu) {
        var bytes = pool.buffer();
        int start = start(transport);
        int pseudo = pseudoHeader(bytes, network, transport);
        if (!isUnfinished(bytes, network, transport)) {
            if (!isRight(bytes, transport, pseudo)) {
                return frame;
            }
            bytes.putShort(field(transport), (short) pseudo, ByteOrder.BIG_ENDIAN);
        }
        int headers = start - network + ((bytes.getByte(start + 12) & 0xF0) >> 2);
        if (headers >= mtu) {
            return frame;
        }
        int type = version(bytes, network) == 4 ? Offload.TCP_V4 : Offload.TCP_V6;
        int ecn = (bytes.getByte(start + 13) & CWR) != 0 ? Offload.ECN : 0;
        return marked(pool, frame, transport, type | ecn, mtu - headers);
    }

    private static long marked(FramePool pool, long frame, long transport, int type, int size) {
        int start = start(transport);
        return pool.offload(frame, Offload.of(type, size, start - Frame.head(frame), field(transport) - start));
    }

    private static boolean isUnfinished(UnsafeBuffer bytes, int network, long transport) {
        int checksum = bytes.getShort(field(transport), ByteOrder.BIG_ENDIAN) & 0xFFFF;
        if (checksum == UdpHeader.NO_CHECKSUM && protocol(transport) == IpProtocol.UDP) {
            return false;
        }
        int pseudo = pseudoHeader(bytes, network, transport);
        return InternetChecksum.isPartial(checksum, pseudo) && !isRight(bytes, transport, pseudo);
    }

    private static boolean isRight(UnsafeBuffer bytes, long transport, int pseudo) {
        return InternetChecksum.isGood(
                InternetChecksum.add(pseudo, InternetChecksum.sum(bytes, start(transport), length(transport))));
    }

    private static boolean isVxlan(UnsafeBuffer bytes, long transport) {
        return protocol(transport) == IpProtocol.UDP
                && length(transport) > UdpHeader.LENGTH + VxlanHeader.LENGTH
                && (bytes.getShort(start(transport) + 2, ByteOrder.BIG_ENDIAN) & 0xFFFF) == VXLAN;
    }

    /** Where the IP header begins of the Ethernet frame at {@code at}. */
    private static int network(UnsafeBuffer bytes, int at, int end) {
        int type = at + EthernetHeader.LENGTH - 2;
        for (int tags = 0; type + 2 + Ipv4Header.LENGTH <= end; tags++) {
            int value = bytes.getShort(type, ByteOrder.BIG_ENDIAN) & 0xFFFF;
            if ((value == EtherType.IPV4 && version(bytes, type + 2) == 4)
                    || (value == EtherType.IPV6 && version(bytes, type + 2) == 6)) {
                return type + 2;
            }
            if (tags == TAGS || (value != EtherType.VLAN && value != EtherType.SERVICE_VLAN)) {
                break;
            }
            type += VlanTag.LENGTH;
        }
        return NOT_THERE;
    }

    /** The whole TCP segment or UDP datagram of the packet at {@code network}: protocol, length and start in one. */
    private static long transport(UnsafeBuffer bytes, int network, int end) {
        return version(bytes, network) == 4 ? transport4(bytes, network, end) : transport6(bytes, network, end);
    }

    private static long transport4(UnsafeBuffer bytes, int network, int end) {
        int header = (bytes.getByte(network) & 0xF) << 2;
        int total = bytes.getShort(network + 2, ByteOrder.BIG_ENDIAN) & 0xFFFF;
        boolean fragment = (bytes.getShort(network + 6, ByteOrder.BIG_ENDIAN) & 0x3FFF) != 0;
        if (header < Ipv4Header.LENGTH || network + total > end || fragment) {
            return NOT_THERE;
        }
        return transport(bytes.getByte(network + 9) & 0xFF, network + header, total - header);
    }

    private static long transport6(UnsafeBuffer bytes, int network, int end) {
        int start = network + Ipv6Header.LENGTH;
        if (start > end) {
            return NOT_THERE;
        }
        int last = start + (bytes.getShort(network + 4, ByteOrder.BIG_ENDIAN) & 0xFFFF);
        int next = bytes.getByte(network + 6) & 0xFF;
        for (int i = 0; i < EXTENSIONS && isPassed(next) && start + 8 <= Math.min(last, end); i++) {
            next = bytes.getByte(start) & 0xFF;
            start += ((bytes.getByte(start + 1) & 0xFF) + 1) << 3;
        }
        return last > end ? NOT_THERE : transport(next, start, last - start);
    }

    private static boolean isPassed(int next) {
        return next == IpProtocol.HOP_BY_HOP || next == IpProtocol.DESTINATION_OPTIONS;
    }

    private static long transport(int protocol, int start, int length) {
        int least = protocol == IpProtocol.TCP
                ? TcpHeader.LENGTH
                : protocol == IpProtocol.UDP ? UdpHeader.LENGTH : Integer.MAX_VALUE;
        return length < least ? NOT_THERE : (long) protocol << 56 | (long) length << 32 | start;
    }

    private static int protocol(long transport) {
        return (int) (transport >>> 56);
    }

    private static int length(long transport) {
        return (int) (transport >>> 32) & 0xFF_FFFF;
    }

    private static int start(long transport) {
        return (int) transport;
    }

    /** Where the checksum is. */
    private static int field(long transport) {
        return start(transport) + (protocol(transport) == IpProtocol.TCP ? 16 : 6);
    }

    private static int version(UnsafeBuffer bytes, int network) {
        return (bytes.getByte(network) & 0xF0) >> 4;
    }

    private static int pseudoHeader(UnsafeBuffer bytes, int network, long transport) {
        return version(bytes, network) == 4
                ? InternetChecksum.pseudoHeader(
                        bytes.getInt(network + 12, ByteOrder.BIG_ENDIAN),
                        bytes.getInt(network + 16, ByteOrder.BIG_ENDIAN),
                        protocol(transport),
                        length(transport))
                : InternetChecksum.pseudoHeader(
                        bytes.getLong(network + 8, ByteOrder.BIG_ENDIAN),
                        bytes.getLong(network + 16, ByteOrder.BIG_ENDIAN),
                        bytes.getLong(network + 24, ByteOrder.BIG_ENDIAN),
                        bytes.getLong(network + 32, ByteOrder.BIG_ENDIAN),
                        protocol(transport),
                        length(transport));
    }
}
