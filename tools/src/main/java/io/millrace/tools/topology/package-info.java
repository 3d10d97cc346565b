/**
 * The topology file: the networking half of a Compose file.
 * In: YAML that a person wrote. Out: a {@link io.millrace.vtep.network.Topology}, or one sentence with file, line, column.
 * Read {@link io.millrace.tools.topology.TopologyFile} first; {@link io.millrace.tools.topology.Keys} lists the words.
 */
@NullMarked
package io.millrace.tools.topology;

import org.jspecify.annotations.NullMarked;
