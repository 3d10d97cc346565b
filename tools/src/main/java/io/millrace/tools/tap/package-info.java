/**
 * What is done for those who capture from a dataplane that runs: taps, and the copies they make written to a stream.
 * In: the name of a port, a filter. Out: pcapng as it happens.
 * Read {@link io.millrace.tools.tap.CaptureSession} first.
 */
@NullMarked
package io.millrace.tools.tap;

import org.jspecify.annotations.NullMarked;
