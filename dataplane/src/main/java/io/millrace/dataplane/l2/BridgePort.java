package io.millrace.dataplane.l2;

import io.millrace.dataplane.graph.Link;
import org.jspecify.annotations.Nullable;

/** One port as its bridge sees it. The settings stand here themselves: a frame's decision reads one object. */
final class BridgePort {
    /** The port's number on its switch, from 0. */
    final int number;

    /** Leads to where frames leave. */
    final Link out;

    /** Whether stations are learned here at present. */
    boolean learn;

    /** Whether anything is flooded to here at present. */
    boolean up = true;

    final boolean flood;

    /** Whether the port gets copies of anything at all. */
    final boolean copies;

    /** Whether frames leave stamped with the port's number: others use the same link. */
    final boolean remote;

    final int group;
    final int stations;
    final @Nullable StormCap cap;
    private final boolean mayLearn;

    BridgePort(int number, Link out, PortSettings settings, @Nullable StormCap cap) {
        this.number = number;
        this.out = out;
        this.cap = cap;
        this.mayLearn = settings.learn();
        this.learn = mayLearn;
        this.flood = settings.flood();
        this.copies = settings.side() != PortSettings.Side.REMOTE_UNFLOODED;
        this.remote = settings.isRemote();
        this.group = settings.group();
        this.stations = settings.stations();
    }

    /** A port that is down teaches nothing: what still comes from it was there before. */
    void up(boolean up) {
        this.up = up;
        this.learn = up && mayLearn;
    }

    /** Whether both ports belong to one split-horizon group. */
    boolean isSeparateFrom(BridgePort other) {
        return group != PortSettings.NO_GROUP && group == other.group;
    }
}
