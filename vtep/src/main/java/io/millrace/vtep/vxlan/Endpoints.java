package io.millrace.vtep.vxlan;

import io.millrace.codec.Ipv6Address;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The stations of other hosts that a file or a control plane told of: by Ethernet address and by IP address. What is only
 * heard never gets here. Open addressing, linear probing, at most half full. The worker's thread.
 */
public final class Endpoints {
    private static final int SMALLEST = 64;

    private final Map<Long, Station> byMac = new LinkedHashMap<>();
    private final Map<Ipv6Address, Station> byAddress = new HashMap<>();
    private long[] highs = new long[SMALLEST];
    private long[] lows = new long[SMALLEST];
    private @Nullable Station[] homes = new Station[SMALLEST];

    /**
     * A station of another host.
     *
     * @param mac its Ethernet address, the low 48 bits
     * @param addresses its IP addresses, IPv4 in mapped form (RFC 4291 section 2.5.5.2)
     * @param peer the host it is on
     */
    public record Station(long mac, List<Ipv6Address> addresses, Peer peer) {
        public Station {
            addresses = List.copyOf(addresses);
        }
    }

    /** All of them, in the order they were told of. */
    public Collection<Station> all() {
        return byMac.values();
    }

    /** How many IP addresses are known. */
    public int addresses() {
        return byAddress.size();
    }

    /** Whose IP address this is, or null: not known. */
    @Nullable
    Station find(long high, long low) {
        int mask = homes.length - 1;
        for (int i = home(high, low); ; i = i + 1 & mask) {
            var found = homes[i];
            if (found == null || (lows[i] == low && highs[i] == high)) {
                return found;
            }
        }
    }

    /** Enters a station in place of what was known of it; an IP address is the one's who claimed it last. */
    void enter(Station station) {
        forget(station.mac);
        byMac.put(station.mac, station);
        for (var address : station.addresses) {
            remove(address);
            byAddress.put(address, station);
            if (2 * byAddress.size() > homes.length) {
                fill(2 * homes.length);
            } else {
                put(address, station);
            }
        }
    }

    /** Forgets a station. */
    void forget(long mac) {
        var known = byMac.remove(mac);
        if (known != null) {
            for (var address : known.addresses) {
                if (known.equals(byAddress.get(address))) {
                    remove(address);
                }
            }
        }
    }

    private void remove(Ipv6Address address) {
        if (byAddress.remove(address) == null) {
            return;
        }
        int mask = homes.length - 1;
        int gap = home(address.high(), address.low());
        while (lows[gap] != address.low() || highs[gap] != address.high()) {
            gap = gap + 1 & mask;
        }
        for (int i = gap + 1 & mask; homes[i] != null; i = i + 1 & mask) {
            if ((i - home(highs[i], lows[i]) & mask) >= (i - gap & mask)) {
                highs[gap] = highs[i];
                lows[gap] = lows[i];
                homes[gap] = homes[i];
                gap = i;
            }
        }
        homes[gap] = null;
    }

    private void fill(int size) {
        highs = new long[size];
        lows = new long[size];
        homes = new Station[size];
        byAddress.forEach(this::put);
    }

    private void put(Ipv6Address address, Station station) {
        int i = home(address.high(), address.low());
        while (homes[i] != null) {
            i = i + 1 & homes.length - 1;
        }
        highs[i] = address.high();
        lows[i] = address.low();
        homes[i] = station;
    }

    private int home(long high, long low) {
        long mixed = (high * 0xD6E8_FEB8_6659_FD93L ^ low) * 0x9E37_79B9_7F4A_7C15L;
        return (int) (mixed >>> 32) & homes.length - 1;
    }
}
