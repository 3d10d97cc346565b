package io.millrace.tools.up;

import io.millrace.dataplane.port.PatchPort;
import io.millrace.vtep.network.Endpoint;
import io.millrace.vtep.wiring.Plug;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One port of a switch that runs, with what is plugged into it at present. */
final class Outlet {
    private final Endpoint endpoint;
    private final Plug plug;
    private final PatchPort patch;
    private volatile List<Opened.Undo> made = List.of();
    private volatile @Nullable Opened opened;
    private volatile boolean up;
    private volatile NicCounters before = NicCounters.NONE;

    Outlet(Endpoint endpoint, Plug plug, PatchPort patch) {
        this.endpoint = endpoint;
        this.plug = plug;
        this.patch = patch;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    String name() {
        return endpoint.name();
    }

    Plug plug() {
        return plug;
    }

    PatchPort patch() {
        return patch;
    }

    /** What is plugged in; null: its device is gone. */
    @Nullable
    Opened opened() {
        return opened;
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
