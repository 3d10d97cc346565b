/**
 * Captures from what runs: a port of a running dataplane, or an interface of the kernel's.
 * In: copies of frames. Out: pcapng, or lines.
 * Read {@link io.millrace.tools.capture.CaptureCommand} first, then {@link io.millrace.tools.tap.CaptureSession}.
 */
@NullMarked
package io.millrace.tools.capture;

import org.jspecify.annotations.NullMarked;
