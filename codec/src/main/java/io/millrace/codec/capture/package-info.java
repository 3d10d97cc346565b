/**
 * Capture files in both directions: pcap and pcapng, plain, gzip or zstd, from a file or from standard input.
 * In: a file. Out: its frames one by one, each with its time, lengths and interface; or frames in, a file out.
 * Read {@link io.millrace.codec.capture.CaptureReader} first, then {@link io.millrace.codec.capture.PcapngWriter}.
 */
@NullMarked
package io.millrace.codec.capture;

import org.jspecify.annotations.NullMarked;
