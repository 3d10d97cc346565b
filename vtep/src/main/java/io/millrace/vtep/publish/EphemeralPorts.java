package io.millrace.vtep.publish;

import io.millrace.vtep.network.PortRange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** The ports that are given to who publishes without naming one. */
public final class EphemeralPorts {
    /** IANA's dynamic ports less the first, as Docker has it where the kernel's are not to be read. */
    public static final PortRange FALLBACK = new PortRange(49_153, 65_535);

    private static final Path KERNEL = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    private static final Pattern TWO = Pattern.compile("\\s*(\\d{1,5})\\s+(\\d{1,5})\\s*");

    /** In bytes, longer than two ports and what is between them. */
    private static final int LONGEST = 64;

    private EphemeralPorts() {}

    /** The kernel's {@code net.ipv4.ip_local_port_range}, or {@link #FALLBACK}. */
    public static PortRange kernel() {
        return of(KERNEL);
    }

    /** Reads all at once: the kernel tells its settings to one read, and nothing more to a second. */
    static PortRange of(Path file) {
        try (var in = Files.newInputStream(file)) {
            var parts = TWO.matcher(new String(in.readNBytes(LONGEST), StandardCharsets.US_ASCII));
            return parts.matches()
                    ? new PortRange(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)))
                    : FALLBACK;
        } catch (IOException | IllegalArgumentException e) {
            return FALLBACK;
        }
    }
}
