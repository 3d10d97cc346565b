package io.millrace.tools.replay;

import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.l3.IpNode;
import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.vxlan.Encapsulation;
import io.millrace.vtep.vxlan.RemotePorts;
import io.millrace.vtep.vxlan.Tunnels;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tunnel between two hosts, as a VTEP on one of them sends into it.
 *
 * @param remote a host, or the multicast group of all
 * @param localMac null: {@linkplain StandIns made up}
 * @param remoteMac the next hop's; null: made up, of a group the one it has
 */
record TunnelEnds(
        int vni,
        IpAddress local,
        IpAddress remote,
        @Nullable MacAddress localMac,
        @Nullable MacAddress remoteMac,
        int udpPort,
        Network.Vtep.@Nullable Checksum checksum,
        Network.Vtep.InnerVlan innerVlan) {
    private static final int IPV4_BITS_BEFORE = 96;

    /** Wires it into a graph; what is sent into it leaves by {@code out}. */
    Tunnelled.Way wire(Graph graph, Link out) {
        long hop = remoteMac == null ? StandIns.mac(remote) : remoteMac.value();
        var settings = new IpNode.Settings(
                local.mapped(), local.v6() ? 0 : IPV4_BITS_BEFORE, null, Map.of(remote.mapped(), hop));
        var tunnels = new Tunnels(new IpNode("ip", graph, out, settings), local.mapped(), Duration.ofDays(1), graph);
        tunnels.mac(localMac == null ? StandIns.mac(local) : localMac.value());
        var tunnel = tunnels.open("vni" + vni, vni, behaviour());
        var into = graph.linkTo(new Encapsulation("tunnel.vni" + vni, graph, tunnel, out));
        tunnel.plug(new NoSwitch(graph.linkTo(new Aside("senders", graph, "nobody is here to be told"))));
        return new Tunnelled.Way(into, tunnel.name(remote.mapped()).number());
    }

    private Network.Vtep behaviour() {
        var usual = Network.Vtep.DEFAULT;
        boolean group = remote.isMulticast();
        return new Network.Vtep(
                udpPort,
                group ? List.of() : List.of(remote),
                group ? remote : null,
                List.of(),
                false,
                false,
                checksum,
                usual.reservedBits(),
                innerVlan,
                usual.sourcePorts(),
                usual.ttl(),
                usual.dscp());
    }

    /** Ports of no switch. What the tunnel would tell who sent a packet that is too long goes nowhere. */
    private static final class NoSwitch implements RemotePorts {
        private final Link nowhere;
        private int plugged;

        NoSwitch(Link nowhere) {
            this.nowhere = nowhere;
        }

        @Override
        public int plug(String name, PortSettings settings) {
            return plugged++;
        }

        @Override
        public void unplug(int number) {}

        @Override
        public Link into() {
            return nowhere;
        }

        @Override
        public boolean enter(long mac, int number) {
            return true;
        }

        @Override
        public void forget(long mac) {}
    }
}
