package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;

/**
 * How frames come into an {@link XdpPort}: by one socket for each receive queue, into chunks of the pool that were lent for
 * it. The worker's thread.
 */
final class XdpReceiver {
    private static final int REFILL = 64;

    private final FramePool pool;
    private final XdpLoans loans;
    private final XdpSocket[] sockets;
    private final int refill;
    private final XdpSocket.Statistics statistics = new XdpSocket.Statistics();
    private long parked = Frame.NONE;
    private volatile long gathered;
    private volatile long ungathered;
    private volatile long starved;
    private volatile long beforeStarving;
    private volatile boolean starving;

    /** @param entries of each ring */
    XdpReceiver(FramePool pool, XdpLoans loans, XdpSocket[] sockets, int entries) {
        this.pool = pool;
        this.loans = loans;
        this.sockets = sockets;
        this.refill = Math.max(1, Math.min(REFILL, entries / 8));
    }

    /** Adds up to {@code atMost} frames to a link, from all queues; {@code mtu} of the interface in bytes. */
    int receive(Link into, int atMost, int mtu) {
        int came = 0;
        for (var socket : sockets) {
            came += receive(socket, into, atMost - came, mtu);
        }
        return came;
    }

    private int receive(XdpSocket socket, Link into, int atMost, int mtu) {
        var ring = socket.received;
        int ready = ring.ready();
        int read = 0;
        int came = 0;
        while (came < atMost && read < ready) {
            int pieces = pieces(ring, read, ready);
            if (pieces == 0) {
                break; // the rest of the frame is still on its way
            }
            long frame = pieces == 1 ? whole(ring, read) : gather(ring, read, pieces);
            read += pieces;
            if (frame != Frame.NONE) {
                into.offer(UnfinishedChecksum.mark(pool, frame, mtu));
                came++;
            }
        }
        if (read > 0) {
            ring.advance(read);
            socket.owed += read;
        }
        if (socket.owed >= refill) {
            refill(socket);
        }
        return came;
    }

    /** How many descriptors the frame has that begins in the {@code i}-th; 0 when not all of them are there. */
    private static int pieces(XdpRing ring, int i, int ready) {
        int last = i;
        while (ring.isContinued(last)) {
            if (++last == ready) {
                return 0;
            }
        }
        return last - i + 1;
    }

    private long whole(XdpRing ring, int i) {
        int head = XdpMemory.head(ring.address(i));
        loans.back(head);
        return FramePool.frameAt(head, ring.length(i));
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // they have one writer, this thread
    private long gather(XdpRing ring, int first, int pieces) {
        int length = 0;
        for (int i = first; i < first + pieces; i++) {
            length += ring.length(i);
        }
        long frame = pool.allocate(length);
        int to = Frame.head(frame);
        for (int i = first; i < first + pieces; i++) {
            long piece = whole(ring, i);
            if (frame != Frame.NONE) {
                pool.buffer().putBytes(to, pool.buffer(), Frame.head(piece), Frame.length(piece));
                to += Frame.length(piece);
            }
            pool.free(piece);
        }
        if (frame == Frame.NONE) {
            ungathered++;
        } else {
            gathered++;
        }
        return frame;
    }

    private void refill(XdpSocket socket) {
        int given = 0;
        while (given < socket.owed) {
            long frame = pool.allocate(FramePool.ROOM);
            if (frame == Frame.NONE) {
                break;
            }
            int chunk = pool.chunk(frame);
            if (!XdpMemory.takesFrames(chunk)) {
                parked = frame; // the pool has one such chunk; it is out of the way here
                continue;
            }
            loans.lend(Frame.head(frame), 1);
            socket.filling.put(given++, XdpMemory.fillAddress(chunk));
        }
        socket.owed -= given;
        socket.filling.advance(given);
        if (starving != socket.owed > 0) {
            starving(socket.owed > 0);
        }
    }

    /** Frames that came in pieces and were copied into one chunk. */
    long gathered() {
        return gathered;
    }

    /** Any thread. */
    Port.Losses losses() {
        var counts = new XdpSocket.Statistics();
        long unfilled = unfilled(counts);
        long overflowed = 0;
        for (var socket : sockets) {
            overflowed += socket.overflowed(counts);
        }
        long pool = ungathered + starved + (starving ? unfilled - beforeStarving : 0);
        return new Port.Losses(overflowed + unfilled + ungathered - pool, pool, 0);
    }

    private long unfilled(XdpSocket.Statistics counts) {
        long sum = 0;
        for (var socket : sockets) {
            sum += socket.unfilled(counts);
        }
        return sum;
    }

    /** What is lost while the pool cannot fill the rings is the pool's fault, else that of a ring too short. */
    private void starving(boolean now) {
        long unfilled = unfilled(statistics);
        if (now) {
            beforeStarving = unfilled;
        } else {
            starved = starved + unfilled - beforeStarving;
        }
        starving = now;
    }

    /** The one chunk that could not be lent, if it came this way: 0 or 1. */
    int parked() {
        return parked == Frame.NONE ? 0 : 1;
    }

    void close() {
        if (parked != Frame.NONE) {
            pool.free(parked);
            parked = Frame.NONE;
        }
    }
}
