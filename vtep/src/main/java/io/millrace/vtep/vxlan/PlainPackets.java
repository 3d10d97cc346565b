package io.millrace.vtep.vxlan;

import io.millrace.codec.EtherType;
import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Link;
import java.nio.ByteOrder;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Recognises at a glance a VXLAN packet as nearly all are: for this host, from a peer, over IPv4 without options or
 * fragments, without UDP checksum, with nothing marked or reserved. Every condition is one that {@link Decapsulation} would
 * have checked on its way to the same answer; whatever fails one is left to it.
 *
 * <p>The 50 bytes of headers are read as words, which end where the frame inside begins:
 *
 * <pre>
 *   0  destination address, source address …        26  source, destination
 *  10  … source, EtherType, version, service, length  34  UDP ports, length, checksum
 *  18  identification, fragment, TTL, protocol, sum    42  VXLAN flags, VNI
 * </pre>
 */
final class PlainPackets {
    private static final int HEADERS = 50;
    private static final int INNER_TYPE = 62;
    private static final int SHORTEST = 64;
    private static final int IPV4_HEADER = 20;
    private static final int ETHERNET = 14;
    private static final int VXLAN = 16;

    private static final long TYPE_VERSION_MASK = 0x0000_FFFF_FF00_0000L;
    private static final long TYPE_VERSION = 0x0000_0800_4500_0000L;
    private static final long FRAGMENT_PROTOCOL_MASK = 0x0000_3FFF_00FF_0000L;
    private static final long PROTOCOL = 0x0000_0000_0011_0000L;
    private static final long CHECKSUM_MASK = 0xFFFF;
    /** Set in both ECN marks that change what is inside, ECT(1) and CE (RFC 6040 section 4.2). */
    private static final long ECN_MARK = 1 << 16;

    private static final long I_FLAG = 1L << 59;
    private static final long NOT_RESERVED = I_FLAG | 0xFFFF_FF00L;
    private static final long HALF = 0xFFFF_FFFFL;

    private final Tunnels tunnels;
    private final UnsafeBuffer bytes;
    private final byte @Nullable [] array;
    private final long base;
    private final boolean v4;
    private final int self;

    /** Nobody reads it; without it the compiler would drop the loads that fetch the lines. */
    @SuppressWarnings("UnusedVariable")
    private long fetched;

    PlainPackets(Tunnels tunnels, UnsafeBuffer bytes) {
        this.tunnels = tunnels;
        this.bytes = bytes;
        this.array = bytes.byteArray();
        this.base = bytes.addressOffset();
        Ipv6Address address = tunnels.self();
        this.v4 = !tunnels.isV6();
        this.self = (int) address.low();
    }

    /** Reads the lines of the next {@code n} frames' headers, so that the loads are under way at once. */
    void fetch(Link in, int n) {
        long sum = 0;
        for (int i = 0; i < n; i++) {
            int head = Frame.head(in.peek(i));
            sum += bytes.getByte(head) + bytes.getByte(head + HEADERS);
        }
        fetched += sum;
    }

    /** The peer a plain packet comes from; null: it is not plain, or nobody's we know. */
    @Nullable
    Peer sender(long frame) {
        int length = Frame.length(frame);
        if (length < SHORTEST || !Frame.isPlain(frame) || !v4) {
            return null;
        }
        int head = Frame.head(frame);
        bytes.boundsCheck(head, SHORTEST);
        long at = base + head;
        long ethernet = word(at);
        long network = word(at + 10);
        long middle = word(at + 18);
        long addresses = word(at + 26);
        long udp = word(at + 34);
        long vxlan = word(at + 42);
        int total = (int) network & 0xFFFF;
        int datagram = (int) (udp >>> 16) & 0xFFFF;
        long differs = (ethernet >>> 16 ^ tunnels.mac())
                | ((network & TYPE_VERSION_MASK) ^ TYPE_VERSION)
                | ((middle & FRAGMENT_PROTOCOL_MASK) ^ PROTOCOL)
                | ((addresses ^ self) & HALF)
                | (network & ECN_MARK)
                | (udp & CHECKSUM_MASK)
                | ((vxlan & I_FLAG) ^ I_FLAG)
                // what must not be negative has its sign here
                | (length - ETHERNET - total | total - IPV4_HEADER - datagram | datagram - VXLAN - ETHERNET) >>> 31;
        if (differs != 0 || !isSumGood(network, middle, addresses)) {
            return null;
        }
        var peer = tunnels.sender((int) (vxlan >>> 8) & 0xFF_FFFF, (int) (addresses >>> 32));
        return peer != null && belongs(peer.tunnel, udp, vxlan, head) ? peer : null;
    }

    private boolean belongs(Tunnel tunnel, long udp, long vxlan, int head) {
        return tunnel.udpPort() == (udp >>> 32 & 0xFFFF)
                && ((vxlan & ~NOT_RESERVED) == 0 || !tunnel.refusesReserved())
                && (tunnel.keepsTags()
                        || !EtherType.isVlan(bytes.getShort(head + INNER_TYPE, ByteOrder.BIG_ENDIAN) & 0xFFFF));
    }

    /** Bytes of the frame inside a plain packet. */
    int inside(long frame) {
        return (bytes.getShort(Frame.head(frame) + HEADERS - 12, ByteOrder.BIG_ENDIAN) & 0xFFFF) - VXLAN;
    }

    /** The frame inside a plain packet. */
    long unwrapped(long frame) {
        return Frame.trimmed(Frame.pull(frame, HEADERS), inside(frame));
    }

    /** RFC 1071 over the ten halves of the IP header. */
    private static boolean isSumGood(long network, long middle, long addresses) {
        long sum = (network & HALF) + (middle >>> 32) + (middle & HALF) + (addresses >>> 32) + (addresses & HALF);
        sum = (sum & 0xFFFF) + (sum >>> 16 & 0xFFFF) + (sum >>> 32);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (sum & 0xFFFF) + (sum >>> 16) == 0xFFFF;
    }

    private long word(long at) {
        long word = UnsafeApi.getLong(array, at);
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? Long.reverseBytes(word) : word;
    }
}
