package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;

/**
 * A port around a port that shows what passes: frames that came in, and frames offered to the port, before it takes them.
 * What the port then refuses was seen, too. Frames are seen as they are, unfinished checksums and long segments among
 * them, as on any interface whose card does that work.
 *
 * <p>Several may lie around one port. Without a tap nothing is around it: {@link #lay} and {@link #takeAway} exchange what
 * is plugged into a {@link PatchPort}.
 */
public final class CaptureTap implements PortAround {
    private Port inner;
    private final CaptureRing ring;

    /** Shows what passes {@code inner} to {@code ring}. */
    public CaptureTap(Port inner, CaptureRing ring) {
        this.inner = inner;
        this.ring = ring;
    }

    /**
     * Lays a tap around what is plugged in. Only between two turns.
     *
     * @return false when nothing is plugged in; nothing was done
     */
    public static boolean lay(PatchPort socket, CaptureRing ring) {
        var inside = socket.inside();
        if (inside == null) {
            return false;
        }
        socket.exchange(new CaptureTap(inside, ring));
        return true;
    }

    /**
     * Takes the tap of this ring away again, wherever it lies among others. Only between two turns.
     *
     * @return false when there was none
     */
    public static boolean takeAway(PatchPort socket, CaptureRing ring) {
        if (!(socket.inside() instanceof CaptureTap outermost)) {
            return false;
        }
        if (outermost.ring == ring) {
            socket.exchange(outermost.inner);
            return true;
        }
        for (var tap = outermost; tap.inner instanceof CaptureTap next; tap = next) {
            if (next.ring == ring) {
                tap.inner = next.inner;
                return true;
            }
        }
        return false;
    }

    @Override
    public Port inner() {
        return inner;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        int before = into.size();
        int came = inner.receive(into, pool, atMost);
        if (came > 0) {
            show(into, before, pool, false);
        }
        return came;
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        if (from.size() > 0) {
            show(from, 0, pool, true);
        }
        return inner.transmit(from, pool);
    }

    private void show(Link frames, int first, FramePool pool, boolean outgoing) {
        long time = WallClock.nanos();
        for (int i = first, n = frames.size(); i < n; i++) {
            ring.offer(pool, frames.peek(i), time, outgoing);
        }
    }
}
