package io.millrace.dataplane.nat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Which outside port stands for which inside one: masquerade. The same inside address and port has the same outside port
 * towards everybody (endpoint-independent mapping, RFC 4787 REQ-1), so sessions share a mapping. When the last of them has
 * ended its port rests: nobody else gets it for two minutes (RFC 6888 REQ-8).
 *
 * <pre>
 *   0  commit word: 0 when the record is free, else the seal of all before 48
 *   8  inside address 16, outside address 16
 *  40  inside port 2, outside port 2, protocol 1
 *  48  sessions 4, resting since 4 (ticks), next free record 4
 * </pre>
 *
 * <p>The worker's thread; nothing is allocated after an outside address was first used.
 */
final class Mappings {
    static final int NONE = -1;

    /** Who asked for one has as many as it may have. */
    static final int LIMITED = -2;

    static final int RECORD = 64;
    static final int COMMIT = 0;
    static final int INSIDE = 8;
    static final int OUTSIDE = 24;
    static final int INSIDE_PORT = 40;
    static final int OUTSIDE_PORT = 42;
    static final int PROTOCOL = 44;
    static final int SESSIONS = 48;
    static final int RESTING = 52;
    static final int NEXT = 56;

    /** How long a port rests, in ns. */
    static final long REST = 120_000_000_000L;

    private final UnsafeBuffer records;
    private final Index index;
    private final int most;
    private final long seed;
    private final long salt;
    private final LongSupplier random;
    private final List<Outside> outsides = new ArrayList<>();
    private final int first;
    private final int last;
    private final boolean parity;
    private final @Nullable Quota quota;
    private int size;
    private int free = NONE;

    /** Records from here on were never used. */
    private int fresh;

    private int hand;

    /** The ports of one outside address. */
    private record Outside(long high, long low, int protocol, PortPool ports) {}

    /**
     * Takes the memory.
     *
     * @param most how many there are at most
     * @param first the lowest outside port
     * @param last the highest
     * @param parity whether an even port becomes an even one, and an odd one odd
     * @param limit how many outside ports one inside address has at most, those that rest too; 0: any number
     * @param random numbers that nobody outside can know
     * @param salt of the seals: the same for as long as the records are
     * @param memory gives so many zero bytes
     * @param records the same; or what another process left, then {@link #recover} comes first
     */
    Mappings(
            int most,
            int first,
            int last,
            boolean parity,
            int limit,
            LongSupplier random,
            long salt,
            IntFunction<UnsafeBuffer> memory,
            IntFunction<UnsafeBuffer> records) {
        this.most = most;
        this.first = first;
        this.last = last;
        this.parity = parity;
        this.random = random;
        this.seed = random.getAsLong();
        this.quota = limit == 0 ? null : new Quota(limit, most, random.getAsLong());
        this.salt = salt;
        this.index = new Index(2 * most, memory);
        this.records = records.apply(most * RECORD);
    }

    static int at(int record) {
        return record * RECORD;
    }

    UnsafeBuffer memory() {
        return records;
    }

    int size() {
        return size;
    }

    /** Records from this number on were never used. */
    int fresh() {
        return fresh;
    }

    /** Sees the ports of an outside address. */
    interface PoolVisitor {
        /** How many ports may still be given to mappings. */
        void pool(long high, long low, int protocol, int free);
    }

    void forEachPool(PoolVisitor visitor) {
        outsides.forEach(outside -> visitor.pool(
                outside.high, outside.low, outside.protocol, outside.ports.free(Math.max(1, first), last)));
    }

    /** The ports of an outside address; those that are taken here are never given to a mapping. */
    PortPool ports(long high, long low, int protocol) {
        for (int i = 0; i < outsides.size(); i++) {
            var outside = outsides.get(i);
            if (outside.low == low && outside.high == high && outside.protocol == protocol) {
                return outside.ports;
            }
        }
        var made = new Outside(high, low, protocol, new PortPool(random.getAsLong()));
        outsides.add(made);
        return made.ports;
    }

    /**
     * The mapping of a packet's source to an outside address, found or made, with one session more.
     *
     * @return its record number; {@link #NONE}: all ports are taken, or the table is full; or {@link #LIMITED}
     */
    int enter(Tuple packet, long outsideHigh, long outsideLow) {
        long hash = hash(packet.sourceHigh, packet.sourceLow, packet.sourcePort, packet.protocol);
        int tag = Index.tag(hash);
        for (int place = index.seek(tag, index.home(tag));
                place != Index.NONE;
                place = index.seek(tag, index.after(place))) {
            int record = index.value(place) >>> 1;
            if ((index.value(place) & 1) == 0 && maps(record, packet, outsideHigh, outsideLow)) {
                records.putInt(at(record) + SESSIONS, sessions(record) + 1);
                return record;
            }
        }
        return make(packet, tag, outsideHigh, outsideLow);
    }

    private boolean maps(int record, Tuple packet, long outsideHigh, long outsideLow) {
        int at = at(record);
        return is(at + INSIDE, packet.sourceHigh, packet.sourceLow)
                && insidePort(record) == packet.sourcePort
                && records.getByte(at + PROTOCOL) == (byte) packet.protocol
                && is(at + OUTSIDE, outsideHigh, outsideLow);
    }

    private boolean is(int at, long high, long low) {
        return records.getLong(at + 8) == low && records.getLong(at) == high;
    }

    private int make(Tuple packet, int tag, long outsideHigh, long outsideLow) {
        if (free == NONE && fresh == most) {
            return NONE;
        }
        if (quota != null && quota.isFull(packet.sourceHigh, packet.sourceLow)) {
            return LIMITED;
        }
        int port = ports(outsideHigh, outsideLow, packet.protocol).take(packet.sourcePort, first, last, parity);
        if (port == PortPool.NONE) {
            return NONE;
        }
        int record = free == NONE ? fresh++ : free;
        int at = at(record);
        free = record == free ? records.getInt(at + NEXT) : free;
        size++;
        if (quota != null) {
            quota.take(packet.sourceHigh, packet.sourceLow);
        }
        Seal.open(records, at);
        records.putLong(at + INSIDE, packet.sourceHigh);
        records.putLong(at + INSIDE + 8, packet.sourceLow);
        records.putLong(at + OUTSIDE, outsideHigh);
        records.putLong(at + OUTSIDE + 8, outsideLow);
        records.putShort(at + INSIDE_PORT, (short) packet.sourcePort);
        records.putShort(at + OUTSIDE_PORT, (short) port);
        records.putByte(at + PROTOCOL, (byte) packet.protocol);
        records.putInt(at + SESSIONS, 1);
        index.add(tag, record << 1);
        index.add(Index.tag(hash(outsideHigh, outsideLow, port, packet.protocol)), record << 1 | 1);
        Seal.close(records, at + COMMIT, seal(record));
        return record;
    }

    /** The mapping whose outside address and port these are, or {@link #NONE}. */
    int find(long outsideHigh, long outsideLow, int port, int protocol) {
        int tag = Index.tag(hash(outsideHigh, outsideLow, port, protocol));
        for (int place = index.seek(tag, index.home(tag));
                place != Index.NONE;
                place = index.seek(tag, index.after(place))) {
            int record = index.value(place) >>> 1;
            int at = at(record);
            if ((index.value(place) & 1) == 1
                    && is(at + OUTSIDE, outsideHigh, outsideLow)
                    && outsidePort(record) == port
                    && records.getByte(at + PROTOCOL) == (byte) protocol) {
                return record;
            }
        }
        return NONE;
    }

    /** A session of the mapping has ended. */
    void leave(int record, int now) {
        int left = sessions(record) - 1;
        records.putInt(at(record) + SESSIONS, left);
        if (left == 0) {
            records.putInt(at(record) + RESTING, now);
        }
    }

    int sessions(int record) {
        return records.getInt(at(record) + SESSIONS);
    }

    int insidePort(int record) {
        return records.getShort(at(record) + INSIDE_PORT) & 0xFFFF;
    }

    int outsidePort(int record) {
        return records.getShort(at(record) + OUTSIDE_PORT) & 0xFFFF;
    }

    int protocol(int record) {
        return records.getByte(at(record) + PROTOCOL) & 0xFF;
    }

    long insideHigh(int record) {
        return records.getLong(at(record) + INSIDE);
    }

    long insideLow(int record) {
        return records.getLong(at(record) + INSIDE + 8);
    }

    long outsideHigh(int record) {
        return records.getLong(at(record) + OUTSIDE);
    }

    long outsideLow(int record) {
        return records.getLong(at(record) + OUTSIDE + 8);
    }

    boolean isFree(int record) {
        return records.getLong(at(record) + COMMIT) == 0;
    }

    /** Whether there is a mapping of that number. */
    boolean has(int record) {
        return record >= 0 && record < fresh && !isFree(record);
    }

    /** Looks at so many records, and ends those that have rested. */
    void sweep(int now, int places) {
        for (int i = Math.min(places, fresh); i > 0; i--) {
            hand = hand + 1 < fresh ? hand + 1 : 0;
            if (!isFree(hand)
                    && sessions(hand) == 0
                    && now - records.getInt(at(hand) + RESTING) > REST >>> Sessions.TICK_SHIFT) {
                close(hand);
            }
        }
    }

    private void close(int record) {
        int protocol = protocol(record);
        records.putLongRelease(at(record) + COMMIT, 0);
        if (quota != null) {
            quota.give(insideHigh(record), insideLow(record));
        }
        ports(outsideHigh(record), outsideLow(record), protocol).give(outsidePort(record));
        index.remove(Index.tag(hash(insideHigh(record), insideLow(record), insidePort(record), protocol)), record << 1);
        index.remove(
                Index.tag(hash(outsideHigh(record), outsideLow(record), outsidePort(record), protocol)),
                record << 1 | 1);
        size--;
        release(record);
    }

    private void release(int record) {
        records.putInt(at(record) + NEXT, free);
        free = record;
    }

    private long seal(int record) {
        int at = at(record);
        long ports = records.getInt(at + INSIDE_PORT) & 0xFFFF_FFFFL;
        return Seal.of(records, at + INSIDE, 32, Seal.of(ports, protocol(record), Seal.salt(salt, record)));
    }

    private long hash(long high, long low, int port, int protocol) {
        long a = low ^ high * 0x9FB2_1C65_1E98_DF25L ^ seed;
        long b = ((long) port << 8 | protocol) + 0x9E37_79B9_7F4A_7C15L ^ seed >>> 7;
        return a * b ^ Math.multiplyHigh(a, b) ^ (a + b) * 0xD6E8_FEB8_6659_FD93L;
    }

    // ------------------------------------------------------------------ after a start

    /** Whether hosts are hidden behind an address. */
    interface Judge {
        boolean isOutside(long high, long low);
    }

    /**
     * Takes up what another process left, whatever moment that ended at, without any session; what is not whole, not at an
     * outside address, or at a port that is somebody else's, is free. Interrupted, it can be done again.
     */
    void recover(Judge judge, int now) {
        for (int record = 0; record < most; record++) {
            if (isFree(record)) {
                continue;
            }
            if (isTrue(record, judge, now)) {
                enlist(record, now);
            } else {
                Seal.open(records, at(record));
            }
        }
        for (int record = fresh - 1; record >= 0; record--) {
            if (isFree(record)) {
                release(record);
            }
        }
    }

    private boolean isTrue(int record, Judge judge, int now) {
        int at = at(record);
        return records.getLong(at + COMMIT) == seal(record)
                && (sessions(record) != 0 || now - records.getInt(at + RESTING) <= REST >>> Sessions.TICK_SHIFT)
                && judge.isOutside(outsideHigh(record), outsideLow(record))
                && !ports(outsideHigh(record), outsideLow(record), protocol(record))
                        .isTaken(outsidePort(record));
    }

    private void enlist(int record, int now) {
        int at = at(record);
        if (quota != null) {
            quota.take(insideHigh(record), insideLow(record));
        }
        if (sessions(record) != 0 || now - records.getInt(at + RESTING) < 0) {
            records.putInt(at + RESTING, now);
            records.putIntRelease(at + SESSIONS, 0); // last, or a second interruption would find it rested
        }
        int protocol = protocol(record);
        ports(outsideHigh(record), outsideLow(record), protocol).take(outsidePort(record));
        index.add(Index.tag(hash(insideHigh(record), insideLow(record), insidePort(record), protocol)), record << 1);
        index.add(
                Index.tag(hash(outsideHigh(record), outsideLow(record), outsidePort(record), protocol)),
                record << 1 | 1);
        fresh = record + 1;
        size++;
    }

    /** A session that was there before is the mapping's again. */
    void rejoin(int record) {
        records.putInt(at(record) + SESSIONS, sessions(record) + 1);
    }
}
