package io.millrace.bench.peers;

import java.util.List;

/**
 * A device that forwards.
 *
 * @param processes what its own processor time is counted of; none where it is the kernel
 * @param stop ends it and removes what it made
 */
record Running(List<Process> processes, Runnable stop) implements AutoCloseable {
    @Override
    public void close() {
        stop.run();
    }
}
