package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.List;

/**
 * A neighbour on the link, and its Ethernet address as far as it is known. Whoever sends through it is told when that
 * changes, so that headers can be made ready beforehand. The worker's thread.
 */
public final class NextHop {
    /** Nobody has answered yet. */
    public static final long UNKNOWN = -1;

    private final Ipv6Address address;
    private final List<User> users = new ArrayList<>();
    private long mac = UNKNOWN;

    NextHop(Ipv6Address address) {
        this.address = address;
    }

    /** Sends through a next hop. */
    public interface User {
        /** The next hop has this Ethernet address from now on; {@link #UNKNOWN}: it is silent. */
        void nextHop(long mac);

        /** How many frames were sent through it so far: who is not used is not asked again. */
        long sent();
    }

    /** An IPv4 address in its mapped form (RFC 4291 section 2.5.5.2). */
    public Ipv6Address address() {
        return address;
    }

    /** The low 48 bits, or {@link #UNKNOWN}. */
    public long mac() {
        return mac;
    }

    void mac(long now) {
        if (mac != now) {
            mac = now;
            users.forEach(user -> user.nextHop(now));
        }
    }

    void add(User user) {
        users.add(user);
        if (mac != UNKNOWN) {
            user.nextHop(mac);
        }
    }

    void remove(User user) {
        users.remove(user);
    }
}
