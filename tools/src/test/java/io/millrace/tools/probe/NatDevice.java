package io.millrace.tools.probe;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Whatever translates addresses between the two segments: has {@code inside} with 10.1.0.1/16 and {@code outside} with
 * 192.0.2.1/24, knows all its neighbours without asking, and publishes 10.1.0.2:80 as 8080, TCP and UDP.
 */
interface NatDevice extends AutoCloseable {
    /** What made it ready is said by packets going through; this only starts it, in a namespace that has both interfaces. */
    void start(Lab.Host host, Path directory) throws IOException;

    /** What it says of itself when something is wrong. */
    String said();

    /** Packets dropped until now, by "node REASON"; null: it does not count them by name. */
    Map<String, Long> drops() throws IOException;

    @Override
    void close();
}
