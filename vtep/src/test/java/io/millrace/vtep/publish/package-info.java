/**
 * What is tested of published ports.
 * In: what was seen of dockerd. Out: green or red.
 * Read {@link io.millrace.vtep.publish.PortAllocatorTest} first.
 */
@NullMarked
package io.millrace.vtep.publish;

import org.jspecify.annotations.NullMarked;
