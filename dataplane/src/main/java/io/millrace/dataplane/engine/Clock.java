package io.millrace.dataplane.engine;

/** The time of a worker: ns since some beginning of its own, never going back. Read once a turn. */
@FunctionalInterface
public interface Clock {
    long nanos();

    /** The machine's monotonic clock, from now on. */
    static Clock monotonic() {
        long start = System.nanoTime();
        return () -> System.nanoTime() - start;
    }
}
