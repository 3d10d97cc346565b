/**
 * Who takes part in the overlays, as told while Millrace runs: hosts and stations that come, move and go.
 * In: a {@link io.millrace.vtep.control.ControlPlane}, from whatever thread. Out: peers and known stations of the tunnels, on
 * the worker's.
 * Read {@link io.millrace.vtep.control.ControlPlane} first, then {@link io.millrace.vtep.control.Membership}.
 */
@NullMarked
package io.millrace.vtep.control;

import org.jspecify.annotations.NullMarked;
