package io.millrace.dataplane.nat;

import static io.millrace.dataplane.trials.Router.IN;
import static io.millrace.dataplane.trials.Router.OUT;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IcmpHeader;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Port;
import io.millrace.dataplane.trials.Lab;
import io.millrace.dataplane.trials.Pieces;
import io.millrace.dataplane.trials.Router;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 4787 REQ-13 and REQ-14, and what else is asked of fragments, at both cables of a router. */
class FragmentsThroughGatewaysTest {
    @AutoClose
    private Router router = new Router(Port.NO_MTU);

    private static byte[] data(int length) {
        var data = new byte[length];
        new Random(length).nextBytes(data);
        return data;
    }

    private static String hash(int length) {
        return " " + Arrays.hashCode(data(length));
    }

    private static String inside(String family, int host) {
        return (family.equals("v6") ? "2001:db8:1::" : "10.1.0.") + host;
    }

    private static String outside(String family, int host) {
        return (family.equals("v6") ? "2001:db8::" : "192.0.2.") + host;
    }

    private static byte[] outward(String family, int host, int port, int length) {
        return Pieces.udp(IN + "0" + host, inside(family, host), port, outside(family, 9), 53, data(length));
    }

    private static byte[] inward(String family, int port, int to, int length) {
        return Pieces.udp(OUT + "09", outside(family, 9), port, outside(family, 1), to, data(length));
    }

    @ParameterizedTest
    @CsvSource({
        "v4, 012", "v4, 021", "v4, 102", "v4, 120", "v4, 201", "v4, 210", "v6, 012", "v6, 021", "v6, 102", "v6, 120",
        "v6, 201", "v6, 210"
    })
    void n35ToN37FragmentsInAnyOrderAreTranslatedAndTheWholeIsRight(String family, String order) {
        var out = Pieces.cut(outward(family, 2, 5000, 3000), 7, 1024);
        var shuffled = order.chars().mapToObj(c -> out.get(c - '0')).toList();
        var text = Pieces.together(router.given("in", shuffled));
        assertThat(text).isEqualTo(outside(family, 1) + " 5000 > " + outside(family, 9) + " 53" + hash(3000));

        var answer = Pieces.cut(
                Pieces.udp(OUT + "09", outside(family, 9), 53, outside(family, 1), 5000, data(2500)), 7, 1024);
        var back = order.chars().mapToObj(c -> answer.get(c - '0')).toList();
        assertThat(Pieces.together(router.given("out", back)))
                .isEqualTo(outside(family, 9) + " 53 > " + inside(family, 2) + " 5000" + hash(2500));

        var request = Pieces.cut(inward(family, 6000, 8080, 2700), 8, 1024);
        var published = order.chars().mapToObj(c -> request.get(c - '0')).toList();
        assertThat(Pieces.together(router.given("out", published)))
                .isEqualTo(outside(family, 9) + " 6000 > " + inside(family, 2) + " 80" + hash(2700));
    }

    @ParameterizedTest
    @CsvSource({"v4", "v6"})
    void n38OfOverlappingFragmentsNeverTwoVersionsPass(String family) {
        var packet = outward(family, 2, 5000, 3000);
        var parts = new ArrayList<>(Pieces.cut(packet, 7, 1024));
        parts.add(1, Pieces.fragment(packet, 7, 1016, data(16), true));
        var passed = router.given("in", parts);
        assertThat(passed).as("what came before").hasSize(1);
        assertThat(router.lab.drops(Drop.FRAGMENT_OVERLAPS)).isEqualTo(3);
        var twice = new ArrayList<>(Pieces.cut(packet, 8, 1024));
        twice.add(2, twice.get(1));
        assertThat(Pieces.together(router.given("in", twice))).endsWith(hash(3000));
        assertThat(router.lab.drops(Drop.FRAGMENT_REPEATED)).isOne();
    }

    @Test
    void n39IncompletePacketsAreForgottenAndWholeOnesPassMeanwhile() {
        var packet = outward("v4", 2, 5000, 3000);
        for (int id = 0; id < 3000; id++) {
            var parts = Pieces.cut(packet, id, 1024);
            router.given("in", List.of(parts.get(1 + id % 2)));
            if (id % 500 == 0) {
                assertThat(router.given("in", List.of(outward("v4", 3, 5001, 100))))
                        .hasSize(1);
                assertThat(Pieces.together(router.given(
                                "in", Pieces.cut(packet, 40_000 + id, 512).reversed())))
                        .endsWith(hash(3000));
            }
        }
        assertThat(router.lab.graph().held()).isEqualTo(Fragments.Room.MOST);
        router.lab.later(31 * Lab.SECOND).settle();
        assertThat(router.lab.graph().held()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"v4", "v6"})
    void lb5AllFragmentsOfAPacketComeToOneBackend(String family) {
        var backends = new HashSet<String>();
        for (int i = 0; i < 8; i++) {
            var parts = Pieces.cut(inward(family, 7000 + i / 2, 8090, 3000), 7 + i, 1024);
            Collections.shuffle(parts, new Random(i));
            var text = Pieces.together(router.given("out", parts));
            backends.add(text.replaceAll(".*> | 80 .*", ""));
        }
        assertThat(backends).containsExactlyInAnyOrder(inside(family, 2), inside(family, 3));
    }

    @ParameterizedTest
    @CsvSource({"v4", "v6"})
    void hostsBehindOneAddressAreNotMixedUpWhenTheyChooseTheSameIdentification(String family) {
        var one = Pieces.cut(outward(family, 2, 5000, 3000), 7, 1024);
        var other = Pieces.cut(outward(family, 3, 5001, 3000), 7, 1024);
        var mixed = new ArrayList<byte[]>();
        for (int i = 0; i < one.size(); i++) {
            mixed.add(one.get(i));
            mixed.add(other.get(i));
        }
        var passed = router.given("in", mixed);
        var of = passed.stream().collect(java.util.stream.Collectors.groupingBy(Pieces::identification));
        assertThat(of).hasSize(2);
        assertThat(of.values())
                .allSatisfy(parts -> assertThat(Pieces.together(parts)).endsWith(hash(3000)));
    }

    @Test
    void whatFollowsARefusedFirstFragmentIsDroppedToo() {
        var unpublished = Pieces.cut(inward("v4", 6000, 9999, 3000), 7, 1024);
        assertThat(router.given("out", List.of(unpublished.get(1), unpublished.get(0), unpublished.get(2))))
                .isEmpty();
        assertThat(router.lab.drops(Drop.NOT_PUBLISHED)).isOne();
        assertThat(router.lab.drops(Drop.FRAGMENT_REFUSED)).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"1500", "1492", "576", "68"})
    void n34WhatIsTooLongAndMayBeCutLeavesInFragmentsInOrder(int mtu) throws Exception {
        router.close();
        router = new Router(mtu);
        var passed = router.given("in", List.of(outward("v4", 2, 5000, 1600)));
        assertThat(passed).hasSize(Math.ceilDiv(1608, (mtu - 20) / 8 * 8));
        assertThat(Pieces.together(passed)).endsWith(hash(1600));
        var offsets =
                passed.stream().map(f -> (f[20] & 0x1F) << 8 | f[21] & 255).toList();
        assertThat(offsets).isSorted();
        assertThat(passed).allSatisfy(f -> assertThat(f.length).isLessThanOrEqualTo(14 + mtu));
        assertThat(Pieces.identification(passed.getFirst())).as("its own").isNotZero();
        var cutAgain = router.given(
                "in", Pieces.cut(outward("v4", 2, 5000, 3000), 9, 1480).reversed());
        assertThat(Pieces.together(cutAgain)).endsWith(hash(3000));
    }

    @Test
    void n32WhatMayNotBeCutIsToldToItsSender() {
        router.close();
        router = new Router(1400);
        var marked = outward("v4", 2, 5000, 1400);
        marked[20] = 0x40;
        marked[24] -= 0x40; // the header's checksum, by the same
        assertThat(router.given("in", List.of(marked))).isEmpty();
        var told = router.lab.take("in");
        assertThat(told).hasSize(1);
        assertThat(told.getFirst()[34]).isEqualTo((byte) IcmpHeader.DESTINATION_UNREACHABLE);
        assertThat(told.getFirst()[35]).isEqualTo((byte) IcmpHeader.FRAGMENTATION_NEEDED);
        assertThat(router.given("in", List.of(outward("v6", 2, 5000, 1400)))).isEmpty();
        assertThat(router.lab.take("in"))
                .hasSize(1)
                .allSatisfy(f -> assertThat(f[54]).isEqualTo((byte) 2));
        assertThat(router.lab.drops(Drop.EXCEEDS_MTU)).isEqualTo(2);
    }
}
