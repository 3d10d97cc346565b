/**
 * Tests of the tunnel endpoint, wired from a topology, with cables of memory around it.
 * In: frames, packets the kernel's vxlan device made, packets laid out by hand as RFC 7348 shows them. Out: what left where.
 * Read {@link io.millrace.vtep.vxlan.OverlayLab} first, then {@link io.millrace.vtep.vxlan.KernelPacketsTest}.
 */
@NullMarked
package io.millrace.vtep.vxlan;

import org.jspecify.annotations.NullMarked;
