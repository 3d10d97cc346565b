package io.millrace.vtep.publish;

import io.millrace.vtep.network.IpAddress;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort.Protocol;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which ports of the host are taken, at which address and for which protocol, and which one is next: the order, the
 * conflicts and the words are those of Docker's {@code portallocator}. A range is one entry however many ports it has. For
 * one thread.
 *
 * <p>An address given to these methods may be the wildcard of its family, 0.0.0.0 or ::, which conflicts with all others of
 * it. Several addresses get the same ports.
 */
public final class PortAllocator {
    private record Place(IpAddress address, Protocol protocol) {}

    /** Where one search within a range has got to. */
    private record Search(Place place, PortRange within) {}

    private final Map<Place, TakenPorts> taken = new LinkedHashMap<>();
    private final Map<Search, Integer> last = new HashMap<>();

    /**
     * Takes exactly {@code ports} at every address, or nothing.
     *
     * @throws IllegalStateException with Docker's words: {@code Bind for 0.0.0.0:8080 failed: port is already allocated}
     */
    public void take(List<IpAddress> addresses, Protocol protocol, PortRange ports) {
        Place clash = null;
        int first = Integer.MAX_VALUE;
        for (var address : addresses) {
            for (var other : rivals(new Place(address, protocol))) {
                int port = at(other).firstWithin(ports);
                if (port != TakenPorts.NONE && port < first) {
                    first = port;
                    clash = other;
                }
            }
        }
        if (clash != null) {
            throw new IllegalStateException(
                    "Bind for " + clash.address + ":" + first + " failed: port is already allocated");
        }
        addresses.forEach(address -> at(new Place(address, protocol)).add(ports));
    }

    /**
     * Takes ports of {@code within} that are free at every address: one behind another from where the last search of the
     * first address in this range ended, up to {@code most} of them, and fewer where one that is taken or the end of the range
     * comes before.
     *
     * @throws IllegalStateException when there is none: {@code all ports are allocated}
     */
    public PortRange takeAny(List<IpAddress> addresses, Protocol protocol, PortRange within, int most) {
        int before = last.getOrDefault(search(addresses.getFirst(), protocol, within), within.last());
        int start = before >= within.last() ? within.first() : before + 1;
        int port = firstFree(addresses, protocol, start, within.last());
        if (port == TakenPorts.NONE && start > within.first()) {
            port = firstFree(addresses, protocol, within.first(), start - 1);
        }
        if (port == TakenPorts.NONE) {
            throw new IllegalStateException("all ports are allocated");
        }
        var ports = new PortRange(port, lastFree(addresses, protocol, port, Math.min(port + most - 1, within.last())));
        for (var address : addresses) {
            at(new Place(address, protocol)).add(ports);
            last.put(search(address, protocol, within), ports.last());
        }
        return ports;
    }

    private static Search search(IpAddress address, Protocol protocol, PortRange within) {
        return new Search(new Place(address, protocol), within);
    }

    /** The first port from {@code port} to {@code end} that nobody has; {@link TakenPorts#NONE}: there is none. */
    private int firstFree(List<IpAddress> addresses, Protocol protocol, int port, int end) {
        boolean moved = true;
        while (moved && port <= end) {
            moved = false;
            for (var address : addresses) {
                for (var other : rivals(new Place(address, protocol))) {
                    int behind = at(other).behind(port);
                    moved |= behind != port;
                    port = behind;
                }
            }
        }
        return port <= end ? port : TakenPorts.NONE;
    }

    /** The last port up to {@code end} before which, from {@code port} on, nobody has any. */
    private int lastFree(List<IpAddress> addresses, Protocol protocol, int port, int end) {
        for (var address : addresses) {
            for (var other : rivals(new Place(address, protocol))) {
                int next = at(other).firstWithin(new PortRange(port, end));
                end = next == TakenPorts.NONE ? end : next - 1;
            }
        }
        return end;
    }

    /** Gives back ports at every address; those that are free already stay so. */
    public void release(List<IpAddress> addresses, Protocol protocol, PortRange ports) {
        addresses.forEach(address -> at(new Place(address, protocol)).remove(ports));
    }

    /** How many entries are kept, however many ports they stand for. */
    public int entries() {
        return taken.values().stream().mapToInt(TakenPorts::size).sum();
    }

    private TakenPorts at(Place place) {
        return taken.computeIfAbsent(place, p -> new TakenPorts());
    }

    /** Whose ports are not free at a place: its own, and those of the wildcard or, if it is that, of everybody. */
    private List<Place> rivals(Place place) {
        if (!isWildcard(place.address)) {
            return List.of(place, new Place(wildcard(place.address.v6()), place.protocol));
        }
        at(place);
        return taken.keySet().stream()
                .filter(other -> other.protocol == place.protocol && other.address.v6() == place.address.v6())
                .toList();
    }

    /** Every address of a family. */
    public static IpAddress wildcard(boolean v6) {
        return new IpAddress(v6, 0, 0);
    }

    static boolean isWildcard(@Nullable IpAddress address) {
        return address != null && address.high() == 0 && address.low() == 0;
    }
}
