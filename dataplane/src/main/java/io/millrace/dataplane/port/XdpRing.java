package io.millrace.dataplane.port;

import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One of the four rings an AF_XDP socket shares with the kernel: one side adds entries and moves the producer index, the
 * other takes them and moves the consumer index. Each index has one writer; what stands in the entries is visible to
 * whoever reads the index that covers them (release and acquire). Indices run on through all 32 bits.
 *
 * <p>Entries of the fill and completion rings are addresses ({@code __u64}), those of the receive and transmit rings
 * {@code struct xdp_desc}: address, length, options. See the kernel's {@code include/uapi/linux/if_xdp.h}.
 */
final class XdpRing {
    /** Options of a descriptor: the frame goes on in the next one. */
    static final int CONTINUED = 1;

    static final int ADDRESS = 8;
    static final int DESCRIPTOR = 16;

    private static final int LENGTH = 8;
    private static final int OPTIONS = 12;

    private final UnsafeBuffer memory;
    private final int mine;
    private final int theirs;
    private final int entries;
    private final int mask;
    private final int size;
    private int at;

    /**
     * @param ours whether we produce: fill and transmit
     * @param layout where the indices and entries are, three 64-bit numbers of {@code struct xdp_ring_offset}
     */
    private XdpRing(UnsafeBuffer memory, boolean ours, UnsafeBuffer layout, int count, int size) {
        this.memory = memory;
        int producer = (int) layout.getLong(0);
        int consumer = (int) layout.getLong(8);
        this.mine = ours ? producer : consumer;
        this.theirs = ours ? consumer : producer;
        this.entries = (int) layout.getLong(16);
        this.mask = count - 1;
        this.size = size;
    }

    /** Maps a ring we add to. */
    static XdpRing toKernel(Native calls, int fd, long page, UnsafeBuffer layout, int count, int size)
            throws KernelException {
        return new XdpRing(map(calls, fd, page, layout, count, size), true, layout, count, size);
    }

    /** Maps a ring we take from. */
    static XdpRing fromKernel(Native calls, int fd, long page, UnsafeBuffer layout, int count, int size)
            throws KernelException {
        return new XdpRing(map(calls, fd, page, layout, count, size), false, layout, count, size);
    }

    private static UnsafeBuffer map(Native calls, int fd, long page, UnsafeBuffer layout, int count, int size)
            throws KernelException {
        return Memory.map(calls, fd, page, (int) layout.getLong(16) + count * size);
    }

    /** Entries that can be taken, where the kernel produces. */
    int ready() {
        return memory.getIntAcquire(theirs) - at;
    }

    /** Entries the kernel has not taken yet, where we produce. */
    int waiting() {
        return at - memory.getIntAcquire(theirs);
    }

    /** Entries that can be added, where we produce. */
    int room() {
        return mask + 1 - waiting();
    }

    /** How many entries there are. */
    int capacity() {
        return mask + 1;
    }

    /** The address in the {@code i}-th entry from our index on. */
    long address(int i) {
        return memory.getLong(entry(i));
    }

    /** The length in the {@code i}-th descriptor from our index on, in bytes. */
    int length(int i) {
        return memory.getInt(entry(i) + LENGTH);
    }

    /** Whether the frame of the {@code i}-th descriptor goes on in the next. */
    boolean isContinued(int i) {
        return (memory.getInt(entry(i) + OPTIONS) & CONTINUED) != 0;
    }

    /** Writes the {@code i}-th entry from our index on. */
    void put(int i, long address) {
        memory.putLong(entry(i), address);
    }

    /** Writes the {@code i}-th descriptor from our index on. */
    void put(int i, long address, int length, int options) {
        int entry = entry(i);
        memory.putLong(entry, address);
        memory.putInt(entry + LENGTH, length);
        memory.putInt(entry + OPTIONS, options);
    }

    /** Hands the next {@code n} entries to the kernel: written ones, or read ones for reuse. */
    void advance(int n) {
        at += n;
        memory.putIntRelease(mine, at);
    }

    void unmap(Native calls) {
        Memory.unmap(calls, memory);
    }

    private int entry(int i) {
        return entries + (at + i & mask) * size;
    }
}
