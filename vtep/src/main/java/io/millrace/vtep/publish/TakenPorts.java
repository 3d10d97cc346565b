package io.millrace.vtep.publish;

import io.millrace.vtep.network.PortRange;
import java.util.TreeMap;

/** Ports as ranges that do not overlap: asking, adding and removing take as long as finding a place in an ordered tree. */
final class TakenPorts {
    static final int NONE = -1;

    /** First to last port. */
    private final TreeMap<Integer, Integer> ranges = new TreeMap<>();

    /** The lowest taken port of {@code range}; {@link #NONE}: all are free. */
    int firstWithin(PortRange range) {
        var below = ranges.floorEntry(range.first());
        if (below != null && below.getValue() >= range.first()) {
            return range.first();
        }
        var above = ranges.higherKey(range.first());
        return above == null || above > range.last() ? NONE : above;
    }

    /** {@code port} if it is free, else the first port behind the range that it is in. */
    int behind(int port) {
        var below = ranges.floorEntry(port);
        return below == null || below.getValue() < port ? port : below.getValue() + 1;
    }

    /** Adds ports of which none is taken. */
    void add(PortRange range) {
        ranges.put(range.first(), range.last());
    }

    /** Removes ports, out of the middle of a range too. */
    void remove(PortRange range) {
        var below = ranges.lowerEntry(range.first());
        if (below != null && below.getValue() >= range.first()) {
            ranges.put(below.getKey(), range.first() - 1);
            if (below.getValue() > range.last()) {
                ranges.put(range.last() + 1, below.getValue());
            }
        }
        var inside = ranges.subMap(range.first(), true, range.last(), true);
        if (!inside.isEmpty()) {
            int last = inside.lastEntry().getValue();
            inside.clear();
            if (last > range.last()) {
                ranges.put(range.last() + 1, last);
            }
        }
    }

    int size() {
        return ranges.size();
    }
}
