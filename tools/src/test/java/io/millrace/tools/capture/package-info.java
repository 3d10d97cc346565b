/**
 * Proves what is captured by tshark, ping, and a disk that becomes full.
 * In: frames of hosts and of a generator. Out: captures, and what was said about them.
 * Read {@link io.millrace.tools.capture.CaptureTest} first.
 */
@NullMarked
package io.millrace.tools.capture;

import org.jspecify.annotations.NullMarked;
