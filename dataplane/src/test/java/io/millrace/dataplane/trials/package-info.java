/**
 * Trials of the dataplane: a lab to wire switches in memory, and experiments a user can start.
 * In: frames as bytes, a seed, a virtual clock. Out: what arrived where, and whether everything was conserved.
 * Read {@link io.millrace.dataplane.trials.Lab} first, then {@link io.millrace.dataplane.trials.Trial}.
 */
@NullMarked
package io.millrace.dataplane.trials;

import org.jspecify.annotations.NullMarked;
