package io.millrace.dataplane.l2;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.VlanSwitch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Any sequence of frames on any number of ports ends as the model says: the same frames behind the same ports in the
 * same order, the same reasons for what was dropped, the same stations in the table.
 */
class BridgeModelTest {
    private static final int SEQUENCES = Integer.getInteger("millrace.sequences", 2500);

    /** So few that sweeping a full table sees all of it: then the model need not know what a sweep is. */
    private static final int TABLE = 64;

    @Test
    void aSwitchDoesWhatTheModelSays() {
        for (long seed = 1; seed <= SEQUENCES; seed++) {
            plain(seed);
        }
    }

    @Test
    void aVlanAwareSwitchDoesWhatTheModelSays() {
        for (long seed = 1; seed <= SEQUENCES / 2; seed++) {
            vlans(seed);
        }
    }

    private static void plain(long seed) {
        var random = new SplittableRandom(seed);
        int ports = 1 + random.nextInt(random.nextBoolean() ? 4 : 40);
        long ageing = (10 + random.nextLong(90)) * MacTable.TICK;
        int limit = random.nextBoolean() ? TABLE : 1 + random.nextInt(12);
        var settings = new ArrayList<@Nullable PortSettings>();
        try (var lab = lab(random, ageing)) {
            var web = lab.bridge("web", limit);
            for (int i = 0; i < ports; i++) {
                boolean remote = random.nextInt(4) == 0;
                var port =
                        remote ? PortSettings.remote(random.nextInt(8) != 0, random.nextBoolean()) : settings(random);
                settings.add(port);
                var _ = remote ? web.remote("p" + i, port) : web.port("p" + i, port);
            }
            var model = new ModelSwitch(settings, ageing / MacTable.TICK, limit);
            var traffic = new Traffic(random, ports);
            enterSome(random, traffic, web.stations(), model, ports);
            var drops = new EnumMap<Drop, Long>(Drop.class);
            var received = lab.recordReceived();
            for (int turn = random.nextInt(25); turn >= 0; turn--) {
                lab.later(traffic.pause(ageing));
                for (int n = random.nextInt(13); n > 0; n--) {
                    long source = traffic.source();
                    lab.put("p" + traffic.portOf(source), traffic.frame(source));
                }
                lab.turn();
                compare(seed, lab, received, model, drops, ports);
                received.clear();
            }
            compareTables(seed, lab, web.stations(), model);
            compareDrops(seed, lab, drops);
            assertThat(web.stations().refused()).as("refused, seed %d", seed).isEqualTo(model.refused);
        }
    }

    /** The clock begins where the count of ticks overflows an int, as well as at 0. */
    private static Lab lab(SplittableRandom random, long ageing) {
        long[] starts = {0, Integer.MAX_VALUE * MacTable.TICK - ageing, 0xFFFF_FFFFL * MacTable.TICK - ageing};
        long start = starts[random.nextInt(starts.length)] + random.nextLong(MacTable.TICK);
        return new Lab(Lab.Scale.DEFAULT
                .frames(700)
                .segments(0)
                .stations(TABLE)
                .ageing(ageing)
                .start(start)
                .cable(16));
    }

    private static PortSettings settings(SplittableRandom random) {
        return new PortSettings(
                random.nextInt(8) != 0,
                random.nextInt(8) != 0,
                random.nextInt(3) == 0 ? 1 + random.nextInt(2) : PortSettings.NO_GROUP,
                random.nextInt(6) == 0 ? random.nextInt(3) : Integer.MAX_VALUE);
    }

    private static void enterSome(
            SplittableRandom random, Traffic traffic, FilteringDatabase stations, ModelSwitch model, int ports) {
        for (int i = random.nextInt(4); i > 0; i--) {
            long mac = traffic.destination();
            int port = random.nextInt(ports);
            if (mac != 0 && !ModelSwitch.isGroup(mac) && stations.enter(mac, port, 0)) {
                model.stations.put(mac, new ModelSwitch.Station(port, 0, true));
            }
        }
    }

    private static void compare(
            long seed, Lab lab, List<Lab.Arrival> received, ModelSwitch model, Map<Drop, Long> drops, int ports) {
        var expected = new HashMap<String, List<String>>();
        for (var arrival : received) {
            int from = Integer.parseInt(arrival.port().substring(1));
            var way = model.forward(from, arrival.bytes(), lab.now() / MacTable.TICK);
            way.ports()
                    .forEach(to -> expected.computeIfAbsent("p" + to, p -> new ArrayList<>())
                            .add(HexFormat.of().formatHex(arrival.bytes())));
            if (way.drop() != null) {
                drops.merge(way.drop(), 1L, Long::sum);
            }
        }
        for (int i = 0; i < ports; i++) {
            assertThat(lab.take("p" + i).stream().map(HexFormat.of()::formatHex).toList())
                    .as("behind port p%d, seed %d", i, seed)
                    .isEqualTo(expected.getOrDefault("p" + i, List.of()));
        }
    }

    private static void compareTables(long seed, Lab lab, FilteringDatabase stations, ModelSwitch model) {
        long tick = lab.now() / MacTable.TICK;
        model.age(tick);
        var expected = new TreeMap<Long, String>();
        model.stations.forEach((mac, station) -> expected.put(mac, station.port() + " " + station.byHand()));
        var found = new TreeMap<Long, String>();
        stations.forEach((int) tick, (mac, port, isStatic, moves, ticksAgo) -> found.put(mac, port + " " + isStatic));
        assertThat(found).as("stations, seed %d", seed).isEqualTo(expected);
        assertThat(stations.moves()).as("moves, seed %d", seed).isEqualTo(model.moves);
    }

    private static void compareDrops(long seed, Lab lab, Map<Drop, Long> drops) {
        for (var why : Drop.values()) {
            assertThat(lab.drops(why)).as("%s, seed %d", why, seed).isEqualTo(drops.getOrDefault(why, 0L));
        }
    }

    // -------------------------------------------------------------------------------------------- VLANs

    private static void vlans(long seed) {
        var random = new SplittableRandom(seed);
        int ports = 1 + random.nextInt(12);
        long ageing = (10 + random.nextLong(90)) * MacTable.TICK;
        int limit = random.nextBoolean() ? TABLE : 1 + random.nextInt(6);
        int[] vids = {1, 10, 20, 4094};
        try (var lab = lab(random, ageing)) {
            var vlans = new VlanSwitch(lab, "vlans", limit);
            var members = new ArrayList<ModelVlanSwitch.Member>();
            for (int i = 0; i < ports; i++) {
                var member = member(random, vids);
                members.add(member);
                vlans.trunk(
                        "p" + i,
                        member.untagged(),
                        member.tagged().stream().mapToInt(v -> v).toArray());
            }
            var model = new ModelVlanSwitch(members, ageing / MacTable.TICK, limit);
            var traffic = new Traffic(random, ports);
            var drops = new EnumMap<Drop, Long>(Drop.class);
            var received = lab.recordReceived();
            for (int turn = random.nextInt(25); turn >= 0; turn--) {
                lab.later(traffic.pause(ageing));
                for (int n = random.nextInt(13); n > 0; n--) {
                    long source = traffic.source();
                    lab.put("p" + traffic.portOf(source), traffic.tagged(source, vids));
                }
                lab.turn();
                compareVlans(seed, lab, received, model, drops, ports);
                received.clear();
            }
            compareDrops(seed, lab, drops);
        }
    }

    private static ModelVlanSwitch.Member member(SplittableRandom random, int[] vids) {
        int untagged = random.nextInt(4) == 0 ? VlanFilter.NONE : vids[random.nextInt(vids.length)];
        Set<Integer> tagged = new HashSet<>();
        while ((untagged == VlanFilter.NONE && tagged.isEmpty()) || random.nextBoolean()) {
            tagged.add(vids[random.nextInt(vids.length)]);
        }
        tagged.remove(untagged);
        return new ModelVlanSwitch.Member(untagged, tagged);
    }

    /** Order is kept within a VLAN; between VLANs it is nobody's promise. */
    private static void compareVlans(
            long seed, Lab lab, List<Lab.Arrival> received, ModelVlanSwitch model, Map<Drop, Long> drops, int ports) {
        var expected = new ArrayList<ModelVlanSwitch.Departure>();
        var vlanOf = new HashMap<Integer, Integer>();
        for (var arrival : received) {
            int from = Integer.parseInt(arrival.port().substring(1));
            int first = expected.size();
            var drop = model.forward(from, arrival.bytes(), lab.now() / MacTable.TICK, expected);
            for (var departure : expected.subList(first, expected.size())) {
                vlanOf.put(Traffic.serial(departure.frame()), departure.vid());
            }
            if (drop != null) {
                drops.merge(drop, 1L, Long::sum);
            }
        }
        for (int i = 0; i < ports; i++) {
            int port = i;
            var byVlan = Comparator.<byte[]>comparingInt(frame -> vlanOf.getOrDefault(Traffic.serial(frame), -1));
            var found = lab.take("p" + i).stream().sorted(byVlan).map(HexFormat.of()::formatHex);
            var predicted = expected.stream()
                    .filter(departure -> departure.port() == port)
                    .map(ModelVlanSwitch.Departure::frame)
                    .sorted(byVlan)
                    .map(HexFormat.of()::formatHex);
            assertThat(found.toList()).as("behind port p%d, seed %d", i, seed).isEqualTo(predicted.toList());
        }
    }
}
