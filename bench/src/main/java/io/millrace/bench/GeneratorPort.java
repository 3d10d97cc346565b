package io.millrace.bench;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import java.nio.ByteOrder;

/** Makes 64-byte frames out of nothing, as fast as they are asked for; frees what it is sent. */
final class GeneratorPort implements Port {
    private static final int LENGTH = 64;

    private final String name;
    private final long destination;
    private final int stations;
    private int next;

    /** @param stations source addresses in turn; 0: never sends */
    GeneratorPort(String name, long destination, int stations) {
        this.name = name;
        this.destination = destination;
        this.stations = stations;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        if (stations == 0) {
            return 0;
        }
        for (int i = 0; i < atMost; i++) {
            long frame = pool.allocate(LENGTH);
            int head = Frame.head(frame);
            long source = Rig.mac(next);
            next = next + 1 == stations ? 0 : next + 1;
            pool.buffer().putLong(head, destination << 16 | source >>> 32, ByteOrder.BIG_ENDIAN);
            pool.buffer().putLong(head + 8, source << 32 | 0x0800_0000L, ByteOrder.BIG_ENDIAN);
            into.offer(frame);
        }
        return atMost;
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return from.freeAll(pool);
    }
}
