package io.millrace.dataplane.nat;

import java.util.function.IntFunction;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * All connections: a record of three cache lines for each, found by the tuple of a packet of either direction.
 *
 * <pre>
 *   0  commit word: 0 when the record is free, else the seal of what never changes: the tuples, and 48 to 63
 *   8  original: source 4, destination 4, ports 4 (source first)     as its first packet came
 *  20  protocol 1, family 1, state 1, flags 1
 *  24  reply: source 4, destination 4, ports 4                       as its answers come
 *  36  next hop onward 2, back 2
 *  40  heard 4, life 4                                               in ticks
 *  48  difference of the addresses 2, of the ports 2                 for checksums, RFC 1624
 *  52  service 4, mapping 4, backend 4
 *  64  TcpTracking
 * 104  list: previous 4, next 4
 * 112  opened 4, in ticks
 * 128  the addresses of IPv6: original source, destination; reply source, destination
 * </pre>
 *
 * <p>Of an IPv6 address there are four bytes in the first line that depend on all of it, so that two lines are enough for
 * most comparisons to fail and for all of IPv4. Direction 0 is the original one, 1 that of the answers; a record number
 * and a direction make a {@linkplain #record token}.
 *
 * <p>Sessions that were never answered form a queue: when the table is full the oldest of those goes. Bounded, nothing is
 * allocated after the start. The worker's thread.
 */
final class Sessions {
    static final int NONE = -1;

    /** The resolution of time, in ns: 2^22, about 4 ms. */
    static final int TICK_SHIFT = 22;

    static final int RECORD = 192;
    static final int COMMIT = 0;
    static final int TUPLE = 8;
    static final int REPLY_TUPLE = 24;
    static final int PROTOCOL = 20;
    static final int FAMILY = 21;
    static final int STATE = 22;
    static final int FLAGS = 23;
    static final int HOPS = 36;
    static final int HEARD = 40;
    static final int LIFE = 44;
    static final int ADDRESS_DIFFERENCE = 48;
    static final int PORT_DIFFERENCE = 50;
    static final int SERVICE = 52;
    static final int MAPPING = 56;
    static final int BACKEND = 60;
    static final int TCP = 64;
    static final int PREVIOUS = 104;
    static final int NEXT = 108;
    static final int OPENED = 112;
    static final int WIDE = 128;

    /** A flag: an answer has come. */
    static final int ANSWERED = 1;

    /** A flag: it counts for the {@link Quota} of who began it. */
    static final int COUNTED = 2;

    static final int V6 = 6;
    static final int V4 = 4;

    private final UnsafeBuffer records;
    private final Index index;
    private final int most;
    private final long seed;
    private final long salt;
    private final Ending ending;
    private final SessionTuples tuples;
    private final Unanswered unanswered;
    private final Tuple scratch = new Tuple();
    private int size;
    private int free = NONE;

    /** Records from here on were never used. */
    private int fresh;

    private int hand;
    private long evicted;
    private long ended;

    /** Is told of sessions that are about to end. */
    interface Ending {
        void ended(int record);
    }

    /**
     * Takes the memory: 192 bytes for each, and 32 to 64 for the index.
     *
     * @param most how many there are at most
     * @param seed any number; keeps others from making collisions
     * @param salt of the seals: the same for as long as the records are
     * @param memory gives so many zero bytes
     * @param records the same; or what another process left, see {@link KeptSessions}
     */
    Sessions(
            int most,
            long seed,
            long salt,
            IntFunction<UnsafeBuffer> memory,
            IntFunction<UnsafeBuffer> records,
            Ending ending) {
        this.most = most;
        this.seed = seed;
        this.salt = salt;
        this.index = new Index(2 * most, memory);
        this.records = records.apply(most * RECORD);
        this.ending = ending;
        this.tuples = new SessionTuples(this.records);
        this.unanswered = new Unanswered(this.records);
    }

    static int tick(long now) {
        return (int) (now >>> TICK_SHIFT);
    }

    static int record(int token) {
        return token >>> 1;
    }

    static int direction(int token) {
        return token & 1;
    }

    /** Where the record is in {@link #memory}. */
    static int at(int record) {
        return record * RECORD;
    }

    UnsafeBuffer memory() {
        return records;
    }

    int size() {
        return size;
    }

    int most() {
        return most;
    }

    /** Records from this number on were never used. */
    int fresh() {
        return fresh;
    }

    /** How many sessions that were never answered had to go before their time. */
    long evicted() {
        return evicted;
    }

    /** How many sessions have ended: a token from before that number changed may be another's by now. */
    long ended() {
        return ended;
    }

    long seed() {
        return seed;
    }

    /** The token that has this hash's tag, and probably the hash; or {@link #NONE}. */
    int guess(long hash) {
        return index.first(Index.tag(hash));
    }

    long hash(Tuple tuple) {
        return tuple.hash(seed);
    }

    /** Of anything else that is kept for sessions. */
    long hash(int number, long high, long low) {
        long a = low ^ high * 0x9FB2_1C65_1E98_DF25L ^ seed;
        long b = number + 0x9E37_79B9_7F4A_7C15L ^ seed >>> 7;
        return a * b ^ Math.multiplyHigh(a, b) ^ (a + b) * 0xD6E8_FEB8_6659_FD93L;
    }

    Index index() {
        return index;
    }

    /** The token of the session that a packet belongs to, or {@link #NONE}. */
    int find(Tuple tuple, long hash, int now) {
        int tag = Index.tag(hash);
        for (int place = index.seek(tag, index.home(tag));
                place != Index.NONE;
                place = index.seek(tag, index.after(place))) {
            int token = index.value(place);
            if (tuples.is(token, tuple)) {
                int record = token >>> 1;
                if (isOver(record, now)) {
                    close(record);
                    return NONE;
                }
                return token;
            }
        }
        return NONE;
    }

    /** Reads the tuple of the packets of one direction. */
    Tuple read(int token, Tuple into) {
        return tuples.read(token, into);
    }

    boolean isV6(int record) {
        return records.getByte(at(record) + FAMILY) == V6;
    }

    boolean isFree(int record) {
        return records.getLong(at(record) + COMMIT) == 0;
    }

    boolean isOver(int record, int now) {
        int at = at(record);
        return now - records.getInt(at + HEARD) > records.getInt(at + LIFE);
    }

    boolean isAnswered(int record) {
        return (records.getByte(at(record) + FLAGS) & ANSWERED) != 0;
    }

    /**
     * Opens a session; all that is not told here is the caller's to write. When there is no room the oldest that was never
     * answered ends.
     *
     * @param hash the original tuple's
     * @param reply the tuple of its answers; no session has it
     * @param replyHash the reply tuple's
     * @return its record number, or {@link #NONE}: every session there is was answered
     */
    int open(Tuple original, long hash, Tuple reply, long replyHash, int now) {
        int record = take(now);
        if (record == NONE) {
            return NONE;
        }
        int at = at(record);
        Seal.open(records, at);
        boolean v6 = original.isV6();
        records.putByte(at + PROTOCOL, (byte) original.protocol);
        records.putByte(at + FAMILY, (byte) (v6 ? V6 : V4));
        records.putShort(at + STATE, (short) 0);
        tuples.write(record << 1, original);
        tuples.write(record << 1 | 1, reply);
        records.putInt(at + HOPS, 0);
        records.putInt(at + HEARD, now);
        records.putInt(at + LIFE, 0);
        records.putInt(at + ADDRESS_DIFFERENCE, 0);
        records.putInt(at + SERVICE, 0);
        records.putInt(at + MAPPING, 0);
        records.putInt(at + BACKEND, 0);
        records.putInt(at + OPENED, now);
        index.add(Index.tag(hash), record << 1);
        index.add(Index.tag(replyHash), record << 1 | 1);
        unanswered.append(record);
        return record;
    }

    private int take(int now) {
        if (free == NONE && fresh < most) {
            size++;
            return fresh++;
        }
        if (free == NONE && !evict(now)) {
            return NONE;
        }
        int record = free;
        free = records.getInt(at(record) + NEXT);
        size++;
        return record;
    }

    /** Everything about a new session is written: from now on it counts, also after a sudden end of this process. */
    void commit(int record) {
        Seal.close(records, at(record) + COMMIT, KeptSessions.seal(records, record, salt));
    }

    /** Ends a session. */
    void close(int record) {
        ending.ended(record);
        ended++;
        records.putLongRelease(at(record) + COMMIT, 0);
        index.remove(Index.tag(hash(read(record << 1, scratch))), record << 1);
        index.remove(Index.tag(hash(read(record << 1 | 1, scratch))), record << 1 | 1);
        if (!isAnswered(record)) {
            unanswered.remove(record);
        }
        size--;
        release(record);
    }

    private void release(int record) {
        records.putInt(at(record) + NEXT, free);
        free = record;
    }

    /** The session's first answer has come: it is safe from those that follow. */
    void answered(int record) {
        int at = at(record) + FLAGS;
        records.putByte(at, (byte) (records.getByte(at) | ANSWERED));
        unanswered.remove(record);
    }

    private boolean evict(int now) {
        int oldest = unanswered.oldest();
        if (oldest == NONE) {
            return false;
        }
        if (!isOver(oldest, now)) {
            evicted++;
        }
        close(oldest);
        return true;
    }

    /** A record is one of those that were never answered, and the latest. */
    void append(int record) {
        unanswered.append(record);
    }

    /** Ends the sessions that a backend of a service has; {@link #NONE}: all its backends. */
    void closeAll(int service, int backend) {
        for (int record = 0; record < fresh; record++) {
            if (!isFree(record)
                    && records.getInt(at(record) + SERVICE) == service
                    && (backend == NONE || records.getInt(at(record) + BACKEND) == backend)) {
                close(record);
            }
        }
    }

    /** Looks at so many records, and ends those whose time is over. */
    void sweep(int now, int places) {
        for (int i = Math.min(places, fresh); i > 0; i--) {
            hand = hand + 1 < fresh ? hand + 1 : 0;
            if (!isFree(hand) && isOver(hand, now)) {
                close(hand);
            }
        }
    }

    // ------------------------------------------------------------------ after a start

    boolean isWhole(int record) {
        return records.getLong(at(record) + COMMIT) == KeptSessions.seal(records, record, salt);
    }

    /** A record that another process wrote is a session again; records are enlisted in ascending order. */
    void enlist(int record) {
        records.putInt(at(record) + HOPS, 0);
        index.add(Index.tag(hash(read(record << 1, scratch))), record << 1);
        index.add(Index.tag(hash(read(record << 1 | 1, scratch))), record << 1 | 1);
        for (; fresh < record; fresh++) {
            release(fresh);
        }
        fresh++;
        size++;
    }
}
