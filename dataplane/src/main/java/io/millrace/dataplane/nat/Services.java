package io.millrace.dataplane.nat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All published ports and virtual addresses, found by address, protocol and port in the same time however many there are
 * and however wide their ranges; looking one up allocates nothing. Services come and go between two turns, in microseconds.
 * One thread.
 */
public final class Services {
    private static final int START = 16;

    private @Nullable Ports[] places = new Ports[START];
    private int addresses;
    private final List<@Nullable Service> byId = new ArrayList<>();
    private final ArrayDeque<Integer> freeIds = new ArrayDeque<>();
    private int published;

    public Services() {
        byId.add(null);
    }

    /** Whose an address's port is; the host's own addresses are to be asked for by {@link #findOnHost}, too. */
    @Nullable
    public Service find(long high, long low, int protocol, int port) {
        var ports = ports(high, low, protocol);
        return ports == null ? null : ports.find(port);
    }

    /** Whose a port is at all the host's own addresses of a family. */
    @Nullable
    public Service findOnHost(boolean v6, int protocol, int port) {
        return find(0, v6 ? Front.ANY_IPV6 : Front.ANY_IPV4, protocol, port);
    }

    /**
     * A service that has a port of this range at the very address; what is at all the host's addresses is asked for with
     * theirs.
     */
    @Nullable
    public Service overlapping(Front front) {
        var ports = ports(front.high(), front.low(), front.protocol());
        return ports == null ? null : ports.overlapping(front);
    }

    /**
     * Lets a service be found. It gets the id that has been free for longest.
     *
     * @return null: it can be found from now on; else the one that has its place, and nothing has changed
     */
    @Nullable
    public Service publish(Service service) {
        var front = service.front();
        var other = overlapping(front);
        if (other != null) {
            return other;
        }
        var ports = ports(front.high(), front.low(), front.protocol());
        if (ports == null) {
            ports = new Ports(front.high(), front.low(), front.protocol());
            add(ports);
        }
        ports.add(service);
        published++;
        var free = freeIds.poll();
        int id = free == null ? byId.size() : free;
        if (free == null) {
            byId.add(service);
        } else {
            byId.set(id, service);
        }
        service.published(id);
        return null;
    }

    /**
     * Lets a service be found no longer. Its id stays its own, and {@link #byId} shows it, until {@link #release}: its
     * connections are known by it.
     */
    public void unpublish(Service service) {
        var front = service.front();
        var ports = ports(front.high(), front.low(), front.protocol());
        if (ports == null || !service.equals(ports.find(front.first()))) {
            throw new IllegalArgumentException(service + " is not published");
        }
        ports.remove(service);
        if (ports.isEmpty()) {
            remove(ports);
        }
        published--;
        service.unpublished();
    }

    /** No connection knows an unpublished service any more: its id may be given to another. */
    public void release(Service service) {
        if (service.isPublished() || !service.equals(byId(service.id()))) {
            throw new IllegalArgumentException(service + " holds no id that could be released");
        }
        byId.set(service.id(), null);
        freeIds.add(service.id());
    }

    /** Whose an id is, published or not; null: nobody's. Ids count from 1. */
    @Nullable
    public Service byId(int id) {
        return id < 0 || id >= byId.size() ? null : byId.get(id);
    }

    /** How many are published. */
    public int size() {
        return published;
    }

    /** Shows those that are published, in order of their ids. */
    public void forEach(Consumer<Service> visitor) {
        for (var service : byId) {
            if (service != null && service.isPublished()) {
                visitor.accept(service);
            }
        }
    }

    private @Nullable Ports ports(long high, long low, int protocol) {
        var ports = places[place(high, low, protocol)];
        while (ports != null && !ports.isFor(high, low, protocol)) {
            ports = ports.chained;
        }
        return ports;
    }

    private void add(Ports ports) {
        if (addresses == places.length) {
            var before = places;
            places = new Ports[2 * before.length];
            for (var first : before) {
                for (var at = first; at != null; ) {
                    var next = at.chained;
                    put(at);
                    at = next;
                }
            }
        }
        put(ports);
        addresses++;
    }

    private void put(Ports ports) {
        int place = place(ports.high, ports.low, ports.protocol);
        ports.chained = places[place];
        places[place] = ports;
    }

    private void remove(Ports ports) {
        int place = place(ports.high, ports.low, ports.protocol);
        var before = places[place];
        if (before == ports) {
            places[place] = ports.chained;
        } else {
            while (before != null && before.chained != ports) {
                before = before.chained;
            }
            if (before != null) {
                before.chained = ports.chained;
            }
        }
        addresses--;
    }

    /** Addresses are the configuration's, not the clients': nobody chooses them so that they collide. */
    private int place(long high, long low, int protocol) {
        return (int) Hash.of(low, high ^ protocol) & (places.length - 1);
    }
}
