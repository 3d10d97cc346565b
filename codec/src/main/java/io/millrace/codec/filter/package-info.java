/**
 * Which frames somebody wants to see: classic BPF programs, what tcpdump's filter language compiles to.
 * In: a program, frames. Out: for each frame how many of its bytes are wanted.
 * Read {@link io.millrace.codec.filter.BpfFilter} first.
 */
@NullMarked
package io.millrace.codec.filter;

import org.jspecify.annotations.NullMarked;
