/**
 * How frames move: links, the nodes they lead to, the graph that runs them, and the drops that end what is not sent.
 * In: frames that ports received. Out: every one of them sent, or dropped for a counted reason.
 * Read {@link io.millrace.dataplane.graph.Graph} first, then {@link io.millrace.dataplane.graph.Node}.
 */
@NullMarked
package io.millrace.dataplane.graph;

import org.jspecify.annotations.NullMarked;
