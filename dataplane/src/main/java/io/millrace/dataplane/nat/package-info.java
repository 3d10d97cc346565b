/**
 * Networks that meet: routing between them, connections, published ports, masquerade.
 *
 * <p>In: frames for a gateway. Out: the same, as the other side is to see them. Read {@link
 * io.millrace.dataplane.nat.Gateway} first, then {@link io.millrace.dataplane.nat.Nat}.
 */
@NullMarked
package io.millrace.dataplane.nat;

import org.jspecify.annotations.NullMarked;
