package io.millrace.vtep.vxlan;

import io.millrace.codec.EtherType;
import io.millrace.dataplane.frame.Frame;
import java.nio.ByteOrder;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Recognises at a glance a VXLAN packet as nearly all are: for this host, from a peer, over IPv4 without options or
 * fragments, without UDP checksum, to the UDP port that most overlays have, with nothing marked and no tag inside. Every
 * condition is one that {@link Inspection} would have checked on its way to the same answer; whatever fails one is left to
 * it.
 *
 * <p>The 50 bytes of headers are read as words, in the machine's own order where that does not matter:
 *
 * <pre>
 *   0  destination address, source address …           26  source, destination
 *  10  … source, EtherType, version, service, length   34  UDP ports, length, checksum
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

    // In the order of the machine, little-endian: the first byte is the lowest. On others no packet is plain.
    private static final long MAC_MASK = 0xFFFF_FFFF_FFFFL;
    private static final long TYPE_VERSION_ECN_MASK = 0x0000_01FF_FFFF_0000L;
    /** EtherType IPv4, version 4, a header of 20 bytes, neither ECT(1) nor CE, which change what is inside (RFC 6040 4.2). */
    private static final long TYPE_VERSION_ECN = 0x0000_0045_0008_0000L;

    private static final long FRAGMENT_PROTOCOL_MASK = 0x0000_FF00_FF3F_0000L;
    private static final long PROTOCOL = 0x0000_1100_0000_0000L;
    private static final long CHECKSUM_MASK = 0xFFFF_0000_0000_0000L;
    private static final long I_FLAG = 0x08;
    private static final long HALF = 0xFFFF_FFFFL;

    /** All but the I flag and the identifier. */
    private static final long RESERVED = 0xFF00_0000_FFFF_FFF7L;

    /** No packet's key: it is not plain. */
    static final long NOT_PLAIN = 0;

    private final Tunnels tunnels;
    private final UnsafeBuffer bytes;
    private final byte @Nullable [] array;
    private final long base;
    private final boolean possible;
    private final long self;

    /** Bytes of the frame inside the last plain packet. */
    private int inside;

    /** Nobody reads it; without it the compiler would drop the loads that fetch the lines. */
    @SuppressWarnings("UnusedVariable")
    private long fetched;

    PlainPackets(Tunnels tunnels, UnsafeBuffer bytes) {
        this.tunnels = tunnels;
        this.bytes = bytes;
        this.array = bytes.byteArray();
        this.base = bytes.addressOffset();
        this.possible = !tunnels.isV6() && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        this.self = Integer.reverseBytes((int) tunnels.self().low()) & HALF;
    }

    /** Reads the lines of some frames' headers, so that the loads are under way at once. */
    private void fetch(long[] frames, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += bytes.getByte(Frame.head(frames[i]) + HEADERS);
        }
        fetched += sum;
    }

    /** Looks at some frames. Of each that is plain, writes its sender's key and what is inside; else {@link #NOT_PLAIN}. */
    void look(long[] frames, long[] keys, long[] insides, int from, int to) {
        fetch(frames, from, to);
        long mac = Long.reverseBytes(tunnels.mac()) >>> 16;
        int port = Short.reverseBytes((short) tunnels.commonPort()) & 0xFFFF;
        long refused = tunnels.isRefusingReserved() ? RESERVED : 0;
        for (int i = from; i < to; i++) {
            long frame = frames[i];
            boolean fits = possible && Frame.length(frame) >= SHORTEST && Frame.isPlain(frame);
            long key = fits ? look(frame, mac, port, refused) : NOT_PLAIN;
            if (key != NOT_PLAIN) {
                insides[i] = Frame.trimmed(Frame.pull(frame, HEADERS), inside);
            }
            keys[i] = key;
        }
    }

    private long look(long frame, long mac, int port, long refused) {
        int head = Frame.head(frame);
        bytes.boundsCheck(head, SHORTEST); // once, for all that is read below
        long at = base + head;
        long network = word(at + 10);
        long middle = word(at + 18);
        long addresses = word(at + 26);
        long udp = word(at + 34);
        long vxlan = word(at + 42);
        int total = Short.reverseBytes((short) (network >>> 48)) & 0xFFFF;
        int datagram = Short.reverseBytes((short) (udp >>> 32)) & 0xFFFF;
        long differs = ((word(at) & MAC_MASK) ^ mac)
                | ((network & TYPE_VERSION_ECN_MASK) ^ TYPE_VERSION_ECN)
                | ((middle & FRAGMENT_PROTOCOL_MASK) ^ PROTOCOL)
                | ((addresses >>> 32) ^ self)
                | (udp & CHECKSUM_MASK)
                | ((udp >>> 16 & 0xFFFF) ^ port)
                | ((vxlan & (I_FLAG | refused)) ^ I_FLAG)
                // what must not be negative has its sign here
                | ((Frame.length(frame) - ETHERNET - total
                                | total - IPV4_HEADER - datagram
                                | datagram - VXLAN - ETHERNET)
                        >>> 31);
        if (differs != 0
                || !isSumGood(network, middle, addresses)
                || isTag(UnsafeApi.getShort(array, at + INNER_TYPE))) {
            return NOT_PLAIN;
        }
        inside = datagram - VXLAN;
        return PeerTable.key(vni(vxlan), Integer.reverseBytes((int) addresses));
    }

    private static int vni(long vxlan) {
        return Integer.reverseBytes((int) (vxlan >>> 32)) >>> 8;
    }

    /** RFC 1071 over the ten halves of the IP header, in whichever order they are read. */
    private static boolean isSumGood(long network, long middle, long addresses) {
        long sum = (network >>> 32) + (middle >>> 32) + (middle & HALF) + (addresses >>> 32) + (addresses & HALF);
        sum = (sum & 0xFFFF) + (sum >>> 16 & 0xFFFF) + (sum >>> 32);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (sum & 0xFFFF) + (sum >>> 16) == 0xFFFF;
    }

    private static boolean isTag(short type) {
        return EtherType.isVlan(Short.reverseBytes(type) & 0xFFFF);
    }

    private long word(long at) {
        return UnsafeApi.getLong(array, at);
    }
}
