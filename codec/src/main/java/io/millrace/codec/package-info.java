/**
 * What bytes mean: header views, checksums, frames as text.
 * In: bytes in a buffer. Out: their fields, or the one thing that is wrong with them.
 * Read {@link io.millrace.codec.Header} first, then {@link io.millrace.codec.EthernetHeader}.
 */
@NullMarked
package io.millrace.codec;

import org.jspecify.annotations.NullMarked;
