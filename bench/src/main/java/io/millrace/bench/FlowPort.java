package io.millrace.bench;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.InternetChecksum;
import io.millrace.codec.IpProtocol;
import io.millrace.codec.Ipv4Header;
import io.millrace.codec.TcpHeader;
import io.millrace.codec.UdpHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import java.nio.ByteOrder;
import java.util.function.LongUnaryOperator;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Brings in 64-byte packets of many flows, one after the other. The frames are its own stock: what leaves by its
 * {@link #sink} is written anew and comes in again. Of a packet only what differs from flow to flow is computed.
 */
final class FlowPort implements Port {
    private static final int LENGTH = 64;
    private static final int HEADERS = 54;
    private static final int SOURCE = EthernetHeader.LENGTH + 12;
    private static final int CHECKSUM = EthernetHeader.LENGTH + 10;
    private static final int PORTS = EthernetHeader.LENGTH + Ipv4Header.LENGTH;

    private final String name;
    private final long[] stock;
    private final UnsafeBuffer template = new UnsafeBuffer(new byte[HEADERS + 2]);
    private final LongUnaryOperator flows;
    private final long[] answers;
    private boolean answering;
    private int toAnswer;
    private int first;
    private int waiting;
    private long next;
    private int unsummed;

    /**
     * A port of so many frames.
     *
     * @param flows gives the flow of the n-th packet: its source address in the high 32 bits, its ports, the source's first,
     *     in the low ones
     */
    FlowPort(String name, int frames, LongUnaryOperator flows) {
        this.name = name;
        this.stock = new long[Integer.highestOneBit(2 * frames - 1)];
        this.answers = new long[stock.length];
        this.flows = flows;
    }

    /** Whether what leaves by the sink comes back in by it, as the answer, before it is stock again. */
    void answering(boolean now) {
        answering = now;
    }

    /** Says what is the same in all packets. */
    void like(long from, long to, int destination, int protocol) {
        new EthernetHeader().wrap(template, 0).destination(to).source(from).type(EtherType.IPV4);
        var ip = new Ipv4Header()
                .wrap(template, EthernetHeader.LENGTH)
                .plain()
                .totalLength(LENGTH - EthernetHeader.LENGTH)
                .timeToLive(64)
                .protocol(protocol)
                .source(0)
                .destination(destination)
                .writeChecksum();
        unsummed = ip.checksum() ^ 0xFFFF;
        if (protocol == IpProtocol.UDP) {
            new UdpHeader()
                    .wrap(template, PORTS)
                    .length(LENGTH - PORTS)
                    .checksum(0x1234); // nobody looks; it has to be kept up all the same
        } else {
            new TcpHeader()
                    .wrap(template, PORTS)
                    .sequenceNumber(1)
                    .acknowledgmentNumber(1)
                    .headerLengthAndFlags(TcpHeader.LENGTH, TcpHeader.ACK)
                    .window(1000)
                    .checksum(0x1234);
        }
    }

    /** Takes frames out of the pool. */
    void fill(FramePool pool, int frames) {
        for (int i = 0; i < frames; i++) {
            put(pool.allocate(LENGTH));
        }
    }

    private void put(long frame) {
        stock[first + waiting++ & stock.length - 1] = frame;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        int n = Math.min(atMost, waiting);
        for (int i = 0; i < n; i++) {
            long frame = stock[first++ & stock.length - 1];
            write(pool.buffer(), Frame.head(frame), flows.applyAsLong(next++));
            into.offer(frame);
        }
        waiting -= n;
        return n;
    }

    private void write(UnsafeBuffer bytes, int head, long flow) {
        bytes.putBytes(head, template, 0, HEADERS);
        int source = (int) (flow >>> 32);
        int sum = InternetChecksum.add(unsummed, (source >>> 16) + (source & 0xFFFF));
        bytes.putInt(head + SOURCE, source, ByteOrder.BIG_ENDIAN);
        bytes.putShort(head + CHECKSUM, (short) ~sum, ByteOrder.BIG_ENDIAN);
        bytes.putInt(head + PORTS, (int) flow, ByteOrder.BIG_ENDIAN);
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return restock(from);
    }

    private int restock(Link from) {
        int n = from.size();
        for (int i = 0; i < n; i++) {
            put(from.poll());
        }
        return n;
    }

    /** A port by which the frames go back into the stock. */
    Port sink(String sinkName) {
        return new Port() {
            @Override
            public String name() {
                return sinkName;
            }

            @Override
            public int receive(Link into, FramePool pool, int atMost) {
                int n = Math.min(atMost, toAnswer);
                for (int i = 0; i < n; i++) {
                    turn(pool.buffer(), Frame.head(answers[--toAnswer]));
                    into.offer(answers[toAnswer]);
                }
                return n;
            }

            @Override
            public int transmit(Link from, FramePool pool) {
                if (!answering) {
                    return restock(from);
                }
                int n = from.size();
                from.pollInto(answers, toAnswer, n);
                toAnswer += n;
                return n;
            }
        };
    }

    /** A packet becomes its answer; sums stay the same. */
    private static void turn(UnsafeBuffer bytes, int head) {
        swap(bytes, head, head + 6, 6);
        swap(bytes, head + SOURCE, head + SOURCE + 4, 4);
        swap(bytes, head + PORTS, head + PORTS + 2, 2);
    }

    private static void swap(UnsafeBuffer bytes, int one, int other, int n) {
        for (int i = 0; i < n; i++) {
            byte kept = bytes.getByte(one + i);
            bytes.putByte(one + i, bytes.getByte(other + i));
            bytes.putByte(other + i, kept);
        }
    }
}
