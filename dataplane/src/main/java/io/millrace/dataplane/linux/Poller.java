package io.millrace.dataplane.linux;

import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Sleeps until one of many descriptors is readable, or until another thread rings: ppoll(2) over them and an eventfd(2).
 * Level-triggered. One thread sleeps; any may {@link #wake} it.
 */
public final class Poller implements AutoCloseable {
    /** struct pollfd: int fd, short events, short revents. */
    private static final int ENTRY = 8;

    private static final int EVENTS = 4;
    private static final int REVENTS = 6;
    private static final short POLLIN = 1;
    private static final int EFD_NONBLOCK_CLOEXEC = 0x80800;
    private static final int NANOS_PER_SECOND = 1_000_000_000;
    private static final int IGNORED = -1;

    private final Native calls = new Native();
    private final UnsafeBuffer timeout = Memory.of(2 * Long.BYTES);
    private final UnsafeBuffer number = Memory.of(Long.BYTES);
    private final UnsafeBuffer one = Memory.of(Long.BYTES);
    private final ReentrantLock open = new ReentrantLock();
    private final int bell;
    private UnsafeBuffer entries = Memory.of(16 * ENTRY);
    private int count;
    private boolean closed;

    /** Whether this machine has what it takes. */
    public static boolean isSupported() {
        return System.getProperty("os.name").equals("Linux");
    }

    /** @throws KernelException when the kernel gives no more descriptors */
    public Poller() throws KernelException {
        bell = (int) KernelException.check("making an eventfd", calls.eventfd(0, EFD_NONBLOCK_CLOEXEC), "none");
        one.putLong(0, 1);
        clear();
    }

    /** Forgets all descriptors. */
    public void clear() {
        count = 0;
        watch(bell);
    }

    /** Adds a descriptor. */
    public void watch(int fd) {
        if ((count + 1) * ENTRY > entries.capacity()) {
            var more = Memory.of(2 * entries.capacity());
            more.putBytes(0, entries, 0, count * ENTRY);
            entries = more;
        }
        int at = count++ * ENTRY;
        entries.putInt(at, fd);
        entries.putShort(at + EVENTS, POLLIN);
        entries.putShort(at + REVENTS, (short) 0);
    }

    /**
     * Sleeps until a descriptor is readable or dead, somebody wakes this thread, or the time is over.
     *
     * @param nanos at most so long; less than a second
     * @return whether a descriptor had something to say
     */
    public boolean sleep(int nanos) {
        assert nanos < NANOS_PER_SECOND;
        timeout.putLong(Long.BYTES, nanos);
        int ready = calls.ppoll(entries.addressOffset(), count, timeout.addressOffset());
        if (ready > 0 && entries.getShort(REVENTS) != 0) {
            calls.read(bell, number.addressOffset(), Long.BYTES);
            ready--;
        }
        return ready > 0;
    }

    /**
     * Watches those descriptors no longer that had something to say when the last {@link #sleep} ended.
     *
     * @return whether there was any
     */
    public boolean ignoreReady() {
        boolean any = false;
        for (int i = 1; i < count; i++) {
            if (entries.getShort(i * ENTRY + REVENTS) != 0) {
                entries.putInt(i * ENTRY, IGNORED);
                entries.putShort(i * ENTRY + REVENTS, (short) 0);
                any = true;
            }
        }
        return any;
    }

    /** Ends the sleep, or the next one if nobody sleeps. Any thread may call this, also after {@link #close}. */
    public void wake() {
        open.lock();
        try {
            if (!closed) {
                new Native().write(bell, one.addressOffset(), Long.BYTES);
            }
        } finally {
            open.unlock();
        }
    }

    @Override
    public void close() {
        open.lock();
        try {
            if (!closed) {
                closed = true;
                calls.close(bell);
            }
        } finally {
            open.unlock();
        }
    }
}
