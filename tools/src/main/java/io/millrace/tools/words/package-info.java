/**
 * How commands say things: failures in one sentence, JSON. Known to every command, knows none.
 * In: facts. Out: words.
 * Read {@link io.millrace.tools.words.Failure} first.
 */
@NullMarked
package io.millrace.tools.words;

import org.jspecify.annotations.NullMarked;
