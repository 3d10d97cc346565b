package io.millrace.tools.up;

import io.millrace.dataplane.port.PatchPort;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.wiring.Plug;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One port of a switch that runs, with what is plugged into it at present. It has two sockets, one in the other: what comes
 * and goes with its interface is plugged into the inner one, what is laid around it for a while (a tap) into the outer
 * one, so that neither disturbs the other.
 */
final class Outlet {
    private final Endpoint endpoint;
    private final Plug plug;
    private final PatchPort outer;
    private final PatchPort inner;
    private volatile List<Opened.Undo> made = List.of();
    private volatile @Nullable Opened opened;
    private volatile boolean up;
    private volatile NicCounters before = NicCounters.NONE;

    Outlet(Endpoint endpoint, Plug plug, PatchPort outer) {
        this.endpoint = endpoint;
        this.plug = plug;
        this.outer = outer;
        this.inner = new PatchPort(endpoint.name());
        outer.exchange(inner);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    String name() {
        return endpoint.name();
    }

    /** Whether it is where overlays meet the other hosts, and so is of no network. */
    boolean isUnderlay() {
        return endpoint.isUnderlay();
    }

    Plug plug() {
        return plug;
    }

    /** The port as the switch sees it; a tap is laid into this one. */
    PatchPort outer() {
        return outer;
    }

    /** Where the interface is plugged in. */
    PatchPort inner() {
        return inner;
    }

    /** What is plugged in; null: its device is gone. */
    @Nullable
    Opened opened() {
        return opened;
    }

    /** What it is plugged into, in a word or two; the underlay's socket is nothing that a service could be attached to. */
    String attachment() {
        var attachment = endpoint.connection().attachment();
        return attachment == null ? "socket" : attachment.toString();
    }

    /** The device it is, or was, plugged into; empty: none. */
    String device() {
        var now = opened;
        if (now != null) {
            return now.device();
        }
        var attachment = endpoint.connection().attachment();
        return attachment == null ? "" : Cables.near(attachment);
    }

    /** What was made or changed for it, to be taken back in the end. */
    List<Opened.Undo> made() {
        return made;
    }

    /** Whether its link has a carrier. */
    boolean isUp() {
        return up;
    }

    void isUp(boolean now) {
        up = now;
    }

    /** What is plugged in from now on; its counters begin here. */
    void opened(@Nullable Opened now) {
        opened = now;
        if (now != null && !now.made().isEmpty()) {
            made = now.made();
        }
        before = now == null ? NicCounters.NONE : NicCounters.of(now.device());
    }

    /** What the interface has counted since it was plugged in. */
    NicCounters nic() {
        var now = opened;
        return now == null ? NicCounters.NONE : NicCounters.of(now.device()).since(before);
    }
}
