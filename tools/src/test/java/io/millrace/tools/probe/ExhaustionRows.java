package io.millrace.tools.probe;

import static io.millrace.tools.probe.NatSegments.ADDRESS;
import static io.millrace.tools.probe.NatSegments.GATEWAY;
import static io.millrace.tools.probe.Packet.udp;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** When every outside port is taken: RFC 4787 REQ-3, 5508 REQ-8, 6888 REQ-11. Afterwards the device is of no use. */
interface ExhaustionRows extends NatRows {
    int PORTS = 65_536 - 1024;
    int PER_HOST = 650;
    int TOO_MANY = 500;

    /** What a flow is, by who sends it: all go to one peer. */
    private static Packet flow(int n) {
        return udp("10.1.0." + (3 + n / PER_HOST), 30_000 + n % PER_HOST, "192.0.2.9", 4000, Packet.text("" + n));
    }

    private static int number(Packet seen) {
        return Integer.parseInt(new String(seen.payload, 8, seen.payload.length - 8, StandardCharsets.US_ASCII));
    }

    /** The outside port of each flow that got one. */
    private Map<Integer, Integer> opened(int from, int to, List<Packet> told) {
        var flows = new ArrayList<Packet>();
        for (int i = from; i < to; i++) {
            flows.add(flow(i));
        }
        var seen = net().fromInside(flows);
        told.addAll(seen.inside());
        var ports = new HashMap<Integer, Integer>();
        seen.outside().forEach(packet -> ports.put(number(packet), packet.from()));
        return ports;
    }

    @Test
    @Order(1)
    default void n60EveryPortIsGivenToOneFlowAndNoneToTwo() {
        var ports = opened(0, PORTS + TOO_MANY, new ArrayList<>());
        assertThat(new HashSet<>(ports.values()).size()).as("different ports").isEqualTo(ports.size());
        assertThat(ports.values().stream().filter(port -> port < 1024).toList()).isEmpty();
        assertThat(ports.size()).isBetween(PORTS * 9 / 10, PORTS);
    }

    @Test
    @Order(2)
    default void n61WhoGetsNoPortIsToldSoAtMostTenTimesASecondAndMappingsLiveOn() {
        var told = new ArrayList<Packet>();
        long begin = System.nanoTime();
        int first = PORTS + TOO_MANY;
        var ports = opened(first, first + 2_000, told);
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin) + 1;
        assertThat(ports.size()).as("ports found after all").isZero();
        assertThat(told.size()).isBetween(1, (int) (10 * (seconds + 1)));
        for (var error : told) {
            assertThat(error.kind()).isEqualTo(0x030D);
            assertThat(error.source).isEqualTo(GATEWAY);
            assertThat(error.quoted().source).isEqualTo(error.destination);
            assertThat(error.quoted().to()).isEqualTo(4000);
        }
        var before = opened(0, 1_000, new ArrayList<>());
        assertThat(before.size()).as("flows that live on").isEqualTo(1_000);
        before.forEach((n, port) -> {
            if (n % 50 == 0) {
                var back =
                        net().fromOutside(udp("192.0.2.9", 4000, ADDRESS, port)).onlyInside();
                assertThat(back.destination).isEqualTo(flow(n).source);
                assertThat(back.to()).isEqualTo(flow(n).from());
            }
        });
    }
}
