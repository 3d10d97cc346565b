package io.millrace.tools.replay;

import io.millrace.codec.Addresses;
import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.graph.PortCounters;
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.tools.replay.Board.Station;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One learning switch that gets a port for every station, the moment it first speaks. Stations beyond the limit share
 * the port {@value #OTHERS}; so does what no station can have sent (a group as source, no source, half a header), which
 * the switch then drops by name. It may be wired into one graph after the other; tables and counters stay.
 */
final class StationNetwork implements Sockets {
    /** The port of whoever has none of his own. */
    static final String OTHERS = "others";

    private static final int OTHERS_NUMBER = 0;
    private static final int UNKNOWN = -1;

    private final String name;
    private final String prefix;
    private final String entrance;
    private final Function<String, Port> outside;
    private final Limit limit;
    private final FilteringDatabase known;
    private final Long2LongHashMap numberOf = new Long2LongHashMap(UNKNOWN);
    private final List<Outlet> outlets = new ArrayList<>();
    private final List<@Nullable Socket> sockets = new ArrayList<>();
    private final EthernetHeader ethernet = new EthernetHeader();
    private @Nullable Wiring wiring;
    private long latecomers;

    /** How many stations may still get a port of their own; several networks may share it. */
    static final class Limit {
        private int left;
        private int mostPorts;

        Limit(int stations) {
            left = stations;
        }

        /** The ports of the network that has most. */
        int mostPorts() {
            return mostPorts;
        }
    }

    /** What lasts through a change of wiring: the port, and what came in by it. */
    private record Outlet(Port port, int number, PortCounters received) {}

    /** What is built anew in another graph. */
    private record Wiring(Graph graph, Bridge bridge, Link toBridge, Link entrance) {}

    /**
     * A switch nothing is plugged into yet.
     *
     * @param name the network's
     * @param prefix before the names of its ports
     * @param entrance what the way in is called
     * @param outside makes what is behind a port, by the port's name
     */
    StationNetwork(
            String name,
            String prefix,
            String entrance,
            Function<String, Port> outside,
            Limit limit,
            FilteringDatabase known) {
        this.name = name;
        this.prefix = prefix;
        this.entrance = entrance;
        this.outside = outside;
        this.limit = limit;
        this.known = known;
        sockets.add(null); // the port OTHERS has its number, but is there only when somebody needs it
    }

    /** Wires it into a graph, and answers the way in. */
    Link wire(Graph graph) {
        var bridge = new Bridge(name, graph, known);
        var way = graph.linkTo(new Stations(entrance, graph, this));
        wiring = new Wiring(graph, bridge, graph.linkTo(bridge), way);
        for (var outlet : outlets) {
            sockets.set(outlet.number, plug(outlet));
        }
        return way;
    }

    /** The way in. */
    Link entrance() {
        return wired().entrance;
    }

    private Wiring wired() {
        return Objects.requireNonNull(wiring, "not wired yet");
    }

    @Override
    public Socket of(long source) {
        if (!Sockets.isStation(source)) {
            return others();
        }
        int number = (int) numberOf.get(source);
        if (number == UNKNOWN) {
            if (limit.left == 0) {
                latecomers++;
                return others();
            }
            limit.left--;
            number = sockets.size();
            numberOf.put(source, number);
            sockets.add(open(Addresses.mac(source), number));
        }
        return socket(number);
    }

    private Socket others() {
        if (sockets.get(OTHERS_NUMBER) == null) {
            sockets.set(OTHERS_NUMBER, open(OTHERS, OTHERS_NUMBER));
        }
        return socket(OTHERS_NUMBER);
    }

    private Socket socket(int number) {
        return Objects.requireNonNull(sockets.get(number));
    }

    private Socket open(String port, int number) {
        var outlet = new Outlet(outside.apply(prefix + port), number, new PortCounters());
        outlets.add(outlet);
        limit.mostPorts = Math.max(limit.mostPorts, outlets.size());
        return plug(outlet);
    }

    private Socket plug(Outlet outlet) {
        var now = wired();
        var egress = new Egress(now.graph, outlet.port);
        now.bridge.plug(outlet.number, now.graph.linkTo(egress), PortSettings.DEFAULT);
        return new Socket(outlet.port.name(), outlet.number, name, outlet.received, now.toBridge);
    }

    /** Whether this frame needs a port that is not there yet: the frames before it are not to be flooded to that one. */
    boolean needsPort(UnsafeBuffer bytes, int offset, int length) {
        long source = length < EthernetHeader.LENGTH
                ? NOBODY
                : ethernet.wrap(bytes, offset).source();
        if (Sockets.isStation(source)) {
            return numberOf.get(source) == UNKNOWN && (limit.left > 0 || sockets.getFirst() == null);
        }
        return sockets.getFirst() == null;
    }

    /** The ports in order of appearance. */
    List<Socket> ports() {
        return outlets.stream().map(outlet -> socket(outlet.number)).toList();
    }

    /** What is behind the ports. */
    List<Port> outside() {
        return outlets.stream().map(Outlet::port).toList();
    }

    /** Every station that is known at {@code now}, ns of the capture's clock, in order of address. */
    List<Station> stations(long now) {
        var stations = new ArrayList<Station>();
        known.forEach(
                (int) (now / MacTable.TICK),
                (mac, port, isStatic, moves, ticksAgo) ->
                        stations.add(new Station(mac, socket(port).name(), name, 0)));
        stations.sort(Comparator.comparingLong(Station::mac));
        return stations;
    }

    long refused() {
        return known.refused();
    }

    long latecomers() {
        return latecomers;
    }
}
