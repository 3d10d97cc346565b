/**
 * Layer 2: one learning switch per network, or per VLAN of a network.
 * In: frames with an ingress port. Out: the same frames on other ports, or a named drop.
 * Read {@link io.millrace.dataplane.l2.Bridge} first, then {@link io.millrace.dataplane.l2.MacTable}.
 */
@NullMarked
package io.millrace.dataplane.l2;

import org.jspecify.annotations.NullMarked;
