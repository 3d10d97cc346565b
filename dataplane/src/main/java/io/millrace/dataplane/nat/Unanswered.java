package io.millrace.dataplane.nat;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * The sessions that were never answered, the oldest first: a list through their records. When the table is full it is they
 * who go. One thread.
 */
final class Unanswered {
    private final UnsafeBuffer records;
    private int oldest = Sessions.NONE;
    private int newest = Sessions.NONE;

    Unanswered(UnsafeBuffer records) {
        this.records = records;
    }

    /** Who goes first, or {@link Sessions#NONE}: all were answered. */
    int oldest() {
        return oldest;
    }

    void append(int record) {
        int at = Sessions.at(record);
        records.putInt(at + Sessions.PREVIOUS, newest);
        records.putInt(at + Sessions.NEXT, Sessions.NONE);
        if (newest == Sessions.NONE) {
            oldest = record;
        } else {
            records.putInt(Sessions.at(newest) + Sessions.NEXT, record);
        }
        newest = record;
    }

    void remove(int record) {
        int at = Sessions.at(record);
        int previous = records.getInt(at + Sessions.PREVIOUS);
        int next = records.getInt(at + Sessions.NEXT);
        if (previous == Sessions.NONE) {
            oldest = next;
        } else {
            records.putInt(Sessions.at(previous) + Sessions.NEXT, next);
        }
        if (next == Sessions.NONE) {
            newest = previous;
        } else {
            records.putInt(Sessions.at(next) + Sessions.PREVIOUS, previous);
        }
    }
}
