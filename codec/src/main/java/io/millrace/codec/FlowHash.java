package io.millrace.codec;

import java.nio.ByteOrder;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What tells the frames of one flow from those of others: a number made of addresses, protocol and TCP or UDP ports; of
 * Ethernet addresses and type where there is no IP. All fragments of a packet have the same, whether they hold ports or
 * not. VLAN tags do not count. The direction does: an answer is another flow.
 *
 * <p>The IP header's service byte comes along, since it stands beside what was read. Everything in one {@code long}:
 *
 * <pre>
 *   63 ........ 41  40   39 ......... 32  31 .... 0
 *        –          IP   type of service    hash
 * </pre>
 */
public final class FlowHash {
    private static final long IP = 1L << 40;
    private static final int SERVICE_SHIFT = 32;
    private static final int MOST_TAGS = 2;
    private static final int PORTS = 4;

    // Of a frame with a plain IPv4 packet: what stands where, in bytes from its beginning.
    private static final int PLAIN_TYPE = 12;
    private static final int PLAIN_FRAGMENT = 20;
    private static final int PLAIN_ADDRESSES = 26;
    private static final int PLAIN_PORTS = 34;
    private static final int PLAIN_LENGTH = 38;
    /** EtherType IPv4, version 4, a header of 20 bytes; the service byte follows. */
    private static final int PLAIN = 0x0800_4500;

    /** No flow's: a frame that has to be looked at the long way. */
    public static final long NOT_PLAIN = 0;

    private FlowHash() {}

    /** The hash of {@link #of}: 32 bits, all of them as good as random. */
    public static int hash(long flow) {
        return (int) flow;
    }

    /** Whether there was an IP header, hence a service byte. */
    public static boolean isIp(long flow) {
        return (flow & IP) != 0;
    }

    /** The type of service or traffic class: DSCP in bits 7–2, ECN in bits 1–0; 0 where there is no IP. */
    public static int service(long flow) {
        return (int) (flow >>> SERVICE_SHIFT) & 0xFF;
    }

    /**
     * Looks at a frame.
     *
     * @param at where its Ethernet header begins
     * @param length bytes at hand; at least those of an Ethernet header
     */
    public static long of(UnsafeBuffer buffer, int at, int length) {
        long plain = ofPlain(buffer, at, length);
        return plain == NOT_PLAIN ? ofAny(buffer, at, length) : plain;
    }

    /**
     * The same at a glance for most frames: TCP or UDP over IPv4 right behind the Ethernet header, no options, no fragment;
     * {@link #NOT_PLAIN} for others.
     */
    public static long ofPlain(UnsafeBuffer buffer, int at, int length) {
        if (length < PLAIN_LENGTH) {
            return NOT_PLAIN;
        }
        buffer.boundsCheck(at, PLAIN_LENGTH); // once, for all that is read below
        byte[] array = buffer.byteArray();
        long from = buffer.addressOffset() + at;
        int begin = bigEndian(UnsafeApi.getInt(array, from + PLAIN_TYPE));
        int fragment = bigEndian(UnsafeApi.getInt(array, from + PLAIN_FRAGMENT));
        int protocol = fragment & 0xFF;
        int differs = ((begin ^ PLAIN) & 0xFFFF_FF00) | (fragment & 0x3FFF_0000);
        if (differs != 0 || (protocol != IpProtocol.TCP && protocol != IpProtocol.UDP)) {
            return NOT_PLAIN;
        }
        long addresses = UnsafeApi.getLong(array, from + PLAIN_ADDRESSES);
        long ports = UnsafeApi.getInt(array, from + PLAIN_PORTS);
        return mix(addresses, ports << 8 | protocol) | (begin & 0xFFL) << SERVICE_SHIFT | IP;
    }

    private static int bigEndian(int read) {
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? Integer.reverseBytes(read) : read;
    }

    private static long ofAny(UnsafeBuffer buffer, int at, int length) {
        int network = at + EthernetHeader.LENGTH;
        int end = at + length;
        int type = u16(buffer, network - 2);
        for (int tags = 0; EtherType.isVlan(type) && tags < MOST_TAGS && network + VlanTag.LENGTH <= end; tags++) {
            network += VlanTag.LENGTH;
            type = u16(buffer, network - 2);
        }
        if (type == EtherType.IPV4 && network + Ipv4Header.LENGTH <= end) {
            return ofIpv4(buffer, network, end);
        }
        if (type == EtherType.IPV6 && network + Ipv6Header.LENGTH <= end) {
            return ofIpv6(buffer, network, end);
        }
        return mix(buffer.getLong(at), buffer.getInt(at + Long.BYTES) ^ (long) type << 32);
    }

    private static long ofIpv4(UnsafeBuffer buffer, int at, int end) {
        int protocol = buffer.getByte(at + Ipv4Header.PROTOCOL) & 0xFF;
        int transport = at + ((buffer.getByte(at) & 0x0F) << 2);
        long what = protocol;
        boolean whole = (u16(buffer, at + Ipv4Header.FRAGMENT) & 0x3FFF) == 0;
        if (whole && hasPorts(protocol) && transport + PORTS <= end) {
            what |= (long) buffer.getInt(transport) << 8;
        }
        int service = buffer.getByte(at + Ipv4Header.TYPE_OF_SERVICE) & 0xFF;
        return mix(buffer.getLong(at + Ipv4Header.SOURCE), what) | (long) service << SERVICE_SHIFT | IP;
    }

    private static long ofIpv6(UnsafeBuffer buffer, int at, int end) {
        int protocol = buffer.getByte(at + Ipv6Header.NEXT_HEADER) & 0xFF;
        int transport = at + Ipv6Header.LENGTH;
        long what = protocol;
        if (hasPorts(protocol) && transport + PORTS <= end) {
            what |= (long) buffer.getInt(transport) << 8;
        }
        int source = at + Ipv6Header.SOURCE;
        int destination = at + Ipv6Header.DESTINATION;
        long addresses = mix(buffer.getLong(source), buffer.getLong(source + Long.BYTES))
                | mix(buffer.getLong(destination), buffer.getLong(destination + Long.BYTES)) << 32;
        int service = u16(buffer, at) >>> 4 & 0xFF;
        return mix(addresses, what) | (long) service << SERVICE_SHIFT | IP;
    }

    private static boolean hasPorts(int protocol) {
        return protocol == IpProtocol.TCP || protocol == IpProtocol.UDP || protocol == IpProtocol.SCTP;
    }

    private static int u16(UnsafeBuffer buffer, int at) {
        return buffer.getShort(at, ByteOrder.BIG_ENDIAN) & 0xFFFF;
    }

    /** Thirty-two bits that change, each with a chance of one half, when any bit of either number does. */
    private static long mix(long a, long b) {
        long h = (a ^ b * 0xD6E8_FEB8_6659_FD93L) * 0x9E37_79B9_7F4A_7C15L;
        h = (h ^ h >>> 32) * 0xD6E8_FEB8_6659_FD93L;
        return h >>> 32;
    }
}
