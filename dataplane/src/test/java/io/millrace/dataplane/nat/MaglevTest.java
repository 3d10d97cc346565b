package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The properties that Eisenbud et al. promise: even shares, little disruption, the same table everywhere. */
class MaglevTest {
    private static final int FLOWS = 200_000;

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10, 100})
    void lb2RemovingOneOfNMovesItsFlowsAndHardlyAnyOfTheOthers(int n) {
        var backends = backends(n);
        var gone = backends.get(n / 2);
        var before = table(backends);
        var rest = new ArrayList<>(backends);
        rest.remove(gone);
        var after = table(rest);
        var random = new Random(5);
        int moved = 0;
        for (int i = 0; i < FLOWS; i++) {
            long hash = random.nextLong();
            moved += before.next(hash) == after.next(hash) ? 0 : 1;
        }
        assertThat(moved / (double) FLOWS).isLessThanOrEqualTo(1.0 / n + 0.01);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100})
    void untilTheNewTableIsThereOnlyTheFlowsOfTheRemovedOneMove(int n) {
        var backends = backends(n);
        var table = table(backends);
        var gone = backends.getFirst();
        var random = new Random(6);
        long[] hashes = random.longs(10_000).toArray();
        var before = new ArrayList<Backend>();
        for (long hash : hashes) {
            before.add(table.next(hash));
        }
        gone.remove();
        for (int i = 0; i < hashes.length; i++) {
            if (before.get(i) == gone) {
                assertThat(table.next(hashes[i])).isNotNull().isNotSameAs(gone);
            } else {
                assertThat(table.next(hashes[i])).isSameAs(before.get(i));
            }
        }
    }

    /** Between the backend with the fewest entries and the one with the most; section 5.3 of the paper. */
    @ParameterizedTest
    @CsvSource({"2, 65537", "100, 65537", "600, 65537", "3, 251", "10, 1021"})
    void entriesAreSharedOutEvenly(int n, int size) {
        var backends = backends(n);
        var table = new Maglev(backends.toArray(Backend[]::new), ones(n), size);
        int[] entries = new int[n];
        for (int i = 0; i < size; i++) {
            var owner = table.next(Long.divideUnsigned(-1, size) * i + Long.divideUnsigned(-1, 2L * size));
            assertThat(owner).isNotNull();
            entries[owner.id()]++;
        }
        assertThat(Arrays.stream(entries)).allMatch(count -> count == size / n || count == size / n + 1);
    }

    @Test
    void theTableDependsOnWhoTheBackendsAreNotOnTheOrderTheyCameIn() {
        var backends = backends(20);
        var shuffled = new ArrayList<>(backends);
        Collections.shuffle(shuffled, new Random(1));
        var one = table(backends);
        var other = table(shuffled);
        var random = new Random(2);
        for (int i = 0; i < 10_000; i++) {
            long hash = random.nextLong();
            assertThat(one.next(hash)).isSameAs(other.next(hash));
        }
    }

    private static Maglev table(List<Backend> backends) {
        return new Maglev(backends.toArray(Backend[]::new), ones(backends.size()), Service.TABLE_SIZE);
    }

    private static int[] ones(int n) {
        int[] ones = new int[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static List<Backend> backends(int n) {
        var backends = new ArrayList<Backend>();
        for (int i = 0; i < n; i++) {
            backends.add(new Backend(i, 0, Ipv6Address.mapped(0x0A01_0002 + i), 80, 1));
        }
        return backends;
    }
}
