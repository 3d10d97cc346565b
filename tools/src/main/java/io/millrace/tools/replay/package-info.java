/**
 * Replays captures through a switch and tells what happened.
 * In: capture files. Out: a table, JSON, a capture for each port, and one of the dropped frames.
 * Read {@link io.millrace.tools.replay.ReplayCommand} first, then {@link io.millrace.tools.replay.Replay}.
 */
@NullMarked
package io.millrace.tools.replay;

import org.jspecify.annotations.NullMarked;
