package io.millrace.dataplane.graph;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All that is counted, by the name of the node or port it happened at. A table: a new graph over the same counters goes
 * on where the old one stopped.
 */
public final class Counters {
    private final Map<String, DropCounters> drops = new ConcurrentSkipListMap<>();
    private final Map<String, PortCounters> ports = new ConcurrentSkipListMap<>();
    private final AtomicLong copied = new AtomicLong();
    private final AtomicLong originated = new AtomicLong();
    private final AtomicLong consumed = new AtomicLong();

    /** The row of the node of that name, made when there is none. */
    public DropCounters drops(String node) {
        return drops.computeIfAbsent(node, n -> new DropCounters());
    }

    /** The row of the port of that name, made when there is none. */
    public PortCounters port(String port) {
        return ports.computeIfAbsent(port, n -> new PortCounters());
    }

    /** Every node that ever was, with its drops, in order of name. */
    public Map<String, DropCounters> drops() {
        return drops;
    }

    /** Every port that ever was, in order of name. */
    public Map<String, PortCounters> ports() {
        return ports;
    }

    /** Frames made from others: for flooding, or cut from a long one, which itself counts as the first of them. */
    public void copied(long frames) {
        copied.setOpaque(copied.getPlain() + frames);
    }

    /** Frames made by a node out of nothing: answers, errors, probes. */
    public void originated(long frames) {
        originated.setOpaque(originated.getPlain() + frames);
    }

    /** Frames that reached the node they were for. */
    public void consumed(long frames) {
        consumed.setOpaque(consumed.getPlain() + frames);
    }

    /** The balance of all frames; {@code held} is how many wait in named places such as a port's rings. */
    public Account account(long held) {
        long received = 0;
        long transmitted = 0;
        for (var port : ports.values()) {
            received += port.rxFrames();
            transmitted += port.txFrames();
        }
        long dropped = 0;
        for (var node : drops.values()) {
            dropped += node.total();
        }
        return new Account(
                received, originated.getOpaque(), copied.getOpaque(), transmitted, consumed.getOpaque(), dropped, held);
    }

    /**
     * Where all frames are, in frames.
     *
     * @param held frames waiting in named places
     */
    public record Account(
            long received, long originated, long copied, long transmitted, long consumed, long dropped, long held) {
        /** Whether nothing was lost without a reason and nothing appeared from nowhere. */
        public boolean conserved() {
            return received + originated + copied == transmitted + consumed + dropped + held;
        }
    }
}
