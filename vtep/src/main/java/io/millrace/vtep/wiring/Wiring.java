package io.millrace.vtep.wiring;

import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.StormCap;
import io.millrace.vtep.control.StaticControl;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Topology;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns a topology into a graph: a switch for each network that has one, a port for each endpoint on it, the underlay
 * for those that are overlays, and a gateway for each that has addresses. Two networks are isolated because no link joins them.
 *
 * @param switches by the name services use for the network
 * @param plugs the ports, in the order of the file; behind them the underlay's and the uplink's
 * @param underlay null: the topology has none
 * @param routing null: there are no gateways
 */
public record Wiring(
        Map<String, Switch> switches,
        List<Plug> plugs,
        @Nullable Underlay underlay,
        @Nullable Routing routing) {
    /** The most entries a MAC table gets however many networks share it: 32 MiB. */
    public static final int MOST_STATIONS = 1 << 20;

    /** The group of all ports of a network without inter-container communication. */
    private static final String ALL_APART = "enable_icc: false";

    /** Wires a topology, without a storm cap at ports that do not ask for one. */
    public static Wiring wire(Topology topology, Graph graph, MacTable table, Function<Endpoint, Port> open) {
        return wire(topology, graph, table, SwitchPort.NO_STORM_CAP, open);
    }

    /**
     * Wires a topology.
     *
     * @param storm the storm cap of ports about which the topology says nothing: {@link StormCap#DEFAULT} on real links
     * @param table the worker's; see {@link #tableFor}
     * @param open makes the port of an endpoint
     */
    public static Wiring wire(
            Topology topology, Graph graph, MacTable table, int storm, Function<Endpoint, Port> open) {
        return wire(topology, graph, table, storm, open, TableMemory.PLAIN);
    }

    /**
     * The same, with the tables of connections in memory of another's making.
     */
    public static Wiring wire(
            Topology topology,
            Graph graph,
            MacTable table,
            int storm,
            Function<Endpoint, Port> open,
            TableMemory memory) {
        var switches = new LinkedHashMap<String, Switch>();
        var plugs = new ArrayList<Plug>();
        var endpoints = topology.endpointsByNetwork();
        var underlay = Underlay.wire(topology, graph, open);
        topology.networks().forEach((name, network) -> {
            if (network instanceof Network.Switched switched) {
                var wired = new Switch(name, segment(switched), topology.vlanAware(name), graph, table);
                switches.put(name, wired);
                for (var endpoint : endpoints.getOrDefault(name, List.of())) {
                    var how = port(endpoint, switched.segment());
                    plugs.add(wired.plug(open.apply(endpoint), how.storm() == null ? how.withStorm(storm) : how));
                }
                topology.stations(name).forEach((mac, endpoint) -> wired.station(mac, endpoint.name()));
                if (underlay != null && network instanceof Network.Overlay overlay) {
                    underlay.add(name, overlay, topology.vni(name), wired);
                }
            }
        });
        if (underlay != null) {
            new StaticControl(topology).follow(underlay.members());
            plugs.add(underlay.plug());
        }
        var routing = Routing.wire(topology, graph, switches, open, memory);
        if (routing != null && routing.uplink() != null) {
            plugs.add(routing.uplink());
        }
        return new Wiring(switches, plugs, underlay, routing);
    }

    /** Where services do not reach one another all of them are in one group: of it, frames go to the gateway only. */
    private static SwitchPort port(Endpoint endpoint, Segment segment) {
        var how = endpoint.connection().port();
        return segment.gateway().icc() ? how : how.withGroup(ALL_APART);
    }

    /** An overlay's MTU is that of the way to other hosts: between ports of this one it limits nothing. */
    private static Segment segment(Network.Switched network) {
        return network instanceof Network.Overlay ? network.segment().withMtu(null) : network.segment();
    }

    /** A MAC table with room for what all networks may learn, within {@link #MOST_STATIONS}. */
    public static MacTable tableFor(Topology topology, long seed) {
        long wanted = 0;
        for (var network : topology.networks().values()) {
            if (network instanceof Network.Switched switched) {
                wanted += switched.segment().macLimit();
            }
        }
        return new MacTable(Math.clamp(wanted, 1, MOST_STATIONS), seed);
    }
}
