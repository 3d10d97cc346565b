package io.millrace.tools.up;

import io.millrace.dataplane.linux.Interface;
import io.millrace.dataplane.linux.KernelException;
import io.millrace.dataplane.linux.LinkMonitor;
import io.millrace.tools.words.Failure;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Follows what becomes of the interfaces: a link that goes down and up, an interface that is deleted and comes back, or
 * gets another MTU. The other ports go on forwarding all the while. On the monitor's thread.
 */
final class Hotplug implements LinkMonitor.Listener {
    private final Running running;
    private final PortOpener opener;
    private final Screen screen;

    private Hotplug(Running running, PortOpener opener, Screen screen) {
        this.running = running;
        this.opener = opener;
        this.screen = screen;
    }

    /** Begins to follow, with how the links are now. */
    static LinkMonitor watch(Running running, PortOpener opener, Screen screen) {
        try {
            return LinkMonitor.open(new Hotplug(running, opener, screen));
        } catch (KernelException e) {
            throw Failure.failed(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void changed(@Nullable Interface before, @Nullable Interface now) {
        for (var outlet : running.outlets()) {
            try {
                changed(outlet, before, now);
            } catch (Failure e) {
                screen.event(outlet.name() + ": " + e.getMessage());
            }
        }
    }

    private void changed(Outlet outlet, @Nullable Interface before, @Nullable Interface now) {
        var opened = outlet.opened();
        if (opened != null && opened.roams() && (now == null || now.index() != opened.index())) {
            returned(outlet, opened, now);
        } else if (now == null) {
            if (opened != null && before != null && opened.index() == before.index()) {
                unplug(outlet, opened);
            }
        } else if (opened == null) {
            if (now.name().equals(outlet.device())) {
                comeBack(outlet, now);
            }
        } else if (opened.index() == now.index()) {
            follow(outlet, opened, before, now);
        } else if (now.name().equals(opened.device()) && !opened.device().isEmpty()) {
            unplug(outlet, opened); // another interface has the name already
            comeBack(outlet, now);
        }
    }

    /** A TAP may have gone to another namespace and goes on from there. If it was deleted, another may take its place. */
    private void returned(Outlet outlet, Opened opened, @Nullable Interface now) {
        if (now != null
                && now.name().equals(opened.device())
                && !running.ask(() -> opened.port().isUp())) {
            unplug(outlet, opened);
            comeBack(outlet, now);
        }
    }

    /** What may be in any namespace tells itself whether it is up. Each second. */
    static void lookAtRoamers(Running running, Screen screen) {
        for (var outlet : running.outlets()) {
            var opened = outlet.opened();
            if (opened != null && opened.roams()) {
                boolean up = opened.port().isUp();
                if (up != outlet.isUp()) {
                    running.change(() -> running.link(outlet, up));
                    screen.event(outlet.name() + ": " + opened.device() + " is " + (up ? "up" : "down"));
                }
            }
        }
    }

    private void unplug(Outlet outlet, Opened opened) {
        running.plug(outlet, null, false);
        screen.event(outlet.name() + ": " + opened.device() + " is gone");
        running.dispose(outlet, opened, screen);
    }

    private void comeBack(Outlet outlet, Interface now) {
        try {
            var opened = opener.reopen(outlet.endpoint());
            running.plug(outlet, opened, now.running());
            screen.event(outlet.name() + ": " + now.name() + " is back, " + opened.how()
                    + (now.running() ? "" : ", its link is down"));
        } catch (IOException e) {
            screen.event(outlet.name() + ": " + now.name() + " is back, but: " + e.getMessage());
        }
    }

    private void follow(Outlet outlet, Opened opened, @Nullable Interface before, Interface now) {
        boolean linkChanged = now.running() != outlet.isUp() && !opened.roams();
        boolean mtuChanged = before != null && before.mtu() != now.mtu();
        if (!linkChanged && !mtuChanged) {
            return;
        }
        running.change(() -> {
            opened.refresh().run();
            if (linkChanged) {
                running.link(outlet, now.running());
            }
        });
        if (linkChanged) {
            screen.event(outlet.name() + ": the link of " + now.name() + " is " + (now.running() ? "up" : "down"));
        }
        if (mtuChanged) {
            screen.event(outlet.name() + ": the MTU of " + now.name() + " is " + now.mtu());
        }
    }
}
