package io.millrace.dataplane.engine;

import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Poller;
import org.agrona.concurrent.IdleStrategy;

/**
 * Turns for a short while after the last frame, so that two hosts in conversation find the worker awake; then sleeps
 * until a port has a frame or somebody has a change. A port without descriptors is asked every millisecond.
 *
 * <p>A descriptor that wakes the worker again and again while no frame comes, because its device is gone or the frames
 * cannot be taken, is not listened to until the descriptors are gathered anew, five times a second. The worker's thread
 * alone, but for {@link #wake}.
 */
final class Sleep implements IdleStrategy {
    /** So often a sleeper wakes to age its tables and to see which ports are up, in ns. */
    private static final int LONGEST = 200_000_000;

    /** Between two questions to a port that has no descriptors, in ns; waking takes the rest of the millisecond. */
    private static final int SHORTEST = 800_000;

    private static final int PATIENCE = 4;

    private final Worker worker;
    private final long spin;
    private final Poller poller;
    private boolean awake = true;
    private long idleSince;
    private int gathered = -1;
    private long gatheredAt;
    private int longest;
    private int fruitless;

    /** @param spin how long to go on making turns before sleeping, in ns */
    Sleep(Worker worker, long spin) throws KernelException {
        this.worker = worker;
        this.spin = spin;
        this.poller = new Poller();
        worker.sleepsBy(this);
    }

    @Override
    public void idle(int came) {
        if (came > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void reset() {
        awake = true;
        idleSince = 0;
        fruitless = 0;
    }

    @Override
    public void idle() {
        if (worker.hasChanges()) {
            return;
        }
        long now = System.nanoTime();
        if (awake) {
            if (idleSince == 0) {
                idleSince = now;
            }
            if (now - idleSince < spin) {
                Thread.onSpinWait();
                return;
            }
            awake = false;
        }
        sleep(now);
    }

    private void sleep(long now) {
        if (gathered != worker.changed() || now - gatheredAt > LONGEST) {
            gather(now);
        } else if (fruitless >= PATIENCE && poller.ignoreReady()) {
            fruitless = 0;
            longest = SHORTEST; // its port may be alive for all that
        }
        if (poller.sleep(longest)) {
            fruitless++;
        } else {
            fruitless = 0;
            worker.slept(longest);
        }
    }

    private void gather(long now) {
        gathered = worker.changed();
        gatheredAt = now;
        longest = LONGEST;
        fruitless = 0;
        poller.clear();
        worker.forEachPort(this::listenTo);
    }

    /** A port that is down is not listened to: its descriptors would call out the same news for ever. */
    private void listenTo(Port port) {
        if (!port.isUp()) {
            return;
        }
        int[] descriptors = port.descriptors();
        for (int fd : descriptors) {
            poller.watch(fd);
        }
        if (descriptors.length == 0) {
            longest = SHORTEST;
        }
    }

    /** Ends the sleep. Any thread may call this. */
    void wake() {
        poller.wake();
    }

    void close() {
        poller.close();
    }
}
