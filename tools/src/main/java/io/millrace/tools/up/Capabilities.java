package io.millrace.tools.up;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process may do (capabilities(7)). */
enum Capabilities {
    CAP_NET_ADMIN(12),
    CAP_NET_RAW(13),
    CAP_SYS_ADMIN(21);

    private static final String EFFECTIVE = "CapEff:";
    private static final int HEX = 16;

    private final int bit;

    Capabilities(int bit) {
        this.bit = bit;
    }

    /** Says which of these is missing; where nobody tells, the kernel will. */
    static void require(String what, Capabilities... needed) throws IOException {
        long has = effective();
        for (var one : needed) {
            if ((has >>> one.bit & 1) == 0) {
                throw new IOException(what + " needs the capability " + one + " (run as root or grant it)");
            }
        }
    }

    private static long effective() throws IOException {
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
