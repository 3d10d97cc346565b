/**
 * A topology that runs: interfaces are opened and wired, frames are forwarded, and others may ask how it goes.
 * In: a topology file, frames, questions. Out: frames, answers.
 * Read {@link io.millrace.tools.up.UpCommand} first, then {@link io.millrace.tools.up.Running}.
 */
@NullMarked
package io.millrace.tools.up;

import org.jspecify.annotations.NullMarked;
