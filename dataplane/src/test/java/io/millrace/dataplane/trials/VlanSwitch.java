package io.millrace.dataplane.trials;

import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.l2.VlanFilter;
import io.millrace.dataplane.l2.VlanStrip;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** One VLAN-aware switch of a {@link Lab}: a filter, a bridge for each VLAN, and a strip where a port is untagged. */
public final class VlanSwitch {
    private final Lab lab;
    private final String name;
    private final int limit;
    private final VlanFilter filter;
    private final Link in;
    private final Map<Integer, Bridge> bridges = new TreeMap<>();
    private int ports;

    public VlanSwitch(Lab lab, String name, int limit) {
        this.lab = lab;
        this.name = name;
        this.limit = limit;
        filter = new VlanFilter(name, lab.graph());
        in = lab.graph().linkTo(filter);
    }

    /** A port that is an untagged member of one VLAN and a member of no other. */
    public VlanSwitch access(String port, int vid) {
        return trunk(port, vid);
    }

    /** A port that is a tagged member of {@code tagged} and untagged member of {@code untagged}, if that is not 0. */
    public VlanSwitch trunk(String port, int untagged, int... tagged) {
        var out = lab.connect(port, in, ports, UnaryOperator.identity());
        var vlans = new BitSet();
        for (int vid : tagged) {
            vlans.set(vid);
            bridge(vid).plug(ports, out, PortSettings.DEFAULT);
        }
        filter.admit(ports, untagged, vlans);
        if (untagged != VlanFilter.NONE) {
            var strip = new VlanStrip(name + ".strip." + port, lab.graph(), out);
            bridge(untagged).plug(ports, lab.graph().linkTo(strip), PortSettings.DEFAULT);
        }
        ports++;
        return this;
    }

    /** Lays a way in without a port behind it, for frames stamped with a number that this switch does not know. */
    public VlanSwitch stray(String port) {
        var _ = lab.connect(port, in, 99, UnaryOperator.identity());
        return this;
    }

    private Bridge bridge(int vid) {
        return bridges.computeIfAbsent(vid, v -> {
            var stations = new FilteringDatabase(lab.stations(), lab.scale().ageing(), limit);
            var bridge = new Bridge(name + "." + v, lab.graph(), stations);
            filter.vlan(v, lab.graph().linkTo(bridge));
            return bridge;
        });
    }
}
