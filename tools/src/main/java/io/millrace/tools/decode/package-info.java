/**
 * What the frames of a capture say, a line each, for people or as JSON.
 * In: captures. Out: lines.
 * Read {@link io.millrace.tools.decode.FrameWriter} first, then {@link io.millrace.tools.decode.TextLines}.
 */
@NullMarked
package io.millrace.tools.decode;

import org.jspecify.annotations.NullMarked;
