package io.millrace.dataplane.nat;

/** How packets of one family cross the gateway of a network: Docker's gateway modes. */
public enum GatewayMode {
    /** Hidden behind an outside address on the way out; on the way in published ports only. */
    NAT,
    /** The same, but who routes to an inside address gets there. */
    NAT_UNPROTECTED,
    /** Nothing is translated; published ports, and pings, are reached at the inside address. */
    ROUTED,
    /** Nothing crosses. */
    ISOLATED
}
