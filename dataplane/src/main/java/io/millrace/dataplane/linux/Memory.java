package io.millrace.dataplane.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/** Memory that the kernel is handed: structures of its interface, and rings it shares. */
public final class Memory {
    private static final int PAGE = 4096;
    private static final int PROT_READ_WRITE = 1 | 2;
    private static final int MAP_SHARED = 1;
    private static final int MAP_POPULATE = 0x8000;

    private Memory() {}

    /** {@code bytes} zero bytes, aligned to 8; {@code addressOffset()} is what the kernel is given. */
    public static UnsafeBuffer of(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes + Long.BYTES)
                .alignedSlice(Long.BYTES)
                .order(ByteOrder.nativeOrder()));
    }

    /** {@code bytes} zero bytes that begin at a page. */
    public static UnsafeBuffer pages(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes + 2 * PAGE).alignedSlice(PAGE), 0, bytes);
    }

    /** A C string: UTF-8 and a zero byte. */
    public static UnsafeBuffer string(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var memory = of(bytes.length + 1);
        memory.putBytes(0, bytes);
        return memory;
    }

    /**
     * Maps {@code length} bytes of a descriptor, shared, readable and writable. Give it back with {@link #unmap}.
     *
     * @throws KernelException when the kernel refuses
     */
    public static UnsafeBuffer map(Native calls, int fd, long offset, int length) throws KernelException {
        long address = KernelException.check(
                "mapping " + length + " bytes of a ring",
                calls.mmap(length, PROT_READ_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset),
                "CAP_IPC_LOCK");
        return new UnsafeBuffer(address, length);
    }

    /** Ends a mapping; whoever touches the buffer afterwards ends the process. */
    public static void unmap(Native calls, UnsafeBuffer mapping) {
        calls.munmap(mapping.addressOffset(), mapping.capacity());
    }
}
