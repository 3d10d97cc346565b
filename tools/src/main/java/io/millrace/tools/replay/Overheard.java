package io.millrace.tools.replay;

import io.millrace.codec.Ipv6Address;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.vtep.vxlan.Decapsulation;
import io.millrace.vtep.vxlan.Overhearing;
import io.millrace.vtep.vxlan.Peer;
import io.millrace.vtep.vxlan.Tunnels;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The way into every tunnel that a capture shows, whoever talks to whom, through the same node as on a network that runs:
 *
 * <pre>
 *  capture ──► vxlan ──► whoever wants that network
 *                ├─────► other networks      counted, and the end
 *                └─────► no vxlan            counted, and the end
 * </pre>
 *
 * It may be wired into one graph after the other, and counts through all of them.
 */
final class Overheard {
    /** More overlays in one capture than this are an attack or an accident. */
    static final int MOST_NETWORKS = 65_536;

    private static final Ipv6Address NOBODY = new Ipv6Address(0, Ipv6Address.mapped(0));
    private static final int HOST = 128;
    private static final long NO_MAC = 0;

    private final VxlanOptions.Wanted wanted;
    private final Overhearing takers;
    private final TreeMap<Integer, Long> before = new TreeMap<>();
    private @Nullable Wiring wiring;
    private long notVxlanBefore;
    private int opened;

    private record Wiring(Tunnels tunnels, Aside notVxlan, Link otherNetworks) {}

    /**
     * Not wired yet.
     *
     * @param takers where the frames go of a network that is wanted
     */
    Overheard(VxlanOptions.Wanted wanted, Overhearing takers) {
        this.wanted = wanted;
        this.takers = takers;
    }

    /** Wires it into a graph, and answers the way in. */
    Link wire(Graph graph) {
        fold();
        var notVxlan = new Aside("no vxlan", graph, "no VXLAN, so there is nothing inside to be looked at");
        var others = graph.linkTo(new Aside("other networks", graph, "nobody asked for this network"));
        var end = graph.linkTo(notVxlan);
        // Overhearing sends nothing, so it has no address; a neighbour is named so that nobody is asked for one.
        var ip = new IpNode("ip", graph, end, new IpNode.Settings(NOBODY, HOST, null, Map.of(NOBODY, NO_MAC)));
        var tunnels = new Tunnels(ip, NOBODY, Duration.ofDays(1), graph);
        tunnels.overhear(this::way, wanted.udpPorts());
        wiring = new Wiring(tunnels, notVxlan, others);
        return graph.linkTo(new Decapsulation("vxlan", graph, tunnels, end));
    }

    private @Nullable Link way(int vni) {
        boolean one = wanted.isOne();
        if (opened >= MOST_NETWORKS && !(one && wanted.has(vni))) {
            return null;
        }
        opened++;
        return wanted.has(vni) ? takers.way(vni) : wiring == null ? null : wiring.otherNetworks;
    }

    private void fold() {
        var last = wiring;
        if (last != null) {
            before.putAll(packets());
            notVxlanBefore = notVxlan();
            opened = 0;
        }
    }

    /** Packets taken, by network. */
    SortedMap<Integer, Long> packets() {
        var all = new TreeMap<>(before);
        if (wiring != null) {
            for (var tunnel : wiring.tunnels.all()) {
                long packets = tunnel.peers().stream().mapToLong(Peer::rxFrames).sum();
                all.merge(tunnel.vni(), packets, Long::sum);
            }
        }
        return all;
    }

    /** Frames of the capture that are no VXLAN. */
    long notVxlan() {
        return notVxlanBefore + (wiring == null ? 0 : wiring.notVxlan.frames());
    }

    VxlanOptions.Wanted wanted() {
        return wanted;
    }
}
