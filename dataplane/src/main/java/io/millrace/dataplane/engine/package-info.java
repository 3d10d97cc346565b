/**
 * What turns: a worker that receives, runs the graph, transmits and ages, again and again.
 * In: ports and a graph. Out: frames on their way.
 * Read {@link io.millrace.dataplane.engine.Worker} first.
 */
@NullMarked
package io.millrace.dataplane.engine;

import org.jspecify.annotations.NullMarked;
