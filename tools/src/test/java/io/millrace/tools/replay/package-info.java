/**
 * Proves what replay does by captures of others, by tshark, mergecap and editcap, and by a model of a switch.
 * In: captures. Out: what the commands print and write.
 * Read {@link io.millrace.tools.replay.ReplayAgainstModelTest} first.
 */
@NullMarked
package io.millrace.tools.replay;

import org.jspecify.annotations.NullMarked;
