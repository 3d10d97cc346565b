package io.millrace.dataplane.nat;

import java.util.Arrays;
import java.util.function.IntConsumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What another process left of {@link Sessions}: which records are to be believed, and the table made of them anew. Before
 * the first frame.
 */
final class KeptSessions {
    /** How far in the future a record's time may lie after the machine was started anew, in ticks: 10 s. */
    private static final int FUTURE = (int) (10_000_000_000L >>> Sessions.TICK_SHIFT);

    private final Sessions sessions;
    private final UnsafeBuffer records;
    private final Tuple tuple = new Tuple();

    /** Whether a session that another process left goes on. */
    interface Judge {
        boolean goesOn(int record);
    }

    KeptSessions(Sessions sessions) {
        this.sessions = sessions;
        this.records = sessions.memory();
    }

    /** The seal of a record: of its tuples, and of what follows from how they were made. */
    static long seal(UnsafeBuffer records, int record, long salt) {
        int at = Sessions.at(record);
        int original = at + Sessions.TUPLE;
        int reply = at + Sessions.REPLY_TUPLE;
        long protocol = records.getShort(at + Sessions.PROTOCOL);
        long ports = protocol << 32 | (records.getInt(original + 8) & 0xFFFF_FFFFL);
        long seal = Seal.of(records.getLong(original), ports, Seal.salt(salt, record));
        seal = Seal.of(records.getLong(reply), records.getInt(reply + 8), seal);
        seal = Seal.of(records, at + Sessions.ADDRESS_DIFFERENCE, Sessions.TCP - Sessions.ADDRESS_DIFFERENCE, seal);
        return records.getByte(at + Sessions.FAMILY) == Sessions.V6
                ? Seal.of(records, at + Sessions.WIDE, Sessions.RECORD - Sessions.WIDE, seal)
                : seal;
    }

    /**
     * Takes up every record that is whole, whose time is not over, and that the judge lets pass, whatever moment the other
     * process ended at; all others are free. The way to the next hop is found again by the next packet.
     *
     * @param renewal puts right what of a whole record is not sealed: how long it lives
     * @return how many were there and do not go on
     */
    int recover(IntConsumer renewal, Judge judge, int now) {
        int lost = 0;
        for (int record = 0; record < sessions.most(); record++) {
            if (sessions.isFree(record)) {
                continue;
            }
            if (isTrue(record, renewal, now) && judge.goesOn(record)) {
                sessions.enlist(record);
            } else {
                Seal.open(records, Sessions.at(record));
                lost++;
            }
        }
        queue(now);
        return lost;
    }

    private boolean isTrue(int record, IntConsumer renewal, int now) {
        if (!sessions.isWhole(record)) {
            return false;
        }
        renewal.accept(record);
        int at = Sessions.at(record);
        int age = now - records.getInt(at + Sessions.HEARD);
        if (age < 0 && age > -FUTURE) {
            records.putInt(at + Sessions.HEARD, now); // the clock was last noted before this packet
            age = 0;
        }
        return age >= 0
                && age <= records.getInt(at + Sessions.LIFE)
                && isNew(record << 1, now)
                && isNew(record << 1 | 1, now);
    }

    private boolean isNew(int token, int now) {
        sessions.read(token, tuple);
        return sessions.find(tuple, sessions.hash(tuple), now) == Sessions.NONE;
    }

    /** Those that were never answered, in the order in which they were last heard of. */
    private void queue(int now) {
        long[] waiting = new long[sessions.size()];
        int count = 0;
        for (int record = 0; record < sessions.most() && count < waiting.length; record++) {
            if (!sessions.isFree(record) && !sessions.isAnswered(record)) {
                int heard = records.getInt(Sessions.at(record) + Sessions.HEARD) - now;
                waiting[count++] = (long) heard << 32 | record;
            }
        }
        Arrays.sort(waiting, 0, count);
        for (int i = 0; i < count; i++) {
            sessions.append((int) waiting[i]);
        }
    }
}
