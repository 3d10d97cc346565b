/**
 * Tests of the topology file.
 * In: files as people write them, and worse. Out: the topology expected, or the sentence.
 * Read {@link io.millrace.tools.topology.DesignExamplesTest} first.
 */
@NullMarked
package io.millrace.tools.topology;

import org.jspecify.annotations.NullMarked;
