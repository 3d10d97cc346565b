package io.millrace.dataplane.linux;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What the running kernel says of its own types and functions (BTF): by these numbers a BPF program calls them. See the
 * kernel's Documentation/bpf/btf.rst.
 */
final class KernelTypes {
    private static final Path FILE = Path.of("/sys/kernel/btf/vmlinux");
    private static final int HEADER = 24;
    private static final int MAGIC = 0xEB9F;
    private static final int TYPE = 12;
    private static final int FUNCTION = 12;

    private KernelTypes() {}

    /** The number of a function; 0 when the kernel has none of that name or does not tell. */
    static int function(String name) {
        try {
            var all = new UnsafeBuffer(Files.readAllBytes(FILE));
            return all.capacity() < HEADER || (all.getShort(0) & 0xFFFF) != MAGIC ? 0 : find(all, name);
        } catch (IOException e) {
            return 0;
        }
    }

    private static int find(UnsafeBuffer all, String name) {
        int header = all.getInt(4, ByteOrder.nativeOrder());
        int at = header + all.getInt(8, ByteOrder.nativeOrder());
        int end = at + all.getInt(12, ByteOrder.nativeOrder());
        int strings = header + all.getInt(16, ByteOrder.nativeOrder());
        int wanted = offsetOf(all, strings, name);
        for (int number = 1; wanted > 0 && at + TYPE <= end; number++) {
            int info = all.getInt(at + 4, ByteOrder.nativeOrder());
            int kind = info >>> 24 & 0x1F;
            if (kind == FUNCTION && all.getInt(at, ByteOrder.nativeOrder()) == wanted) {
                return number;
            }
            at += TYPE + more(kind, info & 0xFFFF);
        }
        return 0;
    }

    /** Where a name stands among the strings, each of which ends with a zero byte, as does what is before the first. */
    private static int offsetOf(UnsafeBuffer all, int strings, String name) {
        var bytes = ('\0' + name + '\0').getBytes(StandardCharsets.US_ASCII);
        for (int at = strings; at + bytes.length <= all.capacity(); at++) {
            int same = 0;
            while (same < bytes.length && all.getByte(at + same) == bytes[same]) {
                same++;
            }
            if (same == bytes.length) {
                return at + 1 - strings;
            }
        }
        return -1;
    }

    /** Bytes behind a type of that kind, which has {@code n} members, values or parameters. */
    private static int more(int kind, int n) {
        return switch (kind) {
            case 1, 14, 17 -> 4; // integer, variable, tag of a declaration
            case 3 -> 12; // array
            case 4, 5, 15, 19 -> 12 * n; // structure, union, section, 64-bit enumeration
            case 6, 13 -> 8 * n; // enumeration, prototype
            default -> 0;
        };
    }
}
