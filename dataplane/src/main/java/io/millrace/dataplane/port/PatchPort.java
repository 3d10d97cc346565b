package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import org.jspecify.annotations.Nullable;

/**
 * A socket on the switch that outlives what is plugged into it: an interface that is deleted and comes back, a tap that is
 * laid around the port for a while. What is inside is exchanged between two turns; while nothing is, the port is down.
 */
public final class PatchPort implements Port {
    private final String name;
    private @Nullable Port inside;
    private boolean linkUp = true;

    public PatchPort(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    /** What is plugged in, or null. */
    public @Nullable Port inside() {
        return inside;
    }

    /** Exchanges what is plugged in and returns what was; closing that is the caller's. Only between two turns. */
    public @Nullable Port exchange(@Nullable Port other) {
        var before = inside;
        inside = other;
        return before;
    }

    /** Tells whether the link of what is plugged in is up. Only between two turns. */
    public void link(boolean up) {
        linkUp = up;
    }

    @Override
    public boolean isUp() {
        return inside != null && linkUp && inside.isUp();
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        return inside == null ? 0 : inside.receive(into, pool, atMost);
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return inside == null ? 0 : inside.transmit(from, pool);
    }

    @Override
    public int mtu() {
        return inside == null ? NO_MTU : inside.mtu();
    }

    @Override
    public boolean takesOffloads() {
        return inside != null && inside.takesOffloads();
    }

    @Override
    public boolean takesTrains() {
        return inside != null && inside.takesTrains();
    }

    @Override
    public int[] descriptors() {
        return inside == null ? NO_DESCRIPTORS : inside.descriptors();
    }

    @Override
    public String describe() {
        return inside == null ? "nothing is plugged in" : inside.describe();
    }

    @Override
    public Losses losses() {
        return inside == null ? Losses.NONE : inside.losses();
    }

    @Override
    public int held() {
        return inside == null ? 0 : inside.held();
    }

    @Override
    public void close() {
        if (inside != null) {
            inside.close();
        }
    }
}
