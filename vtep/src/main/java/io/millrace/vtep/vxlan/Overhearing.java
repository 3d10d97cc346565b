package io.millrace.vtep.vxlan;

import io.millrace.dataplane.graph.Link;
import io.millrace.vtep.network.Network;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whoever looks into what passes between others; see {@link Tunnels#overhear}. The worker's thread. */
@FunctionalInterface
public interface Overhearing {
    /** Nothing is refused, nothing is changed. */
    Network.Vtep SETTINGS = new Network.Vtep(
            Network.Vtep.PORT,
            List.of(),
            null,
            List.of(),
            false,
            true,
            Network.Vtep.Checksum.ZERO,
            Network.Vtep.ReservedBits.IGNORE,
            Network.Vtep.InnerVlan.KEEP,
            Network.Vtep.SOURCE_PORTS,
            Network.Vtep.TTL,
            null);

    /** Where frames of an overlay go that is heard for the first time; null: they are dropped, and it is asked again. */
    @Nullable
    Link way(int vni);
}
