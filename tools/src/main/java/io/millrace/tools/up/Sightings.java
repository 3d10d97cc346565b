package io.millrace.tools.up;

import io.millrace.dataplane.l2.FilteringDatabase;
import io.millrace.dataplane.l2.MacTable;
import io.millrace.tools.words.Json;
import io.millrace.vtep.network.MacAddress;
import io.millrace.vtep.wiring.Switch;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.agrona.collections.LongArrayList;

/** Every station that is known. The table is read piece by piece, a piece between two turns. */
final class Sightings {
    /** Places of the table that are read at once: some 50 µs. */
    private static final int PIECE = 16_384;

    private static final Comparator<Station> ORDER = Comparator.comparing((Station station) -> station.owner.network)
            .thenComparingInt(station -> station.owner.vlan)
            .thenComparingLong(station -> station.mac);

    private final Running running;
    private final List<Owner> owners = new ArrayList<>();
    private final IdentityHashMap<FilteringDatabase, Integer> numbers = new IdentityHashMap<>();

    Sightings(Running running) {
        this.running = running;
        running.ask(() -> {
            running.switches().forEach(this::owners);
            remote();
            return 0;
        });
    }

    /**
     * Whose a station is.
     *
     * @param ports the names of the ports, by number
     * @param remote the numbers of those that are other hosts
     */
    record Owner(String network, int vlan, List<String> ports, BitSet remote) {}

    /** @param port its number */
    record Station(Owner owner, long mac, int port, boolean isStatic, int moves, long ticksAgo) {
        boolean isRemote() {
            return owner.remote.get(port);
        }

        /** Writes what is known of it, into an object that is open. */
        void write(Json json, String portKey) {
            json.name("mac").value(new MacAddress(mac).toString());
            json.name(portKey).value(owner.ports.get(port));
            json.name("network").value(owner.network);
            if (owner.vlan != Switch.NO_VLAN) {
                json.name("vlan").value(owner.vlan);
            }
            json.name("static").value(isStatic);
            json.name("moves").value(moves);
            json.name("age_s");
            if (isStatic) {
                json.value((String) null);
            } else {
                json.number(String.format(Locale.ROOT, "%.1f", ticksAgo * MacTable.TICK / 1e9));
            }
        }
    }

    private void owners(String network, Switch wired) {
        var ports = wired.ports();
        var remote = new BitSet();
        wired.databases().forEach((vlan, database) -> {
            numbers.put(database, owners.size());
            owners.add(new Owner(network, vlan, ports, remote));
        });
    }

    private void remote() {
        var underlay = running.underlay();
        if (underlay != null) {
            for (var tunnel : underlay.tunnels().all()) {
                for (var owner : owners) {
                    if (owner.network.equals(tunnel.network())) {
                        tunnel.peers().forEach(peer -> owner.remote.set(peer.number()));
                    }
                }
            }
        }
    }

    /** Notes what is in the table as numbers: the worker makes no objects. */
    private final class Notes implements MacTable.Visitor {
        private static final int WORDS = 4;

        private final LongArrayList words = new LongArrayList(WORDS * PIECE / 2, LongArrayList.DEFAULT_NULL_VALUE);
        private int owner;

        @Override
        public void share(FilteringDatabase share) {
            owner = numbers.getOrDefault(share, -1);
        }

        @Override
        public void station(long mac, int port, boolean isStatic, int moves, int ticksAgo) {
            if (owner >= 0) {
                words.addLong((long) owner << 32 | port);
                words.addLong(mac);
                words.addLong((long) moves << 1 | (isStatic ? 1 : 0));
                words.addLong(ticksAgo);
            }
        }

        void addTo(Map<Station, Station> all) {
            for (int i = 0; i < words.size(); i += WORDS) {
                long place = words.getLong(i);
                long how = words.getLong(i + 2);
                var station = new Station(
                        owners.get((int) (place >>> 32)),
                        words.getLong(i + 1),
                        (int) place,
                        (how & 1) != 0,
                        (int) (how >>> 1),
                        words.getLong(i + 3));
                all.put(station, station); // of one that was seen twice the later sighting
            }
        }
    }

    /** In order of network, VLAN, address. */
    Set<Station> all() {
        var all = new TreeMap<Station, Station>(ORDER);
        int places = running.stations().places();
        for (int from = 0; from < places; from += PIECE) {
            int first = from;
            var notes = new Notes();
            running.change(() -> running.stations().look(first, PIECE, (int) (running.now() / MacTable.TICK), notes));
            notes.addTo(all);
        }
        return all.keySet();
    }
}
