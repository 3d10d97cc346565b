package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QuotaTest {
    @Test
    void whoHasAsManyAsItMayHasNoMoreUntilItGivesOneBack() {
        var quota = new Quota(2, 100, 7);
        assertThat(quota.isFull(0, 1)).isFalse();
        quota.take(0, 1);
        quota.take(0, 1);
        assertThat(quota.isFull(0, 1)).isTrue();
        assertThat(quota.isFull(0, 2)).isFalse();
        assertThat(quota.isFull(1, 1)).isFalse();
        quota.give(0, 1);
        assertThat(quota.isFull(0, 1)).isFalse();
    }

    @Test
    void itCountsAsAMapDoesHoweverFullItIs() {
        var random = new Random(1);
        for (int addresses : new int[] {3, 40, 64}) {
            var quota = new Quota(1000, 64, random.nextLong());
            var model = new HashMap<Long, Integer>();
            for (int step = 0; step < 20_000; step++) {
                long address = random.nextInt(addresses) * 0x1_0001L;
                int has = model.getOrDefault(address, 0);
                if (has > 0 && random.nextBoolean()) {
                    quota.give(address >> 3, address);
                    model.put(address, has - 1);
                } else {
                    quota.take(address >> 3, address);
                    model.put(address, has + 1);
                }
                long any = random.nextInt(addresses) * 0x1_0001L;
                assertThat(quota.of(any >> 3, any)).isEqualTo(model.getOrDefault(any, 0));
            }
        }
    }
}
