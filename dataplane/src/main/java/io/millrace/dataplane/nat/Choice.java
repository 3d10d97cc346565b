package io.millrace.dataplane.nat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the next backend is chosen. One thread; choosing allocates nothing. */
public abstract sealed class Choice permits RoundRobin, WeightedRoundRobin, Maglev {
    /**
     * The backend of a new connection, one whose {@link Backend#share} is not 0. Only called while there is one.
     *
     * @param hash of the connection, 64 good bits; means nothing to those that take turns
     * @return null: the backends there are have come since the choice was made
     */
    abstract @Nullable Backend next(long hash);

    /** Backends have come or gone, or weigh more or less than before. */
    abstract void changed(List<Backend> backends);
}
