package io.millrace.tools.replay;

import io.millrace.codec.Addresses;
import io.millrace.codec.capture.LinkType;
import io.millrace.dataplane.graph.Counters.Account;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.PortCounters;
import io.millrace.dataplane.nat.Inventory;
import io.millrace.dataplane.nat.SessionState;
import io.millrace.tools.replay.Board.Station;
import io.millrace.tools.replay.Facts.KindCount;
import io.millrace.tools.words.Figures;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What happened, once it is over: the same facts for the table, for JSON and for a page.
 *
 * @param linkType what the frames begin with, every kind there is
 * @param elapsedNanos how long it took; this and the rates are all that differs from run to run
 * @param latecomers frames of stations that came too late for a port of their own
 * @param vxlan what the tunnels of the capture held, where somebody looked through them
 * @param nat what the gateways have come to know at the end; null: there are none
 * @param damage a sentence for each damaged capture
 */
record Report(
        Facts facts,
        String linkType,
        long elapsedNanos,
        List<PortLine> ports,
        List<Station> stations,
        List<DropLine> drops,
        List<NotSwitched> notSwitched,
        Account account,
        @Nullable Vxlan vxlan,
        @Nullable Connections nat,
        long latecomers,
        long refused,
        List<String> damage,
        List<String> warnings,
        boolean conserved) {
    private static final int NETWORKS_NAMED = 16;

    record PortLine(String name, PortCounters received, PortCounters sent) {}

    /**
     * What was found inside the tunnels of a capture.
     *
     * @param wanted a network identifier, or {@code all}
     * @param packets VXLAN packets by network identifier, those that nobody asked for, too
     * @param taken the packets of the networks that were asked for
     * @param notVxlan frames of the capture that are no VXLAN
     */
    record Vxlan(String wanted, SortedMap<Integer, Long> packets, long taken, long notVxlan) {
        static @Nullable Vxlan of(@Nullable Overheard overheard) {
            if (overheard == null) {
                return null;
            }
            var wanted = overheard.wanted();
            var packets = overheard.packets();
            long taken = packets.entrySet().stream()
                    .filter(network -> wanted.has(network.getKey()))
                    .mapToLong(Map.Entry::getValue)
                    .sum();
            return new Vxlan(wanted.words(), packets, taken, overheard.notVxlan());
        }
    }

    /** Connections through gateways, by state, and the outside ports that are left. */
    record Connections(Inventory.Counts counts, Map<SessionState, Long> states, List<Inventory.Pool> pools) {
        static @Nullable Connections of(@Nullable Inventory inventory) {
            return inventory == null
                    ? null
                    : new Connections(inventory.counts(), inventory.states(), inventory.pools());
        }
    }

    record DropLine(String node, Drop reason, long frames) {}

    /** Frames of an interface that are not Ethernet. */
    record NotSwitched(String file, KindCount of) {
        String linkType() {
            return nameOf(of.kind().linkTypeNumber());
        }
    }

    static Report of(Replay replay) {
        var board = replay.board();
        var counters = board.counters();
        var facts = replay.facts();
        var ports = board.ports().stream()
                .map(p -> new PortLine(p.name(), p.received(), counters.port(p.name())))
                .toList();
        return new Report(
                facts,
                linkTypes(facts),
                replay.elapsedNanos(),
                ports,
                board.stations(replay.capture().nanos()),
                drops(replay),
                notSwitched(facts),
                counters.account(board.held()),
                Vxlan.of(board.overheard()),
                Connections.of(board.nat()),
                board.latecomers(),
                board.refused(),
                replay.damage(),
                warnings(replay),
                replay.isConserved());
    }

    private static List<DropLine> drops(Replay replay) {
        var lines = new ArrayList<DropLine>();
        replay.board().counters().drops().forEach((node, counters) -> {
            for (var why : Drop.values()) {
                if (counters.frames(why) > 0) {
                    lines.add(new DropLine(node, why, counters.frames(why)));
                }
            }
        });
        return lines;
    }

    private static List<NotSwitched> notSwitched(Facts facts) {
        var lines = new ArrayList<NotSwitched>();
        for (var file : facts.files()) {
            for (var kind : file.kinds()) {
                if (LinkType.of(kind.kind().linkTypeNumber()) != LinkType.ETHERNET) {
                    lines.add(new NotSwitched(file.name(), kind));
                }
            }
        }
        return lines;
    }

    private static String linkTypes(Facts facts) {
        var names = new LinkedHashSet<String>();
        for (var file : facts.files()) {
            file.kinds().forEach(kind -> names.add(nameOf(kind.kind().linkTypeNumber())));
        }
        return names.stream().collect(Collectors.joining(", "));
    }

    private static String nameOf(int linkTypeNumber) {
        var type = LinkType.of(linkTypeNumber);
        return type != LinkType.OTHER ? type.words() : linkTypeNumber < 0 ? "several" : "link type " + linkTypeNumber;
    }

    private static List<String> warnings(Replay replay) {
        var all = new ArrayList<>(replay.warnings());
        long back = replay.capture().clockWentBack();
        if (back > 0) {
            all.add(Figures.count(back, "frame") + " older than one before: the switch's clock stood still meanwhile");
        }
        long late = replay.board().latecomers();
        if (late > 0) {
            all.add("more stations than ports: " + Figures.count(late, "frame")
                    + " of those that spoke last entered by a port they share");
        }
        var overheard = Vxlan.of(replay.board().overheard());
        if (overheard != null && overheard.taken == 0) {
            all.add(nothingInside(overheard));
        }
        return all;
    }

    private static String nothingInside(Vxlan vxlan) {
        if (vxlan.packets.isEmpty()) {
            return "there is no VXLAN packet in it; --vxlan-port names another UDP port than 4789";
        }
        var some = vxlan.packets.keySet().stream().limit(NETWORKS_NAMED).map(String::valueOf);
        String more = vxlan.packets.size() > NETWORKS_NAMED ? " and others" : "";
        return "there is no VXLAN packet of network " + vxlan.wanted + " in it; there are packets of "
                + some.collect(Collectors.joining(", ")) + more;
    }

    double seconds() {
        return Math.max(1, elapsedNanos) / 1e9;
    }

    double framesPerSecond() {
        return facts.frames() / seconds();
    }

    /** Bits on the wire a second. */
    double bitsPerSecond() {
        return 8.0 * facts.bytes() / seconds();
    }

    long droppedFrames() {
        return drops.stream().mapToLong(DropLine::frames).sum();
    }

    static String mac(Station station) {
        return Addresses.mac(station.mac());
    }
}
