package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.TcpHeader;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.Offload;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Node;
import io.millrace.dataplane.graph.Witness;
import io.millrace.dataplane.trials.Lab;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The short way against the long one, which every packet goes while somebody watches: two routers get the same, one of
 * them is watched, and the same must leave, be dropped and be remembered.
 */
class EstablishedTest {
    private static final List<String> LINKS = List.of("in", "db", "closed", "out");
    private static final String FAR = "198.51.100.7";

    private final Map<String, Integer> left = new TreeMap<>();

    private static RouterLab router(int sessions, boolean inboundRefreshes, boolean watched) {
        var timeouts = Timeouts.RFC.withInboundRefresh(inboundRefreshes);
        var router = new RouterLab(new Lab(), sessions, 1, 65_535, 0, 0, timeouts);
        if (watched) {
            router.lab.graph().witness(new Watching());
        }
        return router;
    }

    private record Watching() implements Witness {
        @Override
        public void decided(Node node, long frame, int decision) {}

        @Override
        public void dropped(Node node, long frame, Drop why) {}
    }

    @ParameterizedTest
    @CsvSource({"1, 64, true", "2, 64, false", "3, 12, true", "4, 12, false", "5, 500, true", "6, 500, false"})
    void doesWhatTheLongWayDoes(long seed, int sessions, boolean inboundRefreshes) {
        var random = new SplittableRandom(seed);
        var traffic = new RandomTraffic(seed);
        try (var watched = router(sessions, inboundRefreshes, true);
                var router = router(sessions, inboundRefreshes, false)) {
            for (int batch = 0; batch < 60; batch++) {
                for (int i = random.nextInt(1, 150); i > 0; i--) {
                    var packet = traffic.next();
                    int kind = random.nextInt(60);
                    give(watched.lab, packet, kind);
                    give(router.lab, packet, kind);
                }
                watched.lab.settle();
                router.lab.settle();
                compare(watched, router, traffic, "batch " + batch);
                long pause = random.nextLong(Lab.SECOND << random.nextInt(10));
                watched.later(pause);
                router.later(pause);
            }
            forget(watched);
            forget(router);
        }
        assertThat(left.get("in")).isGreaterThan(200);
        assertThat(left.get("out")).isGreaterThan(200);
    }

    /** What still waits, for a fragment or a neighbour, is dropped. */
    private static void forget(RouterLab router) {
        for (int i = 0; i < 8; i++) {
            router.later(10 * Lab.SECOND).lab.settle();
        }
        LINKS.forEach(router::take);
    }

    /** Sometimes as a capture cut it, or with its checksum left to be finished. */
    private static void give(Lab lab, RandomTraffic.Packet packet, int kind) {
        byte[] frame = packet.frame();
        if (kind == 0) {
            lab.putCut(packet.link(), frame, 20);
        } else if (kind == 1 && frame.length > 60) {
            long made = lab.pool().allocate(frame.length);
            lab.pool().buffer().putBytes(Frame.head(made), frame);
            long checksum = Offload.of(Offload.WHOLE, 0, 34, frame[23] == 6 ? 16 : 6);
            assertThat(lab.end(packet.link()).put(lab.pool().offload(made, checksum)))
                    .isTrue();
        } else {
            lab.put(packet.link(), frame);
        }
    }

    private void compare(RouterLab watched, RouterLab router, RandomTraffic traffic, String when) {
        for (var link : LINKS) {
            var expected = watched.take(link);
            same(when + ", " + link, hex(router.take(link)), hex(expected));
            expected.forEach(traffic::left);
            left.merge(link, expected.size(), Integer::sum);
        }
        for (var why : Drop.values()) {
            assertThat(router.drops(why)).as("%s, %s", when, why).isEqualTo(watched.drops(why));
        }
        same(when + ", session", sessions(router), sessions(watched));
    }

    private static void same(String what, List<String> ours, List<String> expected) {
        for (int i = 0; i < Math.min(ours.size(), expected.size()); i++) {
            assertThat(ours.get(i)).as("%s, %d of %d", what, i, expected.size()).isEqualTo(expected.get(i));
        }
        assertThat(ours).as(what).hasSameSizeAs(expected);
    }

    private static List<String> hex(List<byte[]> frames) {
        return frames.stream().map(HexFormat.of()::formatHex).toList();
    }

    /** Their records, a line for each. */
    private static List<String> sessions(RouterLab router) {
        var sessions = router.nat.sessions();
        var lines = new ArrayList<String>();
        for (int record = 0; record < sessions.most(); record++) {
            byte[] bytes = new byte[Sessions.RECORD];
            sessions.memory().getBytes(Sessions.at(record), bytes);
            lines.add(HexFormat.of().formatHex(bytes));
        }
        return lines;
    }

    /** Out and back, UDP and TCP: RFC 768's 0 and all the carries of RFC 1624. */
    @Test
    void everyChecksumThereIsBecomesWhatTheLongWayMakesOfIt() {
        try (var watched = router(10, true, true);
                var router = router(10, true, false)) {
            for (var one : List.of(watched, router)) {
                one.fromInside(RouterLab.HOST, RouterLab.tcp("10.1.0.2", 5000, FAR, 80, TcpHeader.SYN));
                one.fromOutside(RouterLab.tcp(FAR, 80, "192.0.2.1", 5000, TcpHeader.SYN | TcpHeader.ACK));
            }
            var templates = Map.of(
                    "in",
                    List.of(
                            RouterLab.udp("10.1.0.2", 5000, FAR, 53),
                            RouterLab.tcp("10.1.0.2", 5000, FAR, 80, TcpHeader.ACK)),
                    "out",
                    List.of(
                            RouterLab.udp(FAR, 53, "192.0.2.1", 5000),
                            RouterLab.tcp(FAR, 80, "192.0.2.1", 5000, TcpHeader.ACK)));
            for (int checksum = 0; checksum < 65_536; checksum += 64) {
                for (var link : List.of("in", "out")) {
                    for (byte[] packet : templates.get(link)) {
                        all(watched, router, link, packet, checksum);
                    }
                }
            }
        }
    }

    private static void all(RouterLab watched, RouterLab router, String link, byte[] packet, int from) {
        String macs = link.equals("in") ? RouterLab.IN + RouterLab.HOST : RouterLab.OUT + RouterLab.FAR;
        byte[] frame = RouterLab.frame(macs, packet);
        for (int checksum = from; checksum < from + 64; checksum++) {
            ByteBuffer.wrap(frame).putShort(frame[23] == 6 ? 50 : 40, (short) checksum);
            watched.lab.put(link, frame);
            router.lab.put(link, frame);
        }
        watched.lab.settle();
        router.lab.settle();
        var other = link.equals("in") ? "out" : "in";
        var expected = watched.take(other);
        assertThat(expected).hasSize(64);
        assertThat(hex(router.take(other))).isEqualTo(hex(expected));
    }
}
