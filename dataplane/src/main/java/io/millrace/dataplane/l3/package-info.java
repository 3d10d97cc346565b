/**
 * What a host does at layer 3: addresses of its own, and who the next hop is.
 * In: frames that are for this host. Out: answers, and packets on their way to the next hop.
 * Read {@link io.millrace.dataplane.l3.IpNode} first.
 */
@NullMarked
package io.millrace.dataplane.l3;

import org.jspecify.annotations.NullMarked;
