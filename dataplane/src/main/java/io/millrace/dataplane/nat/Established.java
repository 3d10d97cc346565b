package io.millrace.dataplane.nat;

import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.TcpHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import java.nio.ByteOrder;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Forwards packets as nearly all are, of sessions that are known: UDP, and TCP that neither begins nor ends anything, over
 * IPv4, whole, without options of IP; also when their checksum is unfinished, and when they are many in one. Every condition
 * is one that {@link Nat} would have checked on its way to the same result; whatever fails one is left to it.
 *
 * <p>It goes over a batch three times, so that the loads of one packet are under way while the others are looked at: it
 * reads headers and asks for the index, then for the records, then it translates.
 *
 * <pre>
 *   0  destination address, source address …             26  source, destination
 *  12  EtherType, version, service, length, number       34  ports
 *  20  fragment, TTL, protocol, checksum, source …       38  UDP length, checksum; TCP's fields
 * </pre>
 */
final class Established {
    /** How many frames are looked at ahead: few enough to be in the cache still when their turn comes. */
    static final int AHEAD = 64;

    /** No hash: the packet is not plain. */
    private static final long NOT_PLAIN = 0;

    private static final int ETHERNET = 14;
    private static final int IPV4 = 20;
    private static final int UDP = 8;
    private static final int TCP = 20;

    /** That of a frame with TCP in it; Ethernet pads those with UDP to more. */
    private static final int SHORTEST = ETHERNET + IPV4 + TCP;

    // In the order of the machine, little-endian: the first byte is the lowest. On others no packet is plain.
    private static final long MAC_MASK = 0xFFFF_FFFF_FFFFL;
    private static final long TYPE_VERSION_MASK = 0xFF_FFFF;
    private static final long TYPE_VERSION = 0x45_0008;

    /** All of the fragment word but "don't fragment". */
    private static final long FRAGMENT_MASK = 0xFFBF;

    private static final int TTL = 22;
    private static final int PROTOCOL = 23;
    private static final int CHECKSUM = 24;
    private static final int ADDRESSES = 26;
    private static final int PORTS = 34;
    private static final int UDP_LENGTH = 38;
    private static final int UDP_CHECKSUM = 40;
    private static final int TCP_OFFSET_AND_FLAGS = 46;
    private static final int TCP_CHECKSUM = 50;
    private static final int TCP_FLAGS = TcpHeader.SYN | TcpHeader.FIN | TcpHeader.RST | TcpHeader.ACK;
    private static final int TTL_DIFFERENCE = 0xFEFF;

    private final Nat nat;
    private final Sessions sessions;
    private final Life life;
    private final TcpHeader tcp = new TcpHeader();
    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final byte @Nullable [] array;
    private final long base;
    private final UnsafeBuffer records;
    private final byte @Nullable [] recordArray;
    private final long recordBase;
    private final boolean possible = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private final long[] hashes = new long[AHEAD];
    private final int[] tokens = new int[AHEAD];
    private long ended;
    private boolean refreshes;

    /** Nobody reads it; without it the compiler would drop the loads that fetch the lines. */
    @SuppressWarnings("UnusedVariable")
    private long fetched;

    Established(Nat nat, Sessions sessions, Life life, FramePool pool) {
        this.nat = nat;
        this.sessions = sessions;
        this.life = life;
        this.pool = pool;
        this.bytes = pool.buffer();
        this.array = bytes.byteArray();
        this.base = bytes.addressOffset();
        this.records = sessions.memory();
        this.recordArray = records.byteArray();
        this.recordBase = records.addressOffset();
    }

    /** Looks at up to {@link #AHEAD} frames that came to a gateway, from {@code from} on. */
    void look(Gateway in, long[] frames, int from, int n) {
        fetch(frames, from, n);
        long to = Long.reverseBytes(in.mac()) >>> 16;
        refreshes = life.isRefreshedBy(in);
        long sum = 0;
        for (int i = 0; i < n; i++) {
            long frame = frames[from + i];
            boolean fits = possible && Frame.length(frame) >= SHORTEST && !Frame.isCut(frame);
            long hash = fits ? hash(frame, to) : NOT_PLAIN;
            hashes[i] = hash;
            sum += sessions.index().fetch(Index.tag(hash));
        }
        for (int i = 0; i < n; i++) {
            int token = hashes[i] == NOT_PLAIN ? Sessions.NONE : sessions.guess(hashes[i]);
            tokens[i] = token;
            sum += token < 0 ? 0 : UnsafeApi.getByte(recordArray, recordBase + Sessions.at(token >>> 1));
        }
        ended = sessions.ended();
        fetched = sum;
    }

    /** Reads the lines of the frames' headers, so that the loads are under way at once. */
    private void fetch(long[] frames, int from, int n) {
        long sum = 0;
        for (int i = from; i < from + n; i++) {
            sum += bytes.getByte(Frame.head(frames[i]) + SHORTEST);
        }
        fetched += sum;
    }

    private long hash(long frame, long mac) {
        int head = Frame.head(frame);
        bytes.boundsCheck(head, SHORTEST); // once, for all that is read below
        long at = base + head;
        long network = word(at + 12);
        long middle = word(at + 20);
        long addresses = word(at + ADDRESSES);
        int ports = UnsafeApi.getInt(array, at + PORTS);
        int total = Short.reverseBytes((short) (network >>> 32)) & 0xFFFF;
        int protocol = (int) (middle >>> 24) & 0xFF;
        long differs = ((word(at) & MAC_MASK) ^ mac)
                | ((network & TYPE_VERSION_MASK) ^ TYPE_VERSION)
                | (middle & FRAGMENT_MASK)
                // what must not be negative has its sign here
                | ((Frame.length(frame) - ETHERNET - total | (int) (middle >>> 16 & 0xFF) - 2) >>> 31);
        boolean own = (word(at + 6) & MAC_MASK) == mac; // sent by the gateway itself
        if (differs != 0
                || own
                || !isSumGood(network, middle, addresses)
                || !isTransportPlain(at, protocol, total - IPV4)
                || (Frame.isOffloaded(frame) && !isOffloadPlain(pool.offload(frame), protocol))) {
            return NOT_PLAIN;
        }
        int both = Integer.reverseBytes(ports);
        return Tuple.hash(
                Ipv6Address.mapped(Integer.reverseBytes((int) addresses)),
                Ipv6Address.mapped(Integer.reverseBytes((int) (addresses >>> 32))),
                (long) protocol << 32 | (both & 0xFFFF_FFFFL),
                sessions.seed());
    }

    private boolean isTransportPlain(long at, int protocol, int length) {
        if (protocol == IpProtocol.UDP) {
            int datagram = Short.reverseBytes(UnsafeApi.getShort(array, at + UDP_LENGTH)) & 0xFFFF;
            return datagram >= UDP && datagram <= length;
        }
        int word = UnsafeApi.getShort(array, at + TCP_OFFSET_AND_FLAGS);
        int header = word >>> 2 & 0x3C;
        return protocol == IpProtocol.TCP
                && header >= TCP
                && header <= length
                && (word >>> 8 & TCP_FLAGS) == TcpHeader.ACK;
    }

    /** Whether what the sender left to be done is what kernels leave: the checksum, and to cut segments that are in one. */
    private static boolean isOffloadPlain(long state, int protocol) {
        return Offload.needsChecksum(state)
                && Offload.checksumStart(state) == PORTS
                && Offload.checksumOffset(state) == checksum(protocol) - PORTS
                && (!Offload.isSegmented(state)
                        || (Offload.type(state) == Offload.TCP_V4
                                && protocol == IpProtocol.TCP
                                && Offload.segmentSize(state) > 0));
    }

    private static int checksum(int protocol) {
        return protocol == IpProtocol.TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
    }

    /** RFC 1071 over the ten halves of the IP header, in whichever order they are read. */
    private static boolean isSumGood(long network, long middle, long addresses) {
        long sum = (network >>> 48) + (network >>> 32 & 0xFFFF) + (network >>> 16 & 0xFFFF);
        sum += (middle >>> 32) + (middle & 0xFFFF_FFFFL);
        sum += (addresses >>> 32) + (addresses >>> 16 & 0xFFFF);
        sum = (sum & 0xFFFF) + (sum >>> 16 & 0xFFFF) + (sum >>> 32);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (sum & 0xFFFF) + (sum >>> 16) == 0xFFFF;
    }

    /**
     * Translates the {@code i}-th of the frames looked at, if its session is known and nothing is special about it.
     *
     * @return where it goes, or null: nothing was done
     */
    @Nullable
    Hop translate(Gateway in, long frame, int i, int now) {
        int token = tokens[i];
        if (token < 0 || sessions.ended() != ended) {
            return null;
        }
        int direction = token & 1;
        long record = recordBase + Sessions.at(token >>> 1);
        long line = record + Sessions.TUPLE + (long) direction * (Sessions.REPLY_TUPLE - Sessions.TUPLE);
        long at = base + Frame.head(frame);
        long addresses = word(at + ADDRESSES);
        int ports = UnsafeApi.getInt(array, at + PORTS);
        int protocol = UnsafeApi.getByte(array, at + PROTOCOL);
        long kind = UnsafeApi.getInt(recordArray, record + Sessions.PROTOCOL);
        long heard = UnsafeApi.getLong(recordArray, record + Sessions.HEARD);
        int hops = UnsafeApi.getInt(recordArray, record + Sessions.HOPS);
        long differs = (UnsafeApi.getInt(recordArray, line) ^ Integer.reverseBytes((int) addresses))
                | (UnsafeApi.getInt(recordArray, line + 4) ^ Integer.reverseBytes((int) (addresses >>> 32)))
                | (UnsafeApi.getInt(recordArray, line + 8) ^ Integer.reverseBytes(ports))
                | ((kind & 0xFFFF) ^ (protocol | 4 << 8))
                // an answer must not be the first, and the session must not be over
                | (direction & ~(kind >>> 24) & Sessions.ANSWERED)
                | (((int) (heard >>> 32) - (now - (int) heard)) >>> 31);
        int onward = (hops >>> (16 * direction)) & 0xFFFF;
        int back = (hops >>> (16 * (direction ^ 1))) & 0xFFFF;
        if (differs != 0 || onward == Hops.NONE || back == Hops.NONE) {
            return null;
        }
        var to = nat.hops().get(onward);
        int total = Short.reverseBytes(UnsafeApi.getShort(array, at + 16)) & 0xFFFF;
        if (nat.hops().get(back).gateway != in || !(to.takes(total) || to.takes(longest(frame)))) {
            return null;
        }
        if (protocol == IpProtocol.TCP) {
            if ((kind >>> 16 & 0xFF) != TcpTracking.ESTABLISHED) {
                return null;
            }
            tcp.wrap(bytes, Frame.head(frame) + PORTS);
            int heeded = life.hearTcp(tcp, total - IPV4 - tcp.headerLength(), token, now);
            assert heeded == Life.ON : "a segment that begins and ends nothing";
        } else if (refreshes
                && (int) heard != now) { // not in vain: the next packet reads it, and would wait for the store
            UnsafeApi.putInt(recordArray, record + Sessions.HEARD, now);
        }
        long other = record + Sessions.REPLY_TUPLE - (long) direction * (Sessions.REPLY_TUPLE - Sessions.TUPLE);
        write(at, record, other, direction, to, checksum(protocol), Frame.isOffloaded(frame));
        return to;
    }

    /** In bytes, the longest packet that comes of a frame. */
    private int longest(long frame) {
        int whole = Frame.length(frame) - ETHERNET;
        long state = Frame.isOffloaded(frame) ? pool.offload(frame) : Offload.NONE;
        int header = (UnsafeApi.getByte(array, base + Frame.head(frame) + TCP_OFFSET_AND_FLAGS) >>> 2) & 0x3C;
        return Offload.isSegmented(state) ? Math.min(whole, IPV4 + header + Offload.segmentSize(state)) : whole;
    }

    /** The other tuple is that of answers: its source is where packets go now. */
    private void write(long at, long record, long other, int direction, Hop to, int where, boolean unfinished) {
        int flip = -direction & 0xFFFF; // back, all differences are complemented
        int differences = UnsafeApi.getInt(recordArray, record + Sessions.ADDRESS_DIFFERENCE);
        int addresses = (differences ^ flip) & 0xFFFF;
        int both = addresses + ((differences >>> 16 ^ flip) & 0xFFFF);
        long source = Integer.reverseBytes(UnsafeApi.getInt(recordArray, other + 4)) & 0xFFFF_FFFFL;
        long destination = Integer.reverseBytes(UnsafeApi.getInt(recordArray, other));
        int ports = UnsafeApi.getInt(recordArray, other + 8);
        int checksum = UnsafeApi.getShort(array, at + where) & 0xFFFF;
        UnsafeApi.putLong(array, at, to.ethernetFirst);
        UnsafeApi.putInt(array, at + 8, to.ethernetLast);
        UnsafeApi.putByte(array, at + TTL, (byte) (UnsafeApi.getByte(array, at + TTL) - 1));
        int ip = UnsafeApi.getShort(array, at + CHECKSUM) & 0xFFFF;
        UnsafeApi.putShort(array, at + CHECKSUM, (short) changed(ip, addresses + TTL_DIFFERENCE));
        UnsafeApi.putLong(array, at + ADDRESSES, source | destination << 32);
        UnsafeApi.putInt(array, at + PORTS, Integer.reverseBytes(ports << 16 | ports >>> 16));
        // An unfinished one is the sum of addresses, protocol and length, not complemented.
        int now = unfinished ? ~changed(~checksum, addresses) : changed(checksum, both);
        if (unfinished || where == TCP_CHECKSUM) {
            UnsafeApi.putShort(array, at + where, (short) now);
        } else if (checksum != 0) { // else there is none, and what would be 0 is written otherwise: RFC 768
            UnsafeApi.putShort(array, at + where, (short) (now == 0 ? 0xFFFF : now));
        }
    }

    /** RFC 1624 equation 3; the checksum as the machine reads it, the difference as it is. */
    private static int changed(int checksum, int difference) {
        int sum = (~Short.reverseBytes((short) checksum) & 0xFFFF) + difference;
        sum = (sum & 0xFFFF) + (sum >>> 16);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return Short.reverseBytes((short) ~sum) & 0xFFFF;
    }

    private long word(long at) {
        return UnsafeApi.getLong(array, at);
    }
}
