/**
 * The tunnel endpoint (VTEP) of this host, RFC 7348.
 * In: frames from bridges for other hosts, and what comes in by the underlay port. Out: the one wrapped into VXLAN, UDP, IP
 * and Ethernet, the other unwrapped.
 * Read {@link io.millrace.vtep.vxlan.Encapsulation} first, then {@link io.millrace.vtep.vxlan.Decapsulation}; what they look
 * up is in {@link io.millrace.vtep.vxlan.Tunnels}.
 */
@NullMarked
package io.millrace.vtep.vxlan;

import org.jspecify.annotations.NullMarked;
