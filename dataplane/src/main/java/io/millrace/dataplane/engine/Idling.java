package io.millrace.dataplane.engine;

import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Poller;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/** What a worker does when a turn brought nothing. */
public enum Idling {
    /** The next turn at once: the shortest way through, and a whole core day and night. */
    BUSY,
    /** Some turns at once, some after others had the core, then one each half a millisecond. */
    BACKOFF,
    /** Turns for 50 µs, then sleep until the kernel has a frame for one of the ports; see {@link Sleep}. */
    POLL;

    private static final int SPINS = 100;
    private static final int YIELDS = 100;
    private static final long SHORTEST_PARK = 1_000;
    /** The kernel adds 50 µs of slack and what it takes to wake up: together below a millisecond. */
    private static final long LONGEST_PARK = 500_000;

    private static final long SPIN = 50_000;

    /**
     * The strategy to run a worker with; one each.
     *
     * @throws KernelException when there are no descriptors left
     */
    public IdleStrategy of(Worker worker) throws KernelException {
        return switch (this) {
            case BUSY -> new BusySpinIdleStrategy();
            case BACKOFF -> backoff();
            case POLL -> Poller.isSupported() ? new Sleep(worker, SPIN) : backoff();
        };
    }

    private static IdleStrategy backoff() {
        return new BackoffIdleStrategy(SPINS, YIELDS, SHORTEST_PARK, LONGEST_PARK);
    }
}
