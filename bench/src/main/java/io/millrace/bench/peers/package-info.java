/**
 * Millrace and what one would otherwise run, side by side: the same frames through each device in turn, rounds
 * interleaved, on this machine, in one run.
 * In: {@code millrace bench peers} and its options. Out: a table with ratios, JSON, SVG.
 * Read {@link io.millrace.bench.peers.Peers} first.
 */
@NullMarked
package io.millrace.bench.peers;

import org.jspecify.annotations.NullMarked;
