package io.millrace.dataplane.l2;

import java.util.ArrayList;
import java.util.List;

/** The latest alarms of a network, the same one at most once a second. One thread raises them, any may read. */
public final class Alarms {
    /** As many are kept. */
    public static final int MOST = 64;

    private static final long QUIET = 1_000_000_000;

    private volatile List<Alarm> latest = List.of();

    /** The oldest first. */
    public List<Alarm> latest() {
        return latest;
    }

    /** Notes an alarm, unless it repeats one of the last second. */
    @SuppressWarnings("NonAtomicOperationOnVolatileField") // one thread writes
    void raise(Alarm alarm) {
        var before = latest;
        for (var other : before) {
            if (alarm.repeats(other) && alarm.at() - other.at() < QUIET) {
                return;
            }
        }
        var after = new ArrayList<>(before.size() < MOST ? before : before.subList(1, MOST));
        after.add(alarm);
        latest = List.copyOf(after);
    }
}
