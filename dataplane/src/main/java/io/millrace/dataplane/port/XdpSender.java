package io.millrace.dataplane.port;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.linux.Errno;

/** How frames leave an {@link XdpPort}: from where they are in the pool, by its first socket. The worker's thread. */
final class XdpSender {
    private static final int PATIENCE = 4;

    private final FramePool pool;
    private final XdpLoans loans;
    private final XdpSocket socket;
    private boolean isLost;

    XdpSender(FramePool pool, XdpLoans loans, XdpSocket socket) {
        this.pool = pool;
        this.loans = loans;
        this.socket = socket;
    }

    /** Whether the kernel has said since the last time that the interface is gone or down. */
    boolean takeLost() {
        boolean lost = isLost;
        isLost = false;
        return lost;
    }

    /** Takes frames from the front of a link and sends them; returns how many were taken. */
    int transmit(Link from) {
        reap();
        int room = socket.sending.room();
        int used = 0;
        int taken = 0;
        for (; from.size() > 0; taken++) {
            long frame = from.peek(0);
            int pieces = (Frame.length(frame) + XdpMemory.PIECE - 1) / XdpMemory.PIECE;
            if (pieces > room - used) {
                break;
            }
            from.skip(1);
            if (Frame.length(frame) < EthernetHeader.LENGTH) {
                pool.free(frame); // not even the kernel could say where to; no node lets one through
                continue;
            }
            put(socket.sending, used, frame, pieces);
            used += pieces;
        }
        socket.sending.advance(used);
        send();
        return taken;
    }

    private void put(XdpRing ring, int i, long frame, int pieces) {
        int at = Frame.head(frame);
        int left = Frame.length(frame);
        loans.lend(at, pieces);
        for (int piece = 0; piece < pieces; piece++) {
            int length = Math.min(left, XdpMemory.PIECE);
            left -= length;
            ring.put(i + piece, at, length, left > 0 ? XdpRing.CONTINUED : 0);
            at += length;
        }
    }

    /** Has the kernel send while it does; what it does not take now is offered again in the next turn. */
    void send() {
        reap();
        int waiting = socket.sending.waiting();
        for (int stuck = 0; waiting > 0 && stuck < PATIENCE; ) {
            int result = socket.send();
            reap();
            if (result == -Errno.ENETDOWN || result == -Errno.ENXIO) {
                isLost = true;
                return;
            }
            int left = socket.sending.waiting();
            stuck = left < waiting ? 0 : stuck + 1;
            waiting = left;
        }
    }

    private void reap() {
        var ring = socket.completed;
        int ready = ring.ready();
        for (int i = 0; i < ready; i++) {
            int at = XdpMemory.head(ring.address(i));
            if (loans.back(at)) {
                pool.free(FramePool.frameAt(at, 0));
            }
        }
        if (ready > 0) {
            ring.advance(ready);
        }
    }
}
