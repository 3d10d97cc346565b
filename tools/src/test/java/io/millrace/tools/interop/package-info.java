/**
 * Overlays together with those of others: the kernel's vxlan device, Open vSwitch, another Millrace.
 * In: {@code millrace up} and the others in namespaces of their own. Out: whether ping, UDP and TCP get through, whole.
 * Read {@link io.millrace.tools.interop.KernelVxlanTest} first, then {@link io.millrace.tools.interop.ThreeHosts}.
 */
@NullMarked
package io.millrace.tools.interop;

import org.jspecify.annotations.NullMarked;
