package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The multicast groups this host listens to, and when it says so: at first, once more, and when a router asks. Reports are
 * those of IGMP version 2 (RFC 2236) and MLD version 1 (RFC 2710), which routers of the later versions understand (RFC 3376
 * section 7.3.2, RFC 3810 section 8.3.2). Others' reports silence none of ours: a switch may never have shown them to it.
 */
final class Membership {
    /** After this time a first report is repeated, in ns; RFC 2236 section 8.10. */
    private static final long REPEAT = 10_000_000_000L;

    private static final long NOT_DUE = Long.MAX_VALUE;

    private final IpNode node;
    private final List<Group> groups = new ArrayList<>();
    private final SplittableRandom random;

    private static final class Group {
        private final Ipv6Address address;
        private long due = NOT_DUE;

        Group(Ipv6Address address) {
            this.address = address;
        }
    }

    Membership(IpNode node) {
        this.node = node;
        var own = node.settings().address();
        random = new SplittableRandom(own.high() ^ own.low());
    }

    void join(Ipv6Address address) {
        if (!isJoined(address.high(), address.low())) {
            var group = new Group(address);
            groups.add(group);
            reportFirst(group);
        }
    }

    boolean isJoined(long high, long low) {
        for (int i = 0; i < groups.size(); i++) {
            var address = groups.get(i).address;
            if (address.low() == low && address.high() == high) {
                return true;
            }
        }
        return false;
    }

    /** The port is another one: whoever is behind it does not know of anything. */
    void reportAll() {
        for (var group : groups) {
            reportFirst(group);
        }
    }

    private void reportFirst(Group group) {
        if (node.mac() != 0 && !node.settings().isQuiet()) {
            node.report(group.address);
            group.due = node.now() + REPEAT;
        }
    }

    /**
     * A router asks.
     *
     * @param low the last eight bytes of the group's address
     * @param all whether it asks for all groups
     * @param within to be answered in that time, in ns
     */
    void asked(long high, long low, boolean all, long within) {
        for (int i = 0; i < groups.size(); i++) {
            var group = groups.get(i);
            if (all || (group.address.low() == low && group.address.high() == high)) {
                group.due = Math.min(group.due, node.now() + random.nextLong(Math.max(1, within)));
            }
        }
    }

    void beat() {
        for (int i = 0; i < groups.size(); i++) {
            var group = groups.get(i);
            if (group.due <= node.now()) {
                group.due = NOT_DUE;
                node.report(group.address);
            }
        }
    }
}
