package io.millrace.dataplane.linux;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Memory in pages of 2 MiB, where the kernel has them (Documentation/admin-guide/mm/transhuge.rst). Frames lie far apart:
 * with pages of 4 KiB the processor would walk through its page tables for each of them.
 */
public final class HugePages {
    private static final int PAGE = 4096;
    private static final int HUGE_PAGE = 2 << 20;
    private static final int PROT_READ_WRITE = 1 | 2;
    private static final int MAP_PRIVATE_ANONYMOUS = 2 | 0x20;
    private static final int MADV_HUGEPAGE = 14;

    private HugePages() {}

    /**
     * So many zero bytes, for as long as the process lives. All are touched at once, so that no frame waits for a page to be
     * zeroed; a kernel without huge pages gives small ones.
     */
    public static UnsafeBuffer take(int bytes) {
        var calls = new Native();
        long length = (long) bytes + 2L * HUGE_PAGE;
        long at = calls.mmap(length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (at < 0) {
            return Memory.pages(bytes);
        }
        long begin = (at + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
        calls.madvise(begin, length - HUGE_PAGE, MADV_HUGEPAGE);
        var memory = new UnsafeBuffer(begin, bytes);
        for (int i = 0; i < bytes; i += PAGE) {
            memory.putByte(i, (byte) 0);
        }
        return memory;
    }
}
