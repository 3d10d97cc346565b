package io.millrace.vtep.control;

import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Topology;
import java.util.ArrayList;

/** The topology's own word: the peers, group and endpoints that it names. Nothing changes afterwards. */
public final class StaticControl implements ControlPlane {
    private final Topology topology;

    public StaticControl(Topology topology) {
        this.topology = topology;
    }

    @Override
    public void follow(Members members) {
        var known = new ArrayList<Change>();
        topology.networks().forEach((name, network) -> {
            if (network instanceof Network.Overlay overlay) {
                var vtep = overlay.vtep();
                var group = vtep.group();
                if (group != null) {
                    known.add(new Change.PeerCame(name, group));
                }
                vtep.peers().forEach(peer -> known.add(new Change.PeerCame(name, peer)));
                vtep.endpoints().forEach(endpoint -> known.add(new Change.EndpointCame(name, endpoint)));
            }
        });
        members.changed(known);
    }

    @Override
    public void close() {}
}
