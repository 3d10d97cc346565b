/**
 * Frames and the memory they live in.
 * In: a length. Out: a frame to fill, with headroom in front; or none, when the pool is empty.
 * Read {@link io.millrace.dataplane.frame.Frame} first, then {@link io.millrace.dataplane.frame.FramePool}; what a
 * sender leaves to a network card is {@link io.millrace.dataplane.frame.Offload}.
 */
@NullMarked
package io.millrace.dataplane.frame;

import org.jspecify.annotations.NullMarked;
