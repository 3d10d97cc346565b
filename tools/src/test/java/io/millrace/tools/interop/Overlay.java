package io.millrace.tools.interop;

/**
 * An overlay as one host's topology file has it.
 *
 * @param name also that of its devices, behind a letter: at most 8 letters
 * @param vtep what stands under {@code vtep} there
 */
record Overlay(String name, int vni, String vtep) {
    String network() {
        return "  %s: { driver: overlay, x-millrace: { vni: %d, vtep: { %s } } }%n".formatted(name, vni, vtep);
    }

    String service() {
        return "  at%s: { networks: [ %s ], x-millrace: { attach: { interface: s%s } } }%n".formatted(name, name, name);
    }
}
