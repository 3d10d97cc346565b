package io.millrace.dataplane.l2;

import io.millrace.dataplane.graph.Link;

/** One port as its bridge sees it. The settings stand here themselves: a frame's decision reads one object. */
final class BridgePort {
    /** The port's number on its switch, from 0. */
    final int number;

    /** Leads to where frames leave. */
    final Link out;

    final boolean learn;
    final boolean flood;
    final int group;
    final int stations;

    BridgePort(int number, Link out, PortSettings settings) {
        this.number = number;
        this.out = out;
        this.learn = settings.learn();
        this.flood = settings.flood();
        this.group = settings.group();
        this.stations = settings.stations();
    }

    /** Whether both ports belong to one split-horizon group. */
    boolean isSeparateFrom(BridgePort other) {
        return group != PortSettings.NO_GROUP && group == other.group;
    }
}
