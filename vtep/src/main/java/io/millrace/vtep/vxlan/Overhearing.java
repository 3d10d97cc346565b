package io.millrace.vtep.vxlan;

import io.millrace.dataplane.graph.Link;
import io.millrace.vtep.network.Network;
import org.jspecify.annotations.Nullable;

/** Whoever looks into what passes between others; see {@link Tunnels#overhear}. The worker's thread. */
@FunctionalInterface
public interface Overhearing {
    /** Nothing is refused, nothing is changed. */
    Network.Vtep SETTINGS = Network.Vtep.with()
            .learning(false)
            .open(true)
            .checksum(Network.Vtep.Checksum.ZERO)
            .innerVlan(Network.Vtep.InnerVlan.KEEP)
            .dscp(null)
            .build();

    /** Where frames of an overlay go that is heard for the first time; null: they are dropped, and it is asked again. */
    @Nullable
    Link way(int vni);
}
