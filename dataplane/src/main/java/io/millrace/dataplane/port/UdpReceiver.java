package io.millrace.dataplane.port;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.UdpHeader;
import io.millrace.codec.VxlanHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The way into a {@link UdpPort}: datagrams of the kernel's, with Ethernet, IP and UDP headers put in front as they may have
 * been. Each message has a small chunk of the pool to itself, which a single datagram is received into, behind the place for
 * its headers; what is longer, a train of datagrams (UDP_GRO), goes on in memory of the receiver's own, and is copied out.
 *
 * <p>The kernel has checked IP and UDP. Over IPv4 the frame says that it has no UDP checksum; over IPv6, where there must be
 * one, that its sender has left it to the network card. One thread.
 */
final class UdpReceiver {
    /** Datagrams or trains a system call receives. */
    private static final int GO = 32;

    private static final int MESSAGE = 64; // struct mmsghdr
    private static final int VECTORS = 32; // two struct iovec
    private static final int CONTROL = 64; // room for two struct cmsghdr
    private static final int CONTROL_HEADER = 16;
    private static final int MSG_TRUNC = 0x20;

    /** Longer than any datagram. */
    private static final int REST = 1 << 16;

    /** A message's memory of our own: room for what is put in front, and one line more, that they lie in different cache sets. */
    private static final int STRIDE = FramePool.CHUNK + REST + 64;

    private static final int TIME_TO_LIVE = 64;

    private final Native calls;
    private final int[] sockets;
    private final int[] udpPorts;
    private final boolean v6;
    private final int headers;
    private final int room;
    private final int innerMtu;
    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final AtomicLong noMemory;
    private final AtomicLong cut;
    private final TunnelSegments tunnel;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final UdpHeader udp = new UdpHeader();

    private final UnsafeBuffer memory = Memory.of(GO * (MESSAGE + VECTORS + UdpSocket.ADDRESS + CONTROL));
    private final int vectors = GO * MESSAGE;
    private final int names = vectors + GO * VECTORS;
    private final int controls = names + GO * UdpSocket.ADDRESS;
    private final UnsafeBuffer rest = Memory.of(GO * STRIDE);
    private final long[] chunks = new long[GO];
    private final UnsafeBuffer template;

    private int socket;
    private int from;
    private int ready;
    private int message;

    // Of the message in hand: bytes of all it holds, of each datagram, and of each in the frame inside of it where that
    // was not cut; how many were taken; where the others are.
    private int total;
    private int size;
    private int inside;
    private int taken;
    private int source;

    /**
     * @param mtu bytes; what is inside a longer datagram is a segment that its host has not cut
     * @param noMemory counts what the pool had no room for
     * @param cut counts what was longer than a datagram can be
     */
    UdpReceiver(
            Native calls,
            int[] sockets,
            int[] udpPorts,
            Ipv6Address self,
            int mtu,
            FramePool pool,
            AtomicLong noMemory,
            AtomicLong cut) {
        this.calls = calls;
        this.sockets = sockets;
        this.udpPorts = udpPorts;
        this.v6 = !self.isIpv4();
        this.headers = UdpPort.headers(v6);
        this.room = FramePool.ROOM - headers;
        this.innerMtu = mtu + EthernetHeader.LENGTH - headers - VxlanHeader.LENGTH - EthernetHeader.LENGTH;
        this.pool = pool;
        this.bytes = pool.buffer();
        this.noMemory = noMemory;
        this.cut = cut;
        this.tunnel = new TunnelSegments(pool, noMemory);
        this.template = template(self);
        Arrays.fill(chunks, Frame.NONE);
        for (int i = 0; i < GO; i++) {
            prepare(i);
        }
    }

    private UnsafeBuffer template(Ipv6Address self) {
        var made = new UnsafeBuffer(new byte[headers]);
        int network = EthernetHeader.LENGTH;
        ethernet.wrap(made, 0)
                .destination(UdpPort.MAC)
                .source(UdpPort.NEXT_HOP)
                .type(v6 ? EtherType.IPV6 : EtherType.IPV4);
        if (v6) {
            made.putByte(network, (byte) 0x60);
            ipv6.wrap(made, network)
                    .nextHeader(IpProtocol.UDP)
                    .hopLimit(TIME_TO_LIVE)
                    .destination(self.high(), self.low());
        } else {
            ipv4.wrap(made, network)
                    .plain()
                    .fragment(true, false, 0)
                    .timeToLive(TIME_TO_LIVE)
                    .protocol(IpProtocol.UDP)
                    .destination((int) self.low());
        }
        return made;
    }

    /** Writes what is the same for all that the {@code i}-th message will ever be. */
    private void prepare(int i) {
        int at = i * MESSAGE;
        int vector = vectors + i * VECTORS;
        memory.putLong(at, memory.addressOffset() + names + (long) i * UdpSocket.ADDRESS);
        memory.putLong(at + 16, memory.addressOffset() + vector);
        memory.putLong(at + 24, 2);
        memory.putLong(at + 32, memory.addressOffset() + controls + (long) i * CONTROL);
        memory.putLong(vector + Long.BYTES, room);
        memory.putLong(vector + 2 * Long.BYTES, rest.addressOffset() + restOf(i));
        memory.putLong(vector + 3 * Long.BYTES, REST);
        renew(i);
    }

    /** The kernel writes into these fields what it has used of what they offer. */
    private void renew(int i) {
        memory.putInt(i * MESSAGE + 8, UdpSocket.ADDRESS);
        memory.putLong(i * MESSAGE + 40, CONTROL);
    }

    private static int restOf(int i) {
        return i * STRIDE + FramePool.CHUNK;
    }

    /** Adds at most {@code atMost} frames to the end of {@code into}; returns how many. */
    int receive(Link into, int atMost) {
        int came = tunnel.receive(into, atMost);
        int asked = 0;
        while (came < atMost) {
            if (message < ready) {
                came += next(into, atMost - came);
                continue;
            }
            if (asked == sockets.length) {
                break;
            }
            int offered = offer();
            int result = fetch(offered);
            if (result < offered || offered == 0) {
                asked++;
                socket = socket + 1 == sockets.length ? 0 : socket + 1;
            }
        }
        return came;
    }

    /** Gives every message a chunk of the pool; returns how many messages have one. */
    private int offer() {
        for (int i = 0; i < GO; i++) {
            if (chunks[i] == Frame.NONE) {
                long chunk = pool.allocate(FramePool.ROOM);
                if (chunk == Frame.NONE) {
                    return i;
                }
                chunks[i] = chunk;
                memory.putLong(vectors + i * VECTORS, bytes.addressOffset() + Frame.head(chunk) + headers);
            }
        }
        return GO;
    }

    private int fetch(int offered) {
        int result = offered == 0 ? 0 : calls.recvmmsg(sockets[socket], memory.addressOffset(), offered, 0);
        from = socket;
        ready = Math.max(0, result);
        message = 0;
        if (ready > 0) {
            begin();
        }
        return result;
    }

    /** Takes a message up: bytes of a train that lie in the chunk, behind the first datagram, move to where the others are. */
    private void begin() {
        total = memory.getInt(message * MESSAGE + 56);
        size = segmentSize();
        inside = 0;
        taken = 0;
        if ((memory.getInt(message * MESSAGE + 48) & MSG_TRUNC) != 0) {
            cut.setOpaque(cut.getPlain() + 1);
            taken = total;
            return;
        }
        if (total > size && holdsOne(Frame.head(chunks[message]) + headers)) {
            inside = size;
            size = total;
        }
        if (total > room || total > size) {
            int stays = size <= room ? size : 0;
            int moved = Math.min(total, room) - stays;
            int to = restOf(message) - moved;
            rest.putBytes(to, bytes, Frame.head(chunks[message]) + headers + stays, moved);
            source = to - stays;
        }
    }

    /**
     * Whether the frame in the datagram at {@code at} is longer than what the kernel says each datagram is: then those are
     * inside the frame, a host of this machine has not cut them, and there is one datagram around them.
     */
    private boolean holdsOne(int at) {
        int frame = at + VxlanHeader.LENGTH;
        int network = frame + EthernetHeader.LENGTH;
        int length = switch (ethernet.wrap(bytes, frame).type()) {
            case EtherType.IPV4 -> ipv4.wrap(bytes, network).totalLength();
            case EtherType.IPV6 -> Ipv6Header.LENGTH + ipv6.wrap(bytes, network).payloadLength();
            default -> 0;
        };
        return network - at + length == total;
    }

    /** Adds the next datagrams of the message in hand. */
    private int next(Link into, int atMost) {
        int came = 0;
        while (taken < total || (total == 0 && taken == 0)) {
            if (came == atMost) {
                return came;
            }
            int length = Math.min(size, total - taken);
            long frame = taken == 0 && length <= room ? inPlace(length) : copied(length);
            taken += Math.max(1, length);
            if (frame != Frame.NONE) {
                came += add(frame, into, atMost - came);
            }
            if (tunnel.held() > 0) {
                return came;
            }
        }
        renew(message);
        if (++message < ready) {
            begin();
        }
        return came;
    }

    private long inPlace(int length) {
        long chunk = chunks[message];
        chunks[message] = Frame.NONE;
        return Frame.trimmed(chunk, headers + length);
    }

    private long copied(int length) {
        long frame = pool.allocate(headers + length);
        if (frame == Frame.NONE) {
            noMemory.setOpaque(noMemory.getPlain() + 1);
        } else {
            bytes.putBytes(Frame.head(frame) + headers, rest, source + taken, length);
        }
        return frame;
    }

    private int add(long frame, Link into, int atMost) {
        write(Frame.head(frame), Frame.length(frame) - headers);
        long marked = marked(frame);
        if (Frame.isOffloaded(marked) && Offload.isSegmented(pool.offload(marked)) && tunnel.take(marked)) {
            return tunnel.receive(into, atMost);
        }
        into.offer(marked);
        return 1;
    }

    private void write(int at, int length) {
        int name = names + message * UdpSocket.ADDRESS;
        int datagram = at + headers - UdpHeader.LENGTH;
        int network = at + EthernetHeader.LENGTH;
        int whole = UdpHeader.LENGTH + length;
        bytes.putBytes(at, template, 0, headers);
        udp.wrap(bytes, datagram)
                .sourcePort(memory.getShort(name + 2, ByteOrder.BIG_ENDIAN) & 0xFFFF)
                .destinationPort(udpPorts[from])
                .length(whole);
        if (v6) {
            ipv6.wrap(bytes, network)
                    .traffic(service(), 0)
                    .payloadLength(whole)
                    .source(
                            memory.getLong(name + 8, ByteOrder.BIG_ENDIAN),
                            memory.getLong(name + 16, ByteOrder.BIG_ENDIAN));
            udp.checksum(ipv6.pseudoHeader(whole, IpProtocol.UDP));
        } else {
            ipv4.wrap(bytes, network)
                    .typeOfService(service())
                    .totalLength(Ipv4Header.LENGTH + whole)
                    .source(memory.getInt(name + 4, ByteOrder.BIG_ENDIAN))
                    .writeChecksum();
        }
    }

    /** The same frame, marked with what its sender left to a network card; between two hosts of one machine there is none. */
    private long marked(long frame) {
        int outside = headers + VxlanHeader.LENGTH;
        if (Frame.length(frame) >= outside + EthernetHeader.LENGTH) {
            long bare = Frame.pull(frame, outside);
            long inner = inside == 0
                    ? UnfinishedChecksum.mark(pool, bare, innerMtu)
                    : UnfinishedChecksum.markTrain(pool, bare, inside);
            if (Frame.isOffloaded(inner)) {
                return pool.offload(frame, Offload.shifted(pool.offload(inner), outside));
            }
        }
        return v6 ? pool.offload(frame, Offload.of(Offload.WHOLE, 0, headers - UdpHeader.LENGTH, 6)) : frame;
    }

    /** Bytes of each datagram of a train but the last; of a single one, all. */
    private int segmentSize() {
        int at = control(UdpSocket.SOL_UDP, UdpSocket.UDP_GRO);
        int bytes = at < 0 ? 0 : memory.getInt(at);
        return bytes <= 0 ? total : bytes;
    }

    private int service() {
        int at = v6 ? control(UdpSocket.SOL_IPV6, UdpSocket.IPV6_TCLASS) : control(UdpSocket.SOL_IP, UdpSocket.IP_TOS);
        return at < 0 ? 0 : memory.getByte(at) & 0xFF;
    }

    /** Where the kernel put what it says of the message in hand; −1: it says nothing of that. */
    private int control(int level, int type) {
        int at = controls + message * CONTROL;
        int end = at + (int) memory.getLong(message * MESSAGE + 40);
        while (at + CONTROL_HEADER <= end) {
            if (memory.getInt(at + 8) == level && memory.getInt(at + 12) == type) {
                return at + CONTROL_HEADER;
            }
            int length = (int) memory.getLong(at);
            if (length < CONTROL_HEADER) {
                break;
            }
            at += length + 7 & ~7;
        }
        return -1;
    }

    /** Chunks of the pool that it has. */
    int held() {
        int held = tunnel.held();
        for (long chunk : chunks) {
            held += chunk == Frame.NONE ? 0 : 1;
        }
        return held;
    }

    /** Gives them back. */
    void close() {
        tunnel.close();
        for (int i = 0; i < GO; i++) {
            if (chunks[i] != Frame.NONE) {
                pool.free(chunks[i]);
                chunks[i] = Frame.NONE;
            }
        }
    }
}
