package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Port;
import java.util.function.LongConsumer;

/**
 * One end of a cable that exists only in memory: what one end transmits, the other receives, in order and uncopied. For
 * tests, simulations and benchmarks, and to join two switches of one worker. Both ends share the worker's pool and
 * thread.
 */
public final class MemoryPort implements Port {
    private final String name;
    private final FrameQueue incoming;
    private final FrameQueue outgoing;

    private MemoryPort(String name, FrameQueue incoming, FrameQueue outgoing) {
        this.name = name;
        this.incoming = incoming;
        this.outgoing = outgoing;
    }

    /** Both ends of a cable. */
    public record Cable(MemoryPort near, MemoryPort far) {}

    /**
     * Lays a cable.
     *
     * @param capacity frames that each direction holds; more are not taken
     */
    public static Cable cable(String near, String far, int capacity) {
        var there = new FrameQueue(capacity);
        var back = new FrameQueue(capacity);
        return new Cable(new MemoryPort(near, back, there), new MemoryPort(far, there, back));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Link into, FramePool pool, int atMost) {
        return incoming.giveTo(into, atMost);
    }

    @Override
    public int transmit(Link from, FramePool pool) {
        return outgoing.takeFrom(from);
    }

    /** Frames that wait to be received at this end. */
    @Override
    public int held() {
        return incoming.size();
    }

    /** Sends one frame from this end by hand; false when the cable is full, the frame is then still the caller's. */
    public boolean put(long frame) {
        if (outgoing.isFull()) {
            return false;
        }
        outgoing.add(frame);
        return true;
    }

    /** Sends a copy of these bytes from this end by hand; false when the cable or the pool cannot take it. */
    public boolean put(byte[] bytes, FramePool pool) {
        long frame = outgoing.isFull() ? Frame.NONE : pool.allocate(bytes.length);
        if (frame == Frame.NONE) {
            return false;
        }
        pool.buffer().putBytes(Frame.head(frame), bytes);
        return put(frame);
    }

    /** Takes all that has arrived at this end by hand, in order; each frame is then the consumer's. */
    public void takeAll(LongConsumer consumer) {
        while (incoming.size() > 0) {
            consumer.accept(incoming.take());
        }
    }
}
