package io.millrace.dataplane.nat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table from hash to backend, which is a function of the backends' addresses, ports and weights alone: whoever has the
 * same backends has the same table. When one goes, what was its is shared out, and few of the others' entries change
 * hands: Eisenbud et al., Maglev, NSDI 2016, section 3.4. As in IPVS's {@code mh} a backend that weighs half as much as
 * the heaviest takes an entry in every second round.
 *
 * <p>Made off the path of frames. A backend that has lost its share since is passed over: its entries are the next
 * one's.
 */
final class Maglev extends Choice {
    private static final char NOBODY = 0xFFFF;

    private final Backend[] backends;
    private final char[] table;

    /**
     * Fills a table: a millisecond or two for 65,537 entries. Any thread.
     *
     * @param backends in any order, fewer than 65,535
     * @param shares theirs, each more than 0
     * @param size a prime; a hundred times as many as backends give each its share within a percent
     */
    Maglev(Backend[] backends, int[] shares, int size) {
        var places = new Integer[backends.length];
        Arrays.setAll(places, i -> i);
        Arrays.sort(
                places,
                Comparator.<Integer>comparingLong(i -> backends[i].high())
                        .thenComparingLong(i -> backends[i].low())
                        .thenComparingInt(i -> backends[i].port()));
        this.backends = new Backend[backends.length];
        int[] ordered = new int[backends.length];
        for (int i = 0; i < places.length; i++) {
            this.backends[i] = backends[places[i]];
            ordered[i] = shares[places[i]];
        }
        this.table = new char[size];
        Arrays.fill(table, NOBODY);
        if (backends.length > 0) {
            fill(ordered);
        }
    }

    private void fill(int[] shares) {
        int heaviest = 0;
        for (int share : shares) {
            heaviest = Math.max(heaviest, share);
        }
        int[] at = new int[shares.length];
        int[] skip = new int[shares.length];
        int[] credit = new int[shares.length];
        for (int i = 0; i < at.length; i++) {
            var backend = backends[i];
            long hash = Hash.of(backend.high(), backend.low() ^ (long) backend.port() << Integer.SIZE);
            at[i] = (int) Long.remainderUnsigned(hash, table.length);
            skip[i] = 1 + (int) Long.remainderUnsigned(Hash.of(hash, backend.low()), table.length - 1);
        }
        for (int i = 0, left = table.length; left > 0; i = i + 1 == at.length ? 0 : i + 1) {
            credit[i] += shares[i];
            if (credit[i] >= heaviest) {
                credit[i] -= heaviest;
                while (table[at[i]] != NOBODY) {
                    at[i] = (at[i] + skip[i]) % table.length;
                }
                table[at[i]] = (char) i;
                left--;
            }
        }
    }

    @Override
    @Nullable
    Backend next(long hash) {
        int at = (int) Math.unsignedMultiplyHigh(hash, table.length);
        for (int tries = backends.length == 0 ? 0 : table.length; tries > 0; tries--) {
            var backend = backends[table[at]];
            if (backend.takesConnections()) {
                return backend;
            }
            at = at + 1 == table.length ? 0 : at + 1;
        }
        return null;
    }

    /** Nothing: another table is made elsewhere and takes this one's place. */
    @Override
    void changed(List<Backend> now) {}
}
