package io.millrace.dataplane.linux;

import java.lang.ref.Reference;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Tells of every change of the interfaces of a namespace, as it happens: come, gone, up, down, another MTU, address or
 * name. It begins with those that are there. It waits in a thread of its own, which is the one that tells.
 *
 * <p>When more happened at once than the kernel keeps for it, it looks at all interfaces anew, so nothing is missed but
 * what was undone in between.
 */
public final class LinkMonitor implements AutoCloseable {
    /** Who is told; on the monitor's thread. */
    @FunctionalInterface
    public interface Listener {
        /**
         * An interface changed; at most one of both is null.
         *
         * @param before what was told of it last; null: it is new
         * @param now null: it is gone
         */
        void changed(@Nullable Interface before, @Nullable Interface now);
    }

    private static final int RTMGRP_LINK = 1;
    private static final int POLLIN = 1;
    private static final int EFD_CLOEXEC = 0x80000;

    private final Rtnetlink events;
    private final Netlink netlink;
    private final Listener listener;
    private final Native calls = new Native();
    private final int wake;
    private final Map<Integer, Interface> known = new HashMap<>();
    private final Thread thread;

    private LinkMonitor(Rtnetlink events, Netlink netlink, int wake, Listener listener) {
        this.events = events;
        this.netlink = netlink;
        this.wake = wake;
        this.listener = listener;
        thread = Thread.ofPlatform().daemon().name("link-monitor").unstarted(this::watch);
    }

    /** Begins to watch the namespace that the calling thread is in. */
    public static LinkMonitor open(Listener listener) throws KernelException {
        var calls = new Native();
        var events = new Rtnetlink(RTMGRP_LINK);
        Netlink netlink = null;
        try {
            netlink = Netlink.open();
            int wake = (int) KernelException.check("making an eventfd", calls.eventfd(0, EFD_CLOEXEC), "");
            var monitor = new LinkMonitor(events, netlink, wake, listener);
            monitor.thread.start();
            return monitor;
        } catch (KernelException e) {
            events.close();
            if (netlink != null) {
                netlink.close();
            }
            throw e;
        }
    }

    private void watch() {
        var mine = new Native();
        var fds = Memory.of(16);
        fds.putInt(0, events.descriptor());
        fds.putShort(4, (short) POLLIN);
        fds.putInt(8, wake);
        fds.putShort(12, (short) POLLIN);
        lookAtAll();
        while (true) {
            mine.poll(fds.addressOffset(), 2, -1);
            if (fds.getShort(14) != 0) {
                return;
            }
            if (fds.getShort(6) != 0) {
                hear();
            }
        }
    }

    private void hear() {
        int length = events.receive();
        if (length < 0) {
            if (length == -Errno.ENOBUFS) {
                events.discard(); // what still waits there is older than what is looked at now
                lookAtAll();
            }
            return;
        }
        for (int at = 0; at < length; at = events.next(at)) {
            hear(events.received(), at);
        }
    }

    private void hear(UnsafeBuffer message, int at) {
        int header = at + Rtnetlink.HEADER;
        int type = events.type(at);
        // A family means that it is about a bridge's port, not about the interface.
        if ((type != Rtnetlink.NEWLINK && type != Rtnetlink.DELLINK) || message.getByte(header) != 0) {
            return;
        }
        var link = Interface.read(message, header, events.end(at));
        if (type == Rtnetlink.NEWLINK) {
            seen(link);
        } else {
            gone(link.index());
        }
    }

    private void lookAtAll() {
        List<Interface> all;
        try {
            all = netlink.list();
        } catch (KernelException e) {
            return; // the next change brings another occasion
        }
        var missing = new HashSet<>(known.keySet());
        all.forEach(link -> missing.remove(link.index()));
        missing.forEach(this::gone); // first, since another may have the name by now
        all.forEach(this::seen);
    }

    private void seen(Interface link) {
        var before = known.put(link.index(), link);
        if (!Objects.equals(before, link)) {
            listener.changed(before, link);
        }
    }

    private void gone(int index) {
        var before = known.remove(index);
        if (before != null) {
            listener.changed(before, null);
        }
    }

    /** Ends the watching; nothing is told after it returns, unless it is called by the listener itself. */
    @Override
    public void close() {
        var one = Memory.of(8);
        one.putLong(0, 1);
        try {
            calls.write(wake, one.addressOffset(), 8);
        } finally {
            Reference.reachabilityFence(one);
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        events.close();
        netlink.close();
        calls.close(wake);
    }
}
