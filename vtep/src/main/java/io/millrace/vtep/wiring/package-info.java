/**
 * How a topology becomes a graph.
 * In: networks and endpoints. Out: bridges, VLAN filters and the links between them and the ports.
 * Read {@link io.millrace.vtep.wiring.Wiring} first, then {@link io.millrace.vtep.wiring.Switch}.
 */
@NullMarked
package io.millrace.vtep.wiring;

import org.jspecify.annotations.NullMarked;
