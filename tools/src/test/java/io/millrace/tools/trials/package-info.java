/**
 * Experiments on tunnels that anybody can start; {@code docs/TRIALS.md} says how.
 * In: topologies, and packets of friends and strangers. Out: figures, and whether each is what it must be.
 * Read {@link io.millrace.tools.trials.UnknownPeers} first.
 */
@NullMarked
package io.millrace.tools.trials;

import org.jspecify.annotations.NullMarked;
