package io.millrace.tools.interop;

import java.util.List;

/**
 * An overlay as one host's topology file has it.
 *
 * @param vtep what stands under {@code vtep} there
 * @param ports of this host; also the names of their devices, behind a letter: at most 8 letters each
 */
record Overlay(String name, int vni, String vtep, List<String> ports) {
    /** With one port, of the overlay's name. */
    Overlay(String name, int vni, String vtep) {
        this(name, vni, vtep, List.of(name));
    }

    String network() {
        return "  %s: { driver: overlay, x-millrace: { vni: %d, vtep: { %s } } }%n".formatted(name, vni, vtep);
    }

    String services() {
        var services = new StringBuilder();
        for (var port : ports) {
            services.append("  at%s: { networks: [ %s ], x-millrace: { attach: { interface: s%s } } }%n"
                    .formatted(port, name, port));
        }
        return services.toString();
    }
}
