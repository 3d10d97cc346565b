package io.millrace.dataplane.trials;

import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.l2.Bridge;
import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.l2.StormCap;
import io.millrace.dataplane.port.MemoryPort;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** One bridge of a {@link Lab}: to it tags are data. */
public final class PlainSwitch {
    private final Lab lab;
    private final FilteringDatabase stations;
    private final Bridge bridge;
    private final Link in;
    private final List<String> names = new ArrayList<>();
    private final Outlet outlet;
    private final Link out;
    private int ports;

    PlainSwitch(Lab lab, String name, int limit) {
        this.lab = lab;
        stations = new FilteringDatabase(lab.stations(), lab.scale().ageing(), limit);
        bridge = new Bridge(name, lab.graph(), stations);
        in = lab.graph().linkTo(bridge);
        outlet = new Outlet(name + ".net", lab.graph());
        out = lab.graph().linkTo(outlet);
    }

    public PlainSwitch ports(String... names) {
        for (String name : names) {
            port(name, PortSettings.DEFAULT);
        }
        return this;
    }

    public PlainSwitch port(String name, PortSettings settings) {
        return port(name, settings, UnaryOperator.identity());
    }

    /** One more port, with a storm cap of so many frames a second. */
    public PlainSwitch capped(String name, int rate) {
        return capped(name, rate, lab.connect(name, in, ports, UnaryOperator.identity()));
    }

    /** The same for a port that has no cable to the bench. */
    PlainSwitch capped(Port port, int rate) {
        return capped(port.name(), rate, lab.attach(port, in, ports));
    }

    private PlainSwitch capped(String name, int rate, Link out) {
        names.add(name);
        var cap = new StormCap(rate, lab.graph().counters().port(name));
        bridge.plug(ports++, out, PortSettings.DEFAULT, cap);
        return this;
    }

    /** One more port; {@code around} puts something around it, an MTU or faults. */
    public PlainSwitch port(String name, PortSettings settings, UnaryOperator<Port> around) {
        names.add(name);
        bridge.plug(ports, lab.connect(name, in, ports, around), settings);
        ports++;
        return this;
    }

    /** One more port to another host; what is stamped with its number on the way there arrives behind its cable. */
    public PlainSwitch remote(String name, PortSettings settings) {
        names.add(name);
        outlet.add(ports, lab.connect(name, in, ports, UnaryOperator.identity()));
        bridge.plug(ports, out, settings);
        ports++;
        return this;
    }

    /** A cable to another switch of the lab; its two ends are called {@code name} and {@code name.far}. */
    public PlainSwitch cable(String name, PlainSwitch other) {
        var cable = MemoryPort.cable(name, name + ".far", lab.scale().cable());
        plug(cable.near());
        other.plug(cable.far());
        return this;
    }

    /** A cable to another switch inside the graph: a frame crosses it within its turn. */
    public PlainSwitch patch(String name, PlainSwitch other) {
        var there = new Patch(name, lab.graph(), other.in, other.ports);
        var back = new Patch(name + ".far", lab.graph(), in, ports);
        names.add(name);
        other.names.add(name + ".far");
        bridge.plug(ports++, lab.graph().linkTo(there), PortSettings.DEFAULT);
        other.bridge.plug(other.ports++, lab.graph().linkTo(back), PortSettings.DEFAULT);
        return this;
    }

    private void plug(Port port) {
        names.add(port.name());
        bridge.plug(ports, lab.attach(port, in, ports), PortSettings.DEFAULT);
        ports++;
    }

    /** Lays a way in without a port behind it, for frames stamped with a number that this switch does not know. */
    public PlainSwitch stray(String name) {
        var _ = lab.connect(name, in, 99, UnaryOperator.identity());
        return this;
    }

    /** The name of a port by its number. */
    public String nameOf(int port) {
        return names.get(port);
    }

    /** Whether the port of that name is one of this switch. */
    public boolean has(String port) {
        return names.contains(port);
    }

    public Bridge bridge() {
        return bridge;
    }

    public FilteringDatabase stations() {
        return stations;
    }
}
