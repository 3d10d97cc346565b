package io.millrace.dataplane.engine;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import org.agrona.concurrent.UnsafeBuffer;

/** A port whose frames any thread can ring for: the kernel's eventfd is its descriptor. */
final class BellPort implements Port {
    private static final int NONBLOCK = 0x800;

    private final Native calls = new Native();
    private final UnsafeBuffer number = Memory.of(8);
    private final UnsafeBuffer one = Memory.of(8);
    private final int bell;
    private boolean dead;
    volatile boolean up = true;
    volatile int came;
    volatile long cameAt;
    volatile int asked;

    BellPort() {
        bell = calls.eventfd(0, NONBLOCK);
        one.putLong(0, 1);
    }

    void ring() {
        new Native().write(bell, one.addressOffset(), 8);
    }

    /** From now on the descriptor is one that the kernel does not know. */
    void die() {
        if (!dead) {
            dead = true;
            new Native().close(bell);
        }
    }

    @Override
    public String name() {
        return "bell";
    }

    @Override
    public boolean isUp() {
        return up;
    }

    @Override
    public int[] descriptors() {
        return new int[] {bell};
    }

    @Override
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // one thread writes
    public int receive(Link into, FramePool pool, int atMost) {
        asked++;
        if (calls.read(bell, number.addressOffset(), 8) != 8) {
            return 0;
        }
        into.offer(pool.allocate(60));
        cameAt = System.nanoTime();
        came++;
        return 1;
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return from.freeAll(pool);
    }
}
