package io.millrace.tools.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Millrace together with Millrace: {@link ThreeHosts}. */
class ManyHostsTest {
    private static final String BROADCAST = ThreeHosts.BROADCAST;
    private static final int STORM = 10_000;
    private static final int BURST = 50;

    @TempDir
    private static Path directory;

    private static ThreeHosts hosts;

    @BeforeAll
    static void start() {
        Traffic.assumeTools();
        hosts = new ThreeHosts(directory);
    }

    @AfterAll
    static void end() {
        if (hosts != null) {
            hosts.close();
        }
    }

    @BeforeEach
    void quiet() {
        hosts.quiet();
    }

    @AfterEach
    void nothingCircles() {
        for (var port : ThreeHosts.PORTS) {
            assertThat(hosts.wire(port).all(50)).as("still arrives at " + port).isEmpty();
        }
    }

    private static Map<String, Integer> onceAt(List<String> ports) {
        var counts = new TreeMap<String, Integer>();
        ports.forEach(port -> counts.put(port, 1));
        return counts;
    }

    @Test
    void whatIsFloodedArrivesOnceAtEveryOtherPort() {
        for (int i = 0; i < 3; i++) {
            for (var from : ThreeHosts.PORTS) {
                for (var to : List.of(BROADCAST, "01005e010203", "333300000001", "0200000000ee")) {
                    assertThat(hosts.send(from, to, ThreeHosts.station(from)))
                            .as(from + " to " + to)
                            .isEqualTo(onceAt(ThreeHosts.others(from)));
                }
            }
        }
    }

    @Test
    void whatIsKnownArrivesThereAlone() {
        for (var from : ThreeHosts.PORTS) {
            for (var to : ThreeHosts.others(from)) {
                assertThat(hosts.send(from, ThreeHosts.station(to), ThreeHosts.station(from)))
                        .isEqualTo(onceAt(List.of(to)));
            }
        }
    }

    /** The host it left holds on to it until its port is down or it has been silent for long: it was a station of its own. */
    @Test
    void aStationThatMovesBetweenOtherHostsIsFollowedAtOnce() {
        var roamer = "0200000000aa";
        hosts.send("b1", BROADCAST, roamer);
        for (var there : List.of("c1", "b1", "c1")) {
            assertThat(hosts.send(there, BROADCAST, roamer)).isEqualTo(onceAt(List.of("a1", "a2")));
            for (var from : List.of("a1", "a2")) {
                assertThat(hosts.send(from, roamer, ThreeHosts.station(from)))
                        .as(from + " to " + there)
                        .isEqualTo(onceAt(List.of(there)));
            }
        }
    }

    @Test
    void aStationThatComesFromAnotherHostIsFollowedAtOnceAndBackWhenItsPortIsDown() {
        var roamer = "0200000000ab";
        hosts.send("b1", BROADCAST, roamer);
        hosts.send("a2", BROADCAST, roamer);
        for (var from : List.of("a1", "c1")) {
            assertThat(hosts.send(from, roamer, ThreeHosts.station(from)))
                    .as("from " + from)
                    .isEqualTo(onceAt(List.of("a2")));
        }
        hosts.send("b1", BROADCAST, roamer);
        assertThat(hosts.send("a1", roamer, ThreeHosts.station("a1")))
                .as("a host believes nobody who says a station of its own is elsewhere")
                .isEqualTo(onceAt(List.of("a2")));

        Links.ip(hosts.site("a").stations(), "link set va2 down");
        var alive = List.of("b1", "c1");
        Map<String, Integer> arrived = Map.of();
        for (int i = 0; i < 100 && !arrived.equals(onceAt(List.of("b1"))); i++) {
            hosts.send("b1", BROADCAST, roamer, List.of("a1", "c1"));
            arrived = hosts.send("a1", roamer, ThreeHosts.station("a1"), alive);
        }
        assertThat(arrived).as("its port is down").isEqualTo(onceAt(List.of("b1")));
        Links.ip(hosts.site("a").stations(), "link set va2 up");
        hosts.awaitPaths("a1", ThreeHosts.others("a1"));
        hosts.awaitPaths("a2", ThreeHosts.others("a2"));
    }

    @Test
    void stationsReachEachOtherByPeers() {
        hosts.traffic(1, "a", "b").all(1450);
        hosts.traffic(1, "b", "c").brief(1450);
        hosts.traffic(1, "c", "a").brief(1450);
    }

    @Test
    void stationsReachEachOtherByAMulticastGroup() {
        hosts.traffic(2, "a", "b").brief(1450);
        hosts.traffic(2, "b", "c").ping();
        hosts.traffic(2, "c", "a").ping();
    }

    @Test
    void aStormOfArpRequestsNeitherCirclesNorStopsTheRest() {
        var pings =
                hosts.site("a").stations().start("ping", "-q", "-n", "-i", "0.02", "-c", "100", "-w", "60", "10.1.0.2");
        var copies = Map.of(
                "a2",
                new HashMap<String, Integer>(),
                "b1",
                new HashMap<String, Integer>(),
                "c1",
                new HashMap<String, Integer>());
        for (int i = 0; i < STORM; i++) {
            hosts.wire("a1").send(request(i));
            if (i % BURST == 0) {
                copies.forEach((port, frames) ->
                        hosts.wire(port).all(5).forEach(frame -> frames.merge(frame, 1, Integer::sum)));
            }
        }
        copies.forEach((port, frames) -> {
            hosts.wire(port).all(300).forEach(frame -> frames.merge(frame, 1, Integer::sum));
            assertThat(frames.values())
                    .as("copies of each at " + port)
                    .isNotEmpty()
                    .containsOnly(1);
        });
        assertThat(hosts.wire("a1").all(1)).as("comes back").isEmpty();
        assertThat(pings.onExit().join().exitValue())
                .as("pings beside the storm")
                .isZero();
        hosts.traffic(1, "a", "b").ping();
    }

    /** Who has 10.x.x.x? Asked by a1's station, for another address each time. */
    private static byte[] request(int number) {
        var asker = ThreeHosts.station("a1");
        return HexFormat.of()
                .parseHex(BROADCAST + asker + "08060001080006040001" + asker + "0a000001" + "000000000000"
                        + "0a%06x".formatted(number) + "00".repeat(18));
    }

    @Test
    void aHostThatIsKilledAndComesBackTakesPartAgain() {
        hosts.traffic(1, "a", "b").ping();
        hosts.site("b").kill();
        for (var from : List.of("a1", "c1")) {
            var alive = ThreeHosts.others(from).stream()
                    .filter(port -> !port.equals("b1"))
                    .toList();
            assertThat(hosts.send(from, BROADCAST, ThreeHosts.station(from), alive))
                    .isEqualTo(onceAt(alive));
        }
        hosts.traffic(1, "c", "a").ping();
        hosts.site("b").start();
        hosts.awaitPaths("a1", ThreeHosts.others("a1"));
        hosts.awaitPaths("b1", ThreeHosts.others("b1"));
        hosts.traffic(1, "a", "b").brief(1450);
        hosts.traffic(2, "b", "c").ping();
        whatIsFloodedArrivesOnceAtEveryOtherPort();
    }
}
