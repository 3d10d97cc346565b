/**
 * Where frames enter and leave: memory, capture files, and faults put around any of them.
 * In: frames of the outside world. Out: the same frames in the pool, and back.
 * Read {@link io.millrace.dataplane.graph.Port} first, then {@link io.millrace.dataplane.port.MemoryPort}.
 */
@NullMarked
package io.millrace.dataplane.port;

import org.jspecify.annotations.NullMarked;
