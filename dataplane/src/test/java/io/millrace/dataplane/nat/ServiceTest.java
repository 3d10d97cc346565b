package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets the next connection. */
class ServiceTest {
    private static final int TCP = 6;
    private static final Front FRONT = new Front(0, Ipv6Address.mapped(0xC000_0201), TCP, 80, 80, true);

    @Test
    void roundRobinGivesEachItsTurnInTheOrderOfTheList() {
        assertThat(sequence(service(Balance.ROUND_ROBIN, 1, 1, 1), 7)).isEqualTo("ABCABCA");
    }

    @Test
    void roundRobinDoesNotCareForWeightsExceptZero() {
        assertThat(sequence(service(Balance.ROUND_ROBIN, 5, 0, 1), 4)).isEqualTo("ACAC");
    }

    @Test
    void roundRobinGoesOnWhereItWasWhenBackendsComeAndGo() {
        var service = service(Balance.ROUND_ROBIN, 1, 1, 1, 1);
        assertThat(sequence(service, 2)).isEqualTo("AB");
        service.remove(id('A'));
        assertThat(sequence(service, 1)).isEqualTo("C");
        service.remove(id('D'));
        service.add(backend('E', 1));
        assertThat(sequence(service, 4)).isEqualTo("EBCE");
    }

    /** The example of the LVS documentation's page on weighted round robin scheduling. */
    @Test
    void weights4And3And2GiveTheSequenceOfTheLvsDocumentation() {
        assertThat(sequence(service(Balance.WEIGHTED, 4, 3, 2), 18)).isEqualTo("AABABCABCAABABCABC");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void weightedRoundRobinChoosesAsTheKernelsAlgorithm(long seed) {
        var random = new Random(seed);
        int[] weights = random.ints(1 + random.nextInt(25), 0, 12)
                .map(w -> seed % 2 == 0 ? w * 100 : w)
                .toArray();
        weights[0] = 300;
        var kernel = new KernelWrr(weights);
        var service = service(Balance.WEIGHTED, weights);
        for (int i = 0; i < 2_000; i++) {
            var chosen = service.choose(0);
            assertThat(chosen).isNotNull();
            assertThat(chosen.id()).as("choice %d", i).isEqualTo(kernel.next());
        }
    }

    /** The pseudocode of the LVS documentation, word for word. */
    private static final class KernelWrr {
        private final int[] weights;
        private int i = -1;
        private int cw;

        KernelWrr(int[] weights) {
            this.weights = weights;
        }

        int next() {
            while (true) {
                i = (i + 1) % weights.length;
                if (i == 0) {
                    cw = cw - gcd();
                    if (cw <= 0) {
                        cw = max();
                    }
                }
                if (weights[i] >= cw) {
                    return i;
                }
            }
        }

        private int max() {
            int max = 0;
            for (int weight : weights) {
                max = Math.max(max, weight);
            }
            return max;
        }

        private int gcd() {
            int gcd = max();
            while (!divides(gcd)) {
                gcd--;
            }
            return gcd;
        }

        private boolean divides(int number) {
            for (int weight : weights) {
                if (weight % number != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Balance.class,
            names = {"WEIGHTED", "MAGLEV"})
    void lb3NewFlowsAreWithinFivePercentOfTheWeightsOver100_000Flows(Balance balance) {
        int[] weights = {10, 20, 30, 40, 100};
        var service = service(balance, weights);
        var random = new Random(3);
        for (int i = 0; i < 100_000; i++) {
            service.choose(random.nextLong());
        }
        for (var backend : service.backends()) {
            double expected = 100_000.0 * backend.weight() / 200;
            assertThat((double) backend.connections())
                    .as("backend that weighs %d", backend.weight())
                    .isBetween(0.95 * expected, 1.05 * expected);
        }
        assertThat(service.connections()).isEqualTo(100_000);
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void lb4ABackendThatIsRemovedGetsNoNewFlowAndTheOthersGetThemAll(Balance balance) {
        var service = service(balance, 1, 1, 1);
        sequence(service, 100);
        var removed = service.remove(id('B'));
        assertThat(removed).isNotNull();
        assertThat(removed.isRemoved()).isTrue();
        assertThat(service.backend(id('B'))).isNull();
        assertThat(sequence(service, 1_000)).contains("A", "C").doesNotContain("B");
        assertThat(service.remove(id('B'))).as("it is gone already").isNull();
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void aBackendThatDrainsGetsNothingNewUntilItNoLongerDrains(Balance balance) {
        var service = service(balance, 1, 1, 1);
        service.drain(id('A'), true);
        assertThat(sequence(service, 1_000)).contains("B", "C").doesNotContain("A");
        service.drain(id('A'), false);
        assertThat(sequence(service, 1_000)).contains("A", "B", "C");
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void whenNobodyTakesConnectionsTheyAreRefusedAndCounted(Balance balance) {
        var service = service(balance, 1, 1);
        service.drain(id('A'), true);
        service.remove(id('B'));
        assertThat(service.choose(1)).isNull();
        assertThat(service.choose(2)).isNull();
        assertThat(service.refused()).isEqualTo(2);
        service.weigh(id('A'), 0);
        service.drain(id('A'), false);
        assertThat(service.choose(3)).isNull();
        assertThat(new Service("none", FRONT, balance, List.of()).choose(4)).isNull();
    }

    @ParameterizedTest
    @EnumSource(
            value = Balance.class,
            names = {"ROUND_ROBIN", "WEIGHTED"})
    void aBackendThatIsAddedGetsItsTurnAtOnce(Balance balance) {
        var service = service(balance, 1, 1);
        service.add(backend('C', 1));
        assertThat(sequence(service, 3)).contains("C");
    }

    @ParameterizedTest
    @EnumSource(
            value = Balance.class,
            names = {"MAGLEV", "SOURCE"})
    void aBackendThatIsAddedGetsItsShareWhenTheNewTableIsInstalled(Balance balance) throws InterruptedException {
        var service = service(balance, 1, 1);
        service.add(backend('C', 2));
        assertThat(sequence(service, 100)).doesNotContain("C");
        var made = new ArrayList<Choice>();
        var elsewhere = Thread.ofPlatform().start(() -> made.add(service.plan().get()));
        elsewhere.join();
        service.install(made.getFirst());
        assertThat(sequence(service, 10_000).chars().filter(c -> c == 'C').count())
                .isBetween(4_700L, 5_300L);
    }

    @Test
    void aClientComesToTheSameBackendFromAllItsPortsWhenTheSourceDecides() {
        var service = service(Balance.SOURCE, 1, 1, 1, 1, 1, 1, 1);
        var used = new ArrayList<Integer>();
        for (int client = 0; client < 100; client++) {
            var first = service.choose(tuple(client, 1024));
            assertThat(first).isNotNull();
            for (int port = 1025; port < 1100; port++) {
                assertThat(service.choose(tuple(client, port))).isSameAs(first);
            }
            used.add(first.id());
        }
        assertThat(used).contains(0, 1, 2, 3, 4, 5, 6);
    }

    /** Chi-square over 7 backends with 10^5 flows of consecutive addresses and ports; 22.5 is the 0.1 % point. */
    @Test
    void maglevSpreadsTheConsecutivePortsOfNeighboringClientsEvenly() {
        var service = service(Balance.MAGLEV, 1, 1, 1, 1, 1, 1, 1);
        for (int i = 0; i < 100_000; i++) {
            service.choose(tuple(i / 1_000, 32_768 + i % 1_000));
        }
        double chiSquare = 0;
        double expected = 100_000 / 7.0;
        for (var backend : service.backends()) {
            chiSquare += Math.pow(backend.connections() - expected, 2) / expected;
        }
        assertThat(chiSquare).isLessThan(22.5);
    }

    @Test
    void aTableIsOfAPrimeNumberOfEntriesAndEveryIdIsUsedOnce() {
        assertThatThrownBy(() -> new Service("web", FRONT, Balance.MAGLEV, List.of(), 65_536))
                .hasMessageContaining("65536");
        var service = service(Balance.ROUND_ROBIN, 1);
        assertThatThrownBy(() -> service.add(backend('A', 1))).hasMessageContaining("backend 0 already");
        assertThatThrownBy(() -> backend('B', 65_536)).hasMessageContaining("weight 65536");
    }

    private static Tuple tuple(int client, int port) {
        return new Tuple().set(0x0A09_0000 + client, 0xC000_0201, TCP, port, 80);
    }

    /** The next backends by their letters. */
    private static String sequence(Service service, int length) {
        var letters = new StringBuilder();
        var random = new Random(1);
        for (int i = 0; i < length; i++) {
            var backend = service.choose(random.nextLong());
            letters.append(backend == null ? '-' : (char) ('A' + backend.id()));
        }
        return letters.toString();
    }

    private static int id(char letter) {
        return letter - 'A';
    }

    private static Backend backend(char letter, int weight) {
        return new Backend(id(letter), 0, Ipv6Address.mapped(0x0A01_0002 + id(letter)), 80, weight);
    }

    private static Service service(Balance balance, int... weights) {
        var backends = new ArrayList<Backend>();
        for (int weight : weights) {
            backends.add(backend((char) ('A' + backends.size()), weight));
        }
        return new Service("web", FRONT, balance, backends);
    }
}
