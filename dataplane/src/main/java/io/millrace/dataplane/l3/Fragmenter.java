package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv4Header;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Cuts an IPv4 packet that is too long for its next link into fragments (RFC 791 section 3.2): as few as fit, in order.
 * Options that are not marked to be copied are the first fragment's only; so are all of a packet that is a fragment
 * itself, and not the first one.
 *
 * <p>{@link #wrap} says whether it can be cut, then {@link #next} for each of the {@link #left}. The frame remains the
 * caller's. Nothing may be left to be done to it: a checksum that is to be finished is that of the whole packet. One
 * thread; nothing is allocated but frames.
 */
public final class Fragmenter {
    /** Offsets count in these, in bytes. */
    private static final int UNIT = 8;

    private static final int END_OF_OPTIONS = 0;
    private static final int NO_OPERATION = 1;
    private static final int COPIED = 0x80;

    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final Ipv4Header ipv4 = new Ipv4Header();
    private final UnsafeBuffer options = new UnsafeBuffer(new byte[Ipv4Header.MAX_LENGTH]);

    private long frame;

    // In bytes, but for counts.
    private int network;
    private int header;
    private int laterHeader;
    private int payload;
    private int offset;
    private boolean more;
    private int firstSize;
    private int laterSize;
    private int count;
    private int made;

    public Fragmenter(FramePool pool) {
        this.pool = pool;
        this.bytes = pool.buffer();
    }

    /**
     * Takes up a frame; false when it cannot be cut: not IPv4, marked not to be, or longer headers than the link allows.
     *
     * @param network where the IP header is, in bytes from the frame's first; the header is known to be sound
     * @param mtu the longest packet that passes, in bytes
     */
    public boolean wrap(long frame, int network, int mtu) {
        this.frame = frame;
        this.network = network;
        made = 0;
        count = 0;
        ipv4.wrap(bytes, Frame.head(frame) + network);
        if (ipv4.version() != 4
                || ipv4.dontFragment()
                || Frame.isOffloaded(frame)
                || network + ipv4.totalLength() > Frame.length(frame)) {
            return false;
        }
        header = ipv4.headerLength();
        payload = ipv4.payloadLength();
        offset = ipv4.fragmentOffset();
        more = ipv4.moreFragments();
        laterHeader = Ipv4Header.LENGTH + takeOptions();
        firstSize = Math.min(payload, (mtu - header) / UNIT * UNIT);
        laterSize = (mtu - laterHeader) / UNIT * UNIT;
        if (header + payload <= mtu) {
            firstSize = payload;
            count = 1;
            return true;
        }
        if (firstSize <= 0 || laterSize <= 0) {
            return false;
        }
        count = 1 + Math.ceilDiv(payload - firstSize, laterSize);
        return true;
    }

    /** How many fragments are still to be made. */
    public int left() {
        return count - made;
    }

    /** The next fragment, a frame of its own; {@link Frame#NONE} when the pool is exhausted: then it may be asked again. */
    public long next() {
        assert left() > 0;
        int from = made == 0 ? 0 : firstSize + (made - 1) * laterSize;
        int size = Math.min(made == 0 ? firstSize : laterSize, payload - from);
        int length = made == 0 ? header : laterHeader;
        long fragment = pool.allocate(network + length + size);
        if (fragment == Frame.NONE) {
            return Frame.NONE;
        }
        int source = Frame.head(frame);
        int to = Frame.head(fragment);
        bytes.putBytes(to, bytes, source, network + (made == 0 ? header : Ipv4Header.LENGTH));
        if (made > 0) {
            bytes.putBytes(to + network + Ipv4Header.LENGTH, options, 0, laterHeader - Ipv4Header.LENGTH);
        }
        bytes.putBytes(to + network + length, bytes, source + network + header + from, size);
        made++;
        ipv4.wrap(bytes, to + network)
                .headerLength(length)
                .totalLength(length + size)
                .fragment(false, more || left() > 0, offset + from)
                .writeChecksum();
        return Frame.from(fragment, Frame.ingress(frame));
    }

    /** Notes the options that all fragments but the first have; returns how many bytes that are, filled up to four. */
    private int takeOptions() {
        int head = ipv4.offset();
        if (offset > 0) {
            options.putBytes(0, bytes, head + Ipv4Header.LENGTH, header - Ipv4Header.LENGTH);
            return header - Ipv4Header.LENGTH;
        }
        int taken = 0;
        int at = Ipv4Header.LENGTH;
        while (at < header && bytes.getByte(head + at) != END_OF_OPTIONS) {
            int kind = bytes.getByte(head + at);
            int length = kind == NO_OPERATION || at + 1 == header ? 1 : bytes.getByte(head + at + 1) & 0xFF;
            if (length < 1 || at + length > header) {
                break; // nobody can tell what the rest is
            }
            if ((kind & COPIED) != 0) {
                options.putBytes(taken, bytes, head + at, length);
                taken += length;
            }
            at += length;
        }
        while (taken % 4 != 0) {
            options.putByte(taken++, (byte) END_OF_OPTIONS);
        }
        return taken;
    }
}
