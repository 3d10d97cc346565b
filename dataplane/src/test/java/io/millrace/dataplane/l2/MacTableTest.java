package io.millrace.dataplane.l2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/** The table and its shares against a map, with tables so small that every chain of entries wraps around. */
class MacTableTest {
    private static final long MINUTE = 60_000_000_000L;

    private record Known(int port, boolean byHand) {}

    /** A share of the table beside the map it must agree with. Nothing ages here: the model of the bridge does that. */
    private static final class Share {
        final FilteringDatabase stations;
        final Map<Long, Known> model = new HashMap<>();
        final int limit;

        Share(MacTable table, int limit) {
            this.stations = new FilteringDatabase(table, MINUTE, limit);
            this.limit = limit;
        }

        int home(long mac) {
            long[] home = new long[1];
            stations.homes(new long[] {stations.key(mac)}, home, 1);
            return (int) home[0];
        }

        int lookup(long mac, int tick) {
            return stations.lookup(stations.key(mac), home(mac), tick);
        }

        int learn(long mac, int port, int portLimit, int tick) {
            return stations.learn(stations.key(mac), home(mac), port, portLimit, tick);
        }

        long behind(int port) {
            return model.values().stream().filter(known -> known.port == port).count();
        }
    }

    @Test
    void anySequenceOfChangesLeavesWhatAMapWouldHold() {
        for (long seed = 1; seed <= 400; seed++) {
            var random = new SplittableRandom(seed);
            int limit = 1 + random.nextInt(64);
            var table = new MacTable(limit, random.nextLong());
            var shares = new ArrayList<Share>();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                shares.add(new Share(table, 1 + random.nextInt(limit)));
            }
            long[] macs = addresses(random, shares.getFirst());
            for (int step = 0; step < 600; step++) {
                var share = shares.get(random.nextInt(shares.size()));
                change(random, table, limit, shares, share, macs[random.nextInt(macs.length)], seed);
                if (step % 16 == 0) {
                    agree(table, shares, macs, seed);
                }
            }
            agree(table, shares, macs, seed);
            table.sweep(0, 3000);
            assertThat(table.size()).as("swept, seed %d", seed).isEqualTo(known(shares));
            agree(table, shares, macs, seed);
        }
    }

    private static void change(
            SplittableRandom random, MacTable table, int limit, List<Share> shares, Share share, long mac, long seed) {
        int port = random.nextInt(4);
        boolean full = known(shares) >= limit || share.model.size() >= share.limit;
        var known = share.model.get(mac);
        switch (random.nextInt(16)) {
            case 0 -> {
                boolean entered = share.stations.enter(mac, port, 0);
                assertThat(entered).as("seed %d", seed).isEqualTo(known != null || !full);
                if (entered) {
                    share.model.put(mac, new Known(port, true));
                }
            }
            case 1 -> {
                if (random.nextInt(10) == 0) {
                    share.stations.forgetPort(port);
                    share.model.values().removeIf(k -> k.port == port && !k.byHand);
                }
            }
            case 2, 3, 4, 5 -> {
                share.stations.forget(mac);
                share.model.remove(mac);
            }
            case 6 -> table.sweep(0, random.nextInt(300));
            default -> learn(random, share, mac, port, full, known, seed);
        }
        assertThat(shares.stream().mapToInt(s -> s.stations.size()).sum())
                .as("seed %d", seed)
                .isEqualTo(known(shares))
                .isLessThanOrEqualTo(table.size());
        assertThat(table.size()).as("seed %d", seed).isLessThanOrEqualTo(limit);
    }

    private static int known(List<Share> shares) {
        return shares.stream().mapToInt(s -> s.model.size()).sum();
    }

    private static void learn(
            SplittableRandom random,
            Share share,
            long mac,
            int port,
            boolean full,
            @org.jspecify.annotations.Nullable Known known,
            long seed) {
        int portLimit = random.nextInt(4) == 0 ? random.nextInt(6) : 1000;
        int expected;
        if (known != null && known.byHand) {
            expected = FilteringDatabase.STATIC;
        } else if (known != null && known.port == port) {
            expected = FilteringDatabase.REFRESHED;
        } else if (share.behind(port) >= portLimit) {
            expected = FilteringDatabase.PORT_FULL;
        } else if (known == null && full) {
            expected = FilteringDatabase.FULL;
        } else {
            expected = known == null ? FilteringDatabase.NEW : FilteringDatabase.MOVED;
            share.model.put(mac, new Known(port, false));
        }
        assertThat(share.learn(mac, port, portLimit, random.nextInt(100)))
                .as("seed %d", seed)
                .isEqualTo(expected);
    }

    private static void agree(MacTable table, List<Share> shares, long[] macs, long seed) {
        for (var share : shares) {
            assertThat(share.stations.size()).as("seed %d", seed).isEqualTo(share.model.size());
            for (long mac : macs) {
                var known = share.model.get(mac);
                assertThat(share.lookup(mac, 100))
                        .as("port of %012x, seed %d", mac, seed)
                        .isEqualTo(known == null ? FilteringDatabase.UNKNOWN : known.port);
            }
            var shown = new HashMap<Long, Known>();
            share.stations.forEach(
                    100, (mac, port, isStatic, moves, ticksAgo) -> shown.put(mac, new Known(port, isStatic)));
            assertThat(shown).as("seed %d", seed).isEqualTo(share.model);
        }
    }

    /** Addresses in a row, apart by powers of two, random; or such as begin near the end of the table and wrap around. */
    private static long[] addresses(SplittableRandom random, Share share) {
        long start = random.nextLong(1L << 40) & ~0x0100_0000_0000L | 1;
        int shift = random.nextInt(36);
        LongUnaryOperator next = switch (random.nextInt(3)) {
            case 0 -> i -> start + i;
            case 1 -> i -> (start + (i << shift)) & 0xFEFF_FFFF_FFFFL | 1L << 47;
            default -> i -> random.nextLong(1L << 40) | 1;
        };
        int last = 0;
        for (int i = 0; i < 1000; i++) {
            last = Math.max(last, share.home(start + i));
        }
        boolean atTheEnd = random.nextBoolean();
        int edge = last - 8;
        return java.util.stream.LongStream.range(0, 100_000)
                .map(atTheEnd ? i -> start + i : next)
                .filter(mac -> !atTheEnd || share.home(mac) >= edge || share.home(mac) <= 4)
                .distinct()
                .limit(1 + random.nextInt(90))
                .toArray();
    }

    @Test
    void sweepingFreesExactlyWhatHasAged() {
        for (long seed = 1; seed <= 300; seed++) {
            var random = new SplittableRandom(seed);
            var table = new MacTable(32, random.nextLong());
            var share = new Share(table, 32);
            var heard = new HashMap<Long, Integer>();
            for (int i = 0; i < 32; i++) {
                long mac = 0x0200_0000_0000L + random.nextInt(1000);
                int tick = random.nextInt(1200);
                heard.merge(mac, tick, (a, b) -> b);
                share.learn(mac, 0, 100, tick);
            }
            int now = 1200;
            table.sweep(now, 64 + 32); // each place once, and again what moved up into a freed one
            heard.values().removeIf(tick -> now - tick > 600);
            assertThat(share.stations.size()).as("seed %d", seed).isEqualTo(heard.size());
            heard.keySet().forEach(mac -> assertThat(share.lookup(mac, now)).isZero());
        }
    }

    @Test
    void aSweepOfFewPlacesComesRoundInTheEnd() {
        var table = new MacTable(1000, 1);
        var share = new Share(table, 1000);
        for (int i = 0; i < 1000; i++) {
            share.learn(0x0200_0000_0000L + i, 0, 1000, 0);
        }
        for (int i = 0; i < 3048; i++) {
            table.sweep(700, 1);
        }
        assertThat(table.size()).isZero();
    }

    @Test
    void theLastOfTwoThousandPlacesIsUsed() {
        var table = new MacTable(65_536, 7);
        var share = new Share(table, 65_536);
        for (int i = 0; i < 65_536; i++) {
            assertThat(share.learn(0x0200_0000_0000L + i, 0, 65_536, 0)).isEqualTo(FilteringDatabase.NEW);
        }
        assertThat(share.learn(0x0300_0000L, 0, 70_000, 0)).isEqualTo(FilteringDatabase.FULL);
        assertThat(table.size()).isEqualTo(65_536);
    }

    @Test
    void manyBridgesShareATable() {
        var table = new MacTable(100, 3);
        var first = new Share(table, 100);
        for (int i = 1; i < MacTable.MAX_BRIDGES - 1; i++) {
            table.open(first.stations);
        }
        var last = new Share(table, 100);
        assertThat(last.lookup(0xFFFF_FFFF_FFFFL, 0)).isEqualTo(FilteringDatabase.UNKNOWN);
        last.learn(0x0200_0000_0001L, 1, 9, 0);
        first.learn(0x0200_0000_0001L, 2, 9, 0);
        assertThat(last.lookup(0x0200_0000_0001L, 0)).isEqualTo(1);
        assertThat(first.lookup(0x0200_0000_0001L, 0)).isEqualTo(2);
        assertThatThrownBy(() -> new Share(table, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void impossibleSizesAreRefused() {
        assertThatThrownBy(() -> new MacTable(0, 0)).hasMessageContaining("a MAC table of 0 entries");
        assertThatThrownBy(() -> new MacTable((1 << 24) + 1, 0)).isInstanceOf(IllegalArgumentException.class);
        var table = new MacTable(1, 0);
        assertThatThrownBy(() -> new FilteringDatabase(table, 999_999_999, 1)).hasMessageContaining("999999999 ns");
        assertThatThrownBy(() -> new FilteringDatabase(table, MINUTE, 0)).hasMessageContaining("0 stations");
    }
}
