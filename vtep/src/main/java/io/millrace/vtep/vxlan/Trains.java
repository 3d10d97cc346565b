package io.millrace.vtep.vxlan;

import io.millrace.codec.FlowHash;
import io.millrace.codec.VxlanHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.frame.Segmenter;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes of a long segment few UDP packets, each several datagrams in one, for an underlay port that passes such on: its
 * network card, or its kernel, takes them apart (USO, UDP_SEGMENT). No card looks into a tunnel, so what is inside is cut
 * and summed here; what is saved is the way into the kernel and through it, once for forty.
 *
 * <pre>
 *  Ethernet IP UDP | VXLAN segment | VXLAN segment | VXLAN last segment
 * </pre>
 */
final class Trains {
    /** What Linux allowed before 6.9 (UDP_MAX_SEGMENTS). */
    private static final int LONGEST = 64;

    /** Bytes behind the UDP header that an IP packet holds in either family, with some to spare. */
    private static final int MOST = 65_000;

    private final FramePool pool;
    private final UnsafeBuffer bytes;
    private final OuterHeaders headers;

    /** Bytes of the frames in the last train, without what was put around them; and how many. */
    int length;

    int frames;

    Trains(FramePool pool, OuterHeaders headers) {
        this.pool = pool;
        this.bytes = pool.buffer();
        this.headers = headers;
    }

    private static int most(Segmenter segmenter) {
        return Math.min(LONGEST, MOST / (VxlanHeader.LENGTH + segmenter.longest()));
    }

    /** How many it takes for the segments that are left. */
    static int count(Segmenter segmenter) {
        return Math.ceilDiv(segmenter.left(), most(segmenter));
    }

    /** The next one to a peer, headers and all; {@link Frame#NONE}: no memory is left. */
    long next(Segmenter segmenter, Peer peer) {
        int size = VxlanHeader.LENGTH + segmenter.longest();
        frames = Math.min(segmenter.left(), most(segmenter));
        long train = pool.allocate(headers.length() + frames * size);
        if (train == Frame.NONE) {
            return Frame.NONE;
        }
        long inside = Frame.pull(train, headers.length());
        int first = Frame.head(inside);
        int at = first;
        length = 0;
        for (int i = 0; i < frames; i++) {
            int written = segmenter.nextLength();
            segmenter.write(at);
            length += written;
            at += size;
        }
        int all = length + (frames - 1) * VxlanHeader.LENGTH;
        long flow = FlowHash.of(bytes, first, Math.min(length, segmenter.longest()));
        long wrapped = headers.wrapTrain(pool, Frame.trimmed(inside, all), size, flow, peer);
        long vxlan = bytes.getLong(first - VxlanHeader.LENGTH);
        for (int i = 1; i < frames; i++) {
            bytes.putLong(first + i * size - VxlanHeader.LENGTH, vxlan);
        }
        return wrapped;
    }
}
