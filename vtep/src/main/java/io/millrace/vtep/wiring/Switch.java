package io.millrace.vtep.wiring;

import io.millrace.dataplane.graph.Egress;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.Alarm;
import io.millrace.dataplane.l2.Alarms;
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.l2.StormCap;
import io.millrace.dataplane.l2.VlanFilter;
import io.millrace.dataplane.l2.VlanStrip;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.SwitchPort;
import io.millrace.vtep.network.Vlan;
import io.millrace.vtep.vxlan.RemotePorts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The switch of one network, wired: a bridge; or, when the network knows VLANs, a filter and a bridge for each VLAN.
 * Ports may be plugged in at any time between two turns. One thread.
 *
 * <pre>
 *  ports ──► bridge.lan ──► port.s1, port.s2 …
 *
 *  ports ──► vlans.lan ──► bridge.lan.10 ──► strip.s1 ──► port.s1       an access port: untagged outside
 *                     └──► bridge.lan.20 ──────────────► port.s2       a trunk: tagged outside
 * </pre>
 */
public final class Switch {
    /** The VLAN of a switch that knows none. */
    public static final int NO_VLAN = 0;

    private final String network;
    private final Graph graph;
    private final MacTable table;
    private final Segment segment;
    private final @Nullable VlanFilter filter;
    private final Link in;
    private final TreeMap<Integer, Bridge> bridges = new TreeMap<>();
    private final List<String> ports = new ArrayList<>();
    private final Map<String, Integer> groups = new HashMap<>();
    private final Alarms alarms = new Alarms();

    /** @param vlanAware whether tags mean anything here; if not they are data */
    public Switch(String network, Segment segment, boolean vlanAware, Graph graph, MacTable table) {
        this.network = network;
        this.graph = graph;
        this.table = table;
        this.segment = segment;
        if (vlanAware) {
            filter = new VlanFilter("vlans." + network, graph);
            in = graph.linkTo(filter);
        } else {
            filter = null;
            var bridge = newBridge("bridge." + network);
            bridges.put(NO_VLAN, bridge);
            in = graph.linkTo(bridge);
        }
    }

    public String network() {
        return network;
    }

    /** The ports' names; a port's number is its place here. */
    public List<String> ports() {
        return List.copyOf(ports);
    }

    /** Plugs in one more port. */
    public Plug plug(Port port, SwitchPort how) {
        int number = ports.size();
        ports.add(port.name());
        var cap = cap(how, port.name());
        var mtu = segment.mtu();
        var out = graph.linkTo(new Egress(graph, port, mtu == null ? Port.NO_MTU : mtu));
        var settings = settings(how);
        if (filter == null) {
            bridgeOf(NO_VLAN).plug(number, out, settings, cap);
        } else {
            plugIntoVlans(
                    filter, number, out, port.name(), how.vlan() == null ? Vlan.DEFAULT : how.vlan(), settings, cap);
        }
        return new Plug(port, network, in, number);
    }

    /**
     * Plugs in the network's gateway: it teaches nothing, since it is known, and gets nothing that is for others. On a switch
     * with VLANs it is in {@link Vlan#DEFAULT}, untagged.
     *
     * @return the port's number, which its frames bear on their way into {@link #in}
     */
    public int plugGateway(String name, Link out) {
        int number = ports.size();
        ports.add(name);
        var settings = new PortSettings(false, false, PortSettings.NO_GROUP, Integer.MAX_VALUE);
        if (filter == null) {
            bridgeOf(NO_VLAN).plug(number, out, settings);
        } else {
            filter.admit(number, Vlan.DEFAULT_VID, new BitSet());
            bridgeOf(Vlan.DEFAULT_VID).plug(number, graph.linkTo(new VlanStrip("untag." + name, graph, out)), settings);
        }
        return number;
    }

    /** Leads into the switch. */
    public Link in() {
        return in;
    }

    /** The switch as the tunnel of its overlay sees it; what leaves for other hosts goes to {@code out}. */
    public RemotePorts remotePorts(Link out, boolean tagged) {
        return new Remote(out, tagged);
    }

    /**
     * Other hosts, plugged in. On a switch with VLANs they are in {@link Vlan#DEFAULT}, untagged, and where tags pass through
     * the tunnel in all others, too.
     */
    private final class Remote implements RemotePorts {
        private final Link out;
        private final boolean tagged;
        private final Link untaggedOut;
        private final ArrayDeque<Integer> free = new ArrayDeque<>();

        Remote(Link out, boolean tagged) {
            this.out = out;
            this.tagged = tagged;
            this.untaggedOut = filter == null ? out : graph.linkTo(new VlanStrip("untag." + network, graph, out));
        }

        @Override
        public int plug(String name, PortSettings settings) {
            var used = free.poll();
            int number = used == null ? ports.size() : used;
            if (used == null) {
                ports.add(name);
            } else {
                ports.set(number, name);
            }
            if (filter == null) {
                bridgeOf(NO_VLAN).plug(number, out, settings);
            } else {
                plug(filter, number, settings);
            }
            return number;
        }

        private void plug(VlanFilter filter, int number, PortSettings settings) {
            var vids = new BitSet();
            if (tagged) {
                bridges.keySet().forEach(vids::set);
            }
            vids.clear(Vlan.DEFAULT_VID);
            filter.admit(number, Vlan.DEFAULT_VID, vids);
            vids.stream().forEach(vid -> bridgeOf(vid).plug(number, out, settings));
            bridgeOf(Vlan.DEFAULT_VID).plug(number, untaggedOut, settings);
        }

        @Override
        public void unplug(int number) {
            bridges.values().forEach(bridge -> bridge.unplug(number));
            free.add(number);
        }

        @Override
        public Link into() {
            return in;
        }

        @Override
        public boolean enter(long mac, int number) {
            int tick = (int) (graph.now() / MacTable.TICK);
            boolean entered = true;
            for (var bridge : bridges.values()) {
                entered &= !bridge.has(number) || bridge.stations().enter(mac, number, tick);
            }
            return entered;
        }

        @Override
        public void forget(long mac) {
            bridges.values().forEach(bridge -> bridge.stations().forget(mac));
        }
    }

    private void plugIntoVlans(
            VlanFilter filter,
            int number,
            Link out,
            String name,
            Vlan vlan,
            PortSettings settings,
            @Nullable StormCap cap) {
        var tagged = new BitSet();
        int untagged = switch (vlan) {
            case Vlan.Access access -> access.vid();
            case Vlan.Trunk trunk -> {
                trunk.vids().forEach(tagged::set);
                yield trunk.nativeVid() == null ? VlanFilter.NONE : trunk.nativeVid();
            }
        };
        filter.admit(number, untagged, tagged);
        tagged.stream()
                .filter(vid -> vid != untagged)
                .forEach(vid -> bridgeOf(vid).plug(number, out, settings, cap));
        if (untagged != VlanFilter.NONE) {
            bridgeOf(untagged).plug(number, graph.linkTo(new VlanStrip("strip." + name, graph, out)), settings, cap);
        }
    }

    /** Enters a station that is known, not learned: it neither ages nor moves. */
    public void station(MacAddress mac, String port) {
        int number = ports.indexOf(port);
        int tick = (int) (graph.now() / MacTable.TICK);
        for (var bridge : bridges.values()) {
            if (bridge.has(number)) {
                bridge.stations().enter(mac.value(), number, tick);
            }
        }
    }

    /**
     * A port's link went down, or its interface is gone: what was learned there is forgotten at once, in every VLAN, and
     * nothing is flooded there; static stations stay, and frames for them end at the port. Takes no longer for a million
     * stations than for one. Only between two turns.
     */
    public void portDown(String port) {
        int number = ports.indexOf(port);
        bridges.values().forEach(bridge -> bridge.down(number));
    }

    /** A port's link is up again: it takes part as before, with nobody known behind it. Only between two turns. */
    public void portUp(String port) {
        int number = ports.indexOf(port);
        bridges.values().forEach(bridge -> bridge.up(number));
    }

    /**
     * What a person should see to, the latest at the end, at most {@link Alarms#MOST}; the same thing at most once a
     * second. Any thread, but not while a port is plugged in.
     */
    public List<Notice> alarms() {
        return alarms.latest().stream()
                .map(alarm -> new Notice(alarm, sentence(alarm)))
                .toList();
    }

    /** An alarm, and what it says to a person, without a full stop. */
    public record Notice(Alarm alarm, String sentence) {}

    private String sentence(Alarm alarm) {
        return switch (alarm) {
            case Alarm.Loop loop ->
                "loop between ports " + ports.get(loop.port()) + " and " + ports.get(loop.other()) + " of network "
                        + network + ": " + new MacAddress(loop.mac()) + " moved " + loop.moves() + " times within "
                        + Math.max(1, loop.within() / 100_000_000) / 10.0 + " s";
            case Alarm.Storm storm ->
                "storm from port " + ports.get(storm.port()) + " of network " + network + ": more than " + storm.rate()
                        + " frames a second to be flooded; the rest is dropped";
        };
    }

    /** What each of its bridges knows, by VLAN; {@link #NO_VLAN} when the switch knows none. */
    public Map<Integer, FilteringDatabase> databases() {
        var databases = new TreeMap<Integer, FilteringDatabase>();
        bridges.forEach((vid, bridge) -> databases.put(vid, bridge.stations()));
        return databases;
    }

    /** Shows every station that is known at {@code now} (ns of the worker's clock), in order of VLAN, then address. */
    public void forEachStation(long now, StationVisitor visitor) {
        int tick = (int) (now / MacTable.TICK);
        bridges.forEach((vid, bridge) -> {
            var stations = new TreeMap<Long, Runnable>();
            bridge.stations()
                    .forEach(
                            tick,
                            (mac, port, isStatic, moves, ticksAgo) -> stations.put(
                                    mac,
                                    () -> visitor.station(
                                            new MacAddress(mac),
                                            vid,
                                            ports.get(port),
                                            isStatic,
                                            moves,
                                            ticksAgo * MacTable.TICK)));
            stations.values().forEach(Runnable::run);
        });
    }

    /** Sees stations. */
    public interface StationVisitor {
        /**
         * One station.
         *
         * @param vlan {@link #NO_VLAN} when the switch knows none
         * @param isStatic entered by hand
         * @param moves how often it changed ports
         * @param ago when it was last heard, ns; meaningless for a static one
         */
        void station(MacAddress mac, int vlan, String port, boolean isStatic, int moves, long ago);
    }

    /** How often a new station was not learned for want of room. */
    public long refused() {
        return bridges.values().stream().mapToLong(b -> b.stations().refused()).sum();
    }

    /** How often a station showed on another port than before. */
    public long moves() {
        return bridges.values().stream().mapToLong(b -> b.stations().moves()).sum();
    }

    private Bridge bridgeOf(int vid) {
        var bridge = bridges.get(vid);
        if (bridge == null) {
            bridge = newBridge("bridge." + network + "." + vid);
            bridges.put(vid, bridge);
            if (filter != null) {
                filter.vlan(vid, graph.linkTo(bridge));
            }
        }
        return bridge;
    }

    private Bridge newBridge(String name) {
        return new Bridge(
                name, graph, new FilteringDatabase(table, segment.ageing().toNanos(), segment.macLimit(), alarms));
    }

    private @Nullable StormCap cap(SwitchPort how, String port) {
        var storm = how.storm();
        return storm == null || storm == SwitchPort.NO_STORM_CAP
                ? null
                : new StormCap(storm, graph.counters().port(port));
    }

    private PortSettings settings(SwitchPort how) {
        int group = how.group() == null
                ? PortSettings.NO_GROUP
                : groups.computeIfAbsent(how.group(), name -> groups.size() + 1);
        int limit = how.macLimit() == null ? Integer.MAX_VALUE : how.macLimit();
        return new PortSettings(how.learn(), how.flood(), group, limit);
    }
}
