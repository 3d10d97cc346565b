/**
 * Gateways and NAT between real hosts: containers on bridge networks, a client outside, and what people do with them.
 * In: {@code millrace up} and the hosts in namespaces of their own. Out: who reaches whom, seen as whom.
 * Read {@link io.millrace.tools.nat.PublishedPortsTest} first, then {@link io.millrace.tools.nat.NatHost}.
 */
@NullMarked
package io.millrace.tools.nat;

import org.jspecify.annotations.NullMarked;
