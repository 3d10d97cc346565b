package io.millrace.dataplane.nat;

import org.agrona.concurrent.UnsafeBuffer;

/** The two tuples of a session as they lie in its record, see {@link Sessions}. One thread. */
final class SessionTuples {
    private static final int BETWEEN = Sessions.REPLY_TUPLE - Sessions.TUPLE;
    private static final int BETWEEN_WIDE = 32;

    private final UnsafeBuffer records;

    SessionTuples(UnsafeBuffer records) {
        this.records = records;
    }

    /** Whether packets of this token's session and direction have that tuple. */
    boolean is(int token, Tuple tuple) {
        int at = Sessions.at(token >>> 1);
        int line = at + Sessions.TUPLE + (token & 1) * BETWEEN;
        boolean v6 = tuple.isV6();
        return records.getInt(line) == narrow(tuple.sourceHigh, tuple.sourceLow, v6)
                && records.getInt(line + 4) == narrow(tuple.destinationHigh, tuple.destinationLow, v6)
                && records.getInt(line + 8) == (tuple.sourcePort << 16 | tuple.destinationPort)
                && records.getByte(at + Sessions.PROTOCOL) == (byte) tuple.protocol
                && records.getByte(at + Sessions.FAMILY) == (v6 ? Sessions.V6 : Sessions.V4)
                && (!v6 || isWide(at + Sessions.WIDE + (token & 1) * BETWEEN_WIDE, tuple));
    }

    private boolean isWide(int wide, Tuple tuple) {
        return records.getLong(wide) == tuple.sourceHigh
                && records.getLong(wide + 8) == tuple.sourceLow
                && records.getLong(wide + 16) == tuple.destinationHigh
                && records.getLong(wide + 24) == tuple.destinationLow;
    }

    private static int narrow(long high, long low, boolean v6) {
        return v6 ? Long.hashCode(high * 31 + low) : (int) low;
    }

    Tuple read(int token, Tuple into) {
        int at = Sessions.at(token >>> 1);
        int line = at + Sessions.TUPLE + (token & 1) * BETWEEN;
        int ports = records.getInt(line + 8);
        into.set(
                records.getInt(line),
                records.getInt(line + 4),
                records.getByte(at + Sessions.PROTOCOL) & 0xFF,
                ports >>> 16,
                ports & 0xFFFF);
        if (records.getByte(at + Sessions.FAMILY) == Sessions.V6) {
            int wide = at + Sessions.WIDE + (token & 1) * BETWEEN_WIDE;
            into.source(records.getLong(wide), records.getLong(wide + 8), into.sourcePort);
            into.destination(records.getLong(wide + 16), records.getLong(wide + 24), into.destinationPort);
        }
        return into;
    }

    /** Writes a tuple; protocol and family are the session's, and written apart. */
    void write(int token, Tuple tuple) {
        int at = Sessions.at(token >>> 1);
        int line = at + Sessions.TUPLE + (token & 1) * BETWEEN;
        boolean v6 = tuple.isV6();
        records.putInt(line, narrow(tuple.sourceHigh, tuple.sourceLow, v6));
        records.putInt(line + 4, narrow(tuple.destinationHigh, tuple.destinationLow, v6));
        records.putInt(line + 8, tuple.sourcePort << 16 | tuple.destinationPort);
        if (v6) {
            int wide = at + Sessions.WIDE + (token & 1) * BETWEEN_WIDE;
            records.putLong(wide, tuple.sourceHigh);
            records.putLong(wide + 8, tuple.sourceLow);
            records.putLong(wide + 16, tuple.destinationHigh);
            records.putLong(wide + 24, tuple.destinationLow);
        }
    }
}
