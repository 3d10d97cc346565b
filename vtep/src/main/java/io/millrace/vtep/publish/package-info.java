/**
 * Which ports of the host lead to which service.
 * In: what services publish, at the start or while everything runs. Out: {@link io.millrace.vtep.publish.Publication}s, each
 * a range of ports, and Docker's words for what cannot be.
 * Read {@link io.millrace.vtep.publish.PublishedPorts} first, then {@link io.millrace.vtep.publish.PortAllocator}.
 */
@NullMarked
package io.millrace.vtep.publish;

import org.jspecify.annotations.NullMarked;
