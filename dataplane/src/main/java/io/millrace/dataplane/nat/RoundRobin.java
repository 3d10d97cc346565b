package io.millrace.dataplane.nat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Each backend in turn, in the order of the list, those without a share left out: {@code ip_vs_rr_schedule} of
 * net/netfilter/ipvs/ip_vs_rr.c. Goes on behind the one that had its turn when backends come and go.
 */
final class RoundRobin extends Choice {
    private static final int HEAD = -1;

    private Backend[] backends = {};
    private int last = HEAD;

    @Override
    @Nullable
    Backend next(long hash) {
        for (int tries = backends.length; tries > 0; tries--) {
            last = last + 1 == backends.length ? 0 : last + 1;
            if (backends[last].takesConnections()) {
                return backends[last];
            }
        }
        return null;
    }

    @Override
    void changed(List<Backend> now) {
        while (last != HEAD && backends[last].isRemoved()) {
            last--;
        }
        last = last == HEAD ? HEAD : now.indexOf(backends[last]);
        backends = now.toArray(Backend[]::new);
    }
}
