package io.millrace.dataplane.port;

import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What sendmmsg(2) is handed: an array of {@code struct mmsghdr}, each with one {@code struct iovec}, so that each message
 * is one stretch of memory. One thread.
 */
final class MessageVector {
    private static final int HEADER = 64; // struct mmsghdr
    private static final int VECTOR = 16; // struct iovec
    private static final int HEADER_VECTORS = 16; // msg_iov
    private static final int HEADER_COUNT = 24; // msg_iovlen

    private final UnsafeBuffer memory;
    private final int vectors;

    /** @param size how many messages there may be */
    MessageVector(int size) {
        vectors = size * HEADER;
        memory = Memory.of(size * (HEADER + VECTOR));
        for (int i = 0; i < size; i++) {
            memory.putLong(i * HEADER + HEADER_VECTORS, memory.addressOffset() + vectors + (long) i * VECTOR);
            memory.putLong(i * HEADER + HEADER_COUNT, 1);
        }
    }

    /** Lets the {@code i}-th message be the {@code length} bytes at {@code address}. */
    void set(int i, long address, int length) {
        memory.putLong(vectors + i * VECTOR, address);
        memory.putLong(vectors + i * VECTOR + Long.BYTES, length);
    }

    /** Sends {@code count} messages, the {@code first} first; returns how many went, or why the first did not. */
    int send(Native calls, int socket, int first, int count) {
        return calls.sendmmsg(socket, memory.addressOffset() + (long) first * HEADER, count, 0);
    }
}
