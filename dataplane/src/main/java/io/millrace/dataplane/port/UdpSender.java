package io.millrace.dataplane.port;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.Ipv6Address;
import io.millrace.codec.Ipv6Header;
import io.millrace.codec.UdpHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.frame.Segmenter;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.linux.Errno;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The way out of a {@link UdpPort}: takes Ethernet, IP and UDP off and has the kernel put its own on. A frame's UDP source
 * port, a hash of its flow, says which socket sends it. What one socket sends to one host, of one length, goes as one train
 * that the network card, or the kernel at the last moment, takes apart (UDP_SEGMENT); that is where the time is saved.
 *
 * <p>Frames of one socket stay in order. The kernel, not we, sums: a train must have checksums. One thread.
 */
final class UdpSender {
    /** Frames looked at together. */
    private static final int GO = 256;

    /** What Linux allows of one train: UDP_MAX_SEGMENTS of older kernels, and what one IP packet holds. */
    private static final int LONGEST_TRAIN = 64;

    private static final int MOST_BYTES = 65_000;

    /** How often in one {@link #transmit} the kernel may have no room before the rest is given up. */
    private static final int PATIENCE = 16;

    private static final int MESSAGE = 64; // struct mmsghdr
    private static final int VECTOR = 16; // struct iovec
    private static final int CONTROL = 72; // three struct cmsghdr, each with an int
    private static final int ONE_CONTROL = 24;
    private static final int NOBODY = -1;

    private final Native calls;
    private final UdpSocket[] sockets;
    private final boolean v6;
    private final int headers;
    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final Ipv6Header ipv6 = new Ipv6Header();
    private final UdpHeader udp = new UdpHeader();
    private final Segmenter segmenter;

    private final UnsafeBuffer memory = Memory.of(GO * (MESSAGE + VECTOR + UdpSocket.ADDRESS + CONTROL));
    private final int vectors = GO * MESSAGE;
    private final int names = vectors + GO * VECTOR;
    private final int controls = names + GO * UdpSocket.ADDRESS;

    // Of each frame that is looked at: where it goes, how, and which one follows it by the same socket.
    private final long[] high = new long[GO];
    private final long[] low = new long[GO];
    private final long[] how = new long[GO];
    private final int[] length = new int[GO];
    private final int[] segment = new int[GO];
    private final int[] next = new int[GO];
    private final int[] head;
    private final int[] tail;

    // Of each message: its first vector; and of each vector, its frame.
    private final int[] first = new int[GO + 1];
    private final int[] frameOf = new int[GO];

    private boolean trains = true;
    private int patience;
    private int tooLong = NOBODY;
    private long tooLongHigh;
    private long tooLongLow;

    UdpSender(Native calls, UdpSocket[] sockets, boolean v6, FramePool pool) {
        this.calls = calls;
        this.sockets = sockets;
        this.v6 = v6;
        this.headers = UdpPort.headers(v6);
        this.pool = pool;
        this.bytes = pool.buffer();
        this.segmenter = new Segmenter(pool);
        this.head = new int[sockets.length];
        this.tail = new int[sockets.length];
        for (int i = 0; i < GO; i++) {
            prepare(i);
        }
    }

    /** Writes what is the same for all that the {@code i}-th message will ever be. */
    private void prepare(int i) {
        int message = i * MESSAGE;
        memory.putLong(message, memory.addressOffset() + names + (long) i * UdpSocket.ADDRESS);
        memory.putLong(message + 32, memory.addressOffset() + controls + (long) i * CONTROL);
        int control = controls + i * CONTROL;
        int level = v6 ? UdpSocket.SOL_IPV6 : UdpSocket.SOL_IP;
        control(control, level, v6 ? UdpSocket.IPV6_HOPLIMIT : UdpSocket.IP_TTL, Integer.BYTES);
        control(control + ONE_CONTROL, level, v6 ? UdpSocket.IPV6_TCLASS : UdpSocket.IP_TOS, Integer.BYTES);
        control(control + 2 * ONE_CONTROL, UdpSocket.SOL_UDP, UdpSocket.UDP_SEGMENT, Short.BYTES);
    }

    private void control(int at, int level, int type, int size) {
        memory.putLong(at, 16L + size);
        memory.putInt(at + 8, level);
        memory.putInt(at + 12, type);
    }

    /** Whether the kernel takes trains; once it does not, it never will. */
    boolean takesTrains() {
        return trains;
    }

    /** Sends what it can of a link; what does not go stays there. Returns how many frames went. */
    int transmit(Link from) {
        int size = from.size();
        patience = PATIENCE;
        tooLong = NOBODY;
        int refused = 0;
        for (int at = 0; at < size && patience > 0; at += GO) {
            sort(from, at, Math.min(GO, size - at));
            for (int i = 0; i < sockets.length && patience > 0; i++) {
                if (head[i] != NOBODY) {
                    send(sockets[i].fd, from, at, assemble(from, at, head[i]));
                }
            }
        }
        for (int i = size - 1; i >= 0; i--) {
            long frame = from.peek(i);
            if (frame != Frame.NONE) {
                from.replace(size - ++refused, frame);
            }
        }
        from.skip(size - refused);
        return size - refused;
    }

    /** Whether the last {@link #transmit} met a datagram that is longer than the way to its host takes. */
    boolean wasTooLong() {
        return tooLong != NOBODY;
    }

    /** That host's address. */
    long tooLongHigh() {
        return tooLongHigh;
    }

    /** That host's address. */
    long tooLongLow() {
        return tooLongLow;
    }

    /** Lines frames up behind each other, socket by socket; what is no UDP of ours stays out. */
    private void sort(Link from, int at, int n) {
        Arrays.fill(head, NOBODY);
        for (int i = 0; i < n; i++) {
            long frame = from.peek(at + i);
            if (!read(frame, i)) {
                continue;
            }
            int socket = udp.sourcePort() % sockets.length;
            if (head[socket] == NOBODY) {
                head[socket] = i;
            } else {
                next[tail[socket]] = i;
            }
            tail[socket] = i;
            next[i] = NOBODY;
        }
    }

    /** Reads where the {@code i}-th frame goes; false: nowhere by a UDP socket. */
    private boolean read(long frame, int i) {
        int at = Frame.head(frame);
        int network = at + EthernetHeader.LENGTH;
        if (Frame.length(frame) < headers
                || ethernet.wrap(bytes, at).type() != (v6 ? EtherType.IPV6 : EtherType.IPV4)
                || !(v6 ? readIpv6(network, i) : readIpv4(network, i))) {
            return false;
        }
        udp.wrap(bytes, at + headers - UdpHeader.LENGTH);
        how[i] |= (long) udp.destinationPort() << 16;
        segment[i] = 0;
        if (Frame.isOffloaded(frame)) {
            return finish(frame, i);
        }
        length[i] = udp.length() - UdpHeader.LENGTH;
        return length[i] >= 0 && length[i] <= Frame.length(frame) - headers;
    }

    private boolean readIpv4(int network, int i) {
        ipv4.wrap(bytes, network);
        high[i] = 0;
        low[i] = Ipv6Address.mapped(ipv4.destination());
        how[i] = (long) Math.max(1, ipv4.timeToLive()) << 8 | ipv4.typeOfService();
        return ipv4.headerLength() == Ipv4Header.LENGTH && ipv4.protocol() == IpProtocol.UDP;
    }

    private boolean readIpv6(int network, int i) {
        ipv6.wrap(bytes, network);
        high[i] = ipv6.destinationHigh();
        low[i] = ipv6.destinationLow();
        how[i] = (long) Math.max(1, ipv6.hopLimit()) << 8 | ipv6.trafficClass();
        return ipv6.nextHeader() == IpProtocol.UDP;
    }

    /**
     * A frame that is a train already goes as one. An unfinished checksum of what is inside is finished: a socket takes no
     * such thing; the datagram's own is the kernel's business.
     */
    private boolean finish(long frame, int i) {
        long state = pool.offload(frame);
        length[i] = Frame.length(frame) - headers;
        if (Offload.isSegmented(state)) {
            segment[i] = Offload.segmentSize(state);
            return trains && Offload.type(state) == Offload.UDP && segment[i] > 0 && length[i] <= MOST_BYTES;
        }
        if (Offload.checksumStart(state) >= headers) {
            if (!segmenter.wrap(frame)) {
                return false;
            }
            segmenter.finish();
        }
        return true;
    }

    /** Makes messages of the frames that follow each other from {@code i} on; returns how many. */
    private int assemble(Link from, int at, int i) {
        int count = 0;
        int vector = 0;
        while (i != NOBODY) {
            int start = i;
            int total = 0;
            first[count] = vector;
            do {
                vector(vector, bytes.addressOffset() + Frame.head(from.peek(at + i)) + headers, length[i]);
                frameOf[vector++] = at + i;
                total += length[i];
                boolean isLast = length[i] < length[start];
                i = next[i];
                if (isLast || i == NOBODY || !follows(start, i) || total + length[i] > MOST_BYTES) {
                    break;
                }
            } while (vector - first[count] < LONGEST_TRAIN);
            message(count, start, vector - first[count]);
            count++;
        }
        first[count] = vector;
        return count;
    }

    /** Whether a frame can be in a train that begins with another. */
    private boolean follows(int start, int i) {
        return trains
                && low[i] == low[start]
                && high[i] == high[start]
                && how[i] == how[start]
                && length[i] <= length[start]
                && length[i] > 0
                && segment[i] == 0
                && segment[start] == 0;
    }

    private void vector(int i, long address, int length) {
        memory.putLong(vectors + i * VECTOR, address);
        memory.putLong(vectors + i * VECTOR + Long.BYTES, length);
    }

    private void message(int i, int frame, int frames) {
        int message = i * MESSAGE;
        int udpPort = (int) (how[frame] >>> 16);
        int size = frames > 1 ? length[frame] : segment[frame];
        memory.putInt(
                message + 8,
                UdpSocket.address(memory, names + i * UdpSocket.ADDRESS, high[frame], low[frame], udpPort));
        memory.putLong(message + 16, memory.addressOffset() + vectors + (long) first[i] * VECTOR);
        memory.putLong(message + 24, frames);
        memory.putLong(message + 40, size == 0 ? 2 * ONE_CONTROL : CONTROL);
        int control = controls + i * CONTROL + 16;
        memory.putInt(control, (int) how[frame] >>> 8 & 0xFF);
        memory.putInt(control + ONE_CONTROL, (int) how[frame] & 0xFF);
        memory.putShort(control + 2 * ONE_CONTROL, (short) size);
    }

    private void send(int fd, Link from, int base, int messages) {
        boolean again = false;
        for (int at = 0; at < messages && patience > 0; ) {
            int went = calls.sendmmsg(fd, memory.addressOffset() + (long) at * MESSAGE, messages - at, 0);
            if (went > 0) {
                for (int i = first[at]; i < first[at + went]; i++) {
                    pool.free(from.peek(frameOf[i]));
                    from.replace(frameOf[i], Frame.NONE);
                }
                at += went;
                again = false;
            } else if (mayPass(went) && !again) {
                patience--;
                again = true;
            } else {
                refused(frameOf[first[at]] - base, went);
                at++;
                again = false;
            }
        }
    }

    private static boolean mayPass(int result) {
        return result == -Errno.ENOBUFS || result == -Errno.EAGAIN || result == -Errno.EINTR;
    }

    /** The message that begins with a frame was not taken. EIO: what it would leave by does not sum, hence takes no trains. */
    private void refused(int frame, int error) {
        if (error == -Errno.EMSGSIZE) {
            tooLong = frame;
            tooLongHigh = high[frame];
            tooLongLow = low[frame];
        } else if (error == -Errno.EIO) {
            trains = false;
        }
    }
}
