package io.millrace.dataplane.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process may be allowed to do, by the names and numbers of capabilities(7); those that Millrace asks for. */
public enum Capability {
    CAP_NET_ADMIN(12),
    CAP_NET_RAW(13),
    CAP_SYS_ADMIN(21),
    CAP_BPF(39);

    private static final String EFFECTIVE = "CapEff:";
    private static final int HEX = 16;

    private final int bit;

    Capability(int bit) {
        this.bit = bit;
    }

    /** Says which of these is missing; where nobody tells, the kernel will. */
    public static void require(String what, Capability... needed) throws IOException {
        long has = effective();
        for (var one : needed) {
            if (!one.isIn(has)) {
                throw new IOException(what + " needs the capability " + one + " (run as root or grant it)");
            }
        }
    }

    /** Whether this is one of a set, as {@link #effective} gives it. */
    public boolean isIn(long set) {
        return (set >>> bit & 1) != 0;
    }

    /** What this process may do, a bit for each; see capabilities(7). All, where nobody tells. */
    public static long effective() throws IOException {
        var status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return -1;
        }
        for (var line : Files.readAllLines(status)) {
            if (line.startsWith(EFFECTIVE)) {
                return Long.parseUnsignedLong(line.substring(EFFECTIVE.length()).strip(), HEX);
            }
        }
        return -1;
    }
}
