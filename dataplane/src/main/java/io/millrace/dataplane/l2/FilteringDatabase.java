package io.millrace.dataplane.l2;

import java.util.Arrays;

/**
 * One bridge's share of the {@link MacTable}: the stations it knows, how long it remembers them, and how many.
 *
 * <p>Who was there first stays: when the share, the port's limit or the whole table is full, a new address is not
 * learned (its frames are flooded) and the refusal is counted; only an aged place is given away. A flood of random
 * addresses therefore cannot make the switch forget the stations in use. IEEE 802.1Q-2018 clauses 8.7 and 8.8.
 */
public final class FilteringDatabase {
    /** No port: the address is unknown. */
    public static final int UNKNOWN = -1;

    /** What {@link #learn} did. */
    static final int REFRESHED = 0;

    static final int NEW = 1;
    static final int MOVED = 2;
    static final int STATIC = 3;
    static final int FULL = 4;
    static final int PORT_FULL = 5;
    /** The station is heard at a port of this host, and now shows at another host's: it stays where it is. */
    static final int HELD = 6;

    private static final long STATIC_BIT = 1L << 16;
    private static final long PORT_MASK = 0xFFFF;
    private static final int MOVES_SHIFT = 17;
    private static final long MOVES_MASK = 0x7FFFL << MOVES_SHIFT;
    private static final int TICK_SHIFT = 32;
    private static final int SWEEP_WHEN_FULL = 256;
    private static final int SWEEP_BY_HAND = 1 << 17;

    private final MacTable table;
    private final int bridge;
    private final long keyPrefix;
    private final int ageing;
    private final int limit;
    private final Stays stays = new Stays();
    private final Alarms alarms;
    private int[] byHand = new int[8];
    private boolean[] remote = new boolean[8];
    private int count;
    private long moves;
    private long refused;

    /**
     * Opens a share for one more bridge.
     *
     * @param ageingNanos how long a station that is not heard is remembered, from 1 s
     * @param limit the most stations of this bridge
     */
    public FilteringDatabase(MacTable table, long ageingNanos, int limit) {
        this(table, ageingNanos, limit, new Alarms());
    }

    /** The same for a bridge of several that report to one place. */
    public FilteringDatabase(MacTable table, long ageingNanos, int limit, Alarms alarms) {
        if (ageingNanos < 1_000_000_000L || limit < 1) {
            throw new IllegalArgumentException("ageing of " + ageingNanos + " ns, limit of " + limit + " stations");
        }
        this.table = table;
        this.ageing = (int) Math.min(Math.ceilDiv(ageingNanos, MacTable.TICK), Integer.MAX_VALUE / 2);
        this.limit = limit;
        this.alarms = alarms;
        this.bridge = table.open(this);
        this.keyPrefix = (long) bridge << 48;
    }

    /** Where the bridge reports what a person should see to. */
    public Alarms alarms() {
        return alarms;
    }

    /** Room for a bridge's notes, the same for all bridges of the table. */
    Batch batch() {
        return table.batch();
    }

    /** An address as this bridge's entries are keyed; {@link #lookup} and {@link #learn} ask for it. */
    long key(long mac) {
        return keyPrefix | mac;
    }

    /** Where the searches for {@code n} keys begin. */
    void homes(long[] keys, long[] homes, int n) {
        table.homes(keys, homes, n);
    }

    /** Has the lines that searches begin in fetched into the cache, when the table is too large to be there already. */
    long fetch(long[] homes, int n) {
        return table.isLarge() ? table.touch(homes, n) : 0;
    }

    /** The port behind which an address is, or {@link #UNKNOWN}. */
    int lookup(long key, int home, int tick) {
        int index = table.find(key, home);
        if (index < 0) {
            return UNKNOWN;
        }
        long value = table.value(index);
        return isOld(value, tick) ? UNKNOWN : portOf(value);
    }

    /** The port an entry means, or {@link #UNKNOWN} when its port went down since. */
    private int portOf(long value) {
        int port = (int) (value & PORT_MASK);
        return (value & STATIC_BIT) == 0 ? stays.port(port) : port;
    }

    /**
     * Notes that a station was heard on a port.
     *
     * @param key of an individual address, not zero
     * @param portLimit the most stations of that port
     * @return {@link #REFRESHED}, {@link #NEW}, {@link #MOVED}; or why nothing was learned
     */
    int learn(long key, int home, int port, int portLimit, int tick) {
        int index = table.find(key, home);
        if (index >= 0) {
            long value = table.value(index);
            if ((value & ~MOVES_MASK) == value(stays.of(port), tick)) {
                return REFRESHED; // already seen here in this tick: nothing is written
            }
            if (portOf(value) != UNKNOWN) {
                return update(index, key, value, port, portLimit, tick);
            }
            table.remove(index);
            index = table.find(key, home);
        }
        return insert(index, key, port, portLimit, tick);
    }

    private int insert(int missing, long key, int port, int portLimit, int tick) {
        int place = missing;
        if (stations(port) >= portLimit || count >= limit || table.isFull()) {
            table.sweep(tick, SWEEP_WHEN_FULL);
            if (stations(port) >= portLimit) {
                refused++;
                return PORT_FULL;
            }
            if (count >= limit || table.isFull()) {
                refused++;
                return FULL;
            }
            place = table.find(key); // sweeping moved entries
        }
        int stay = stay(port);
        table.insert(~place, key, value(stay, tick));
        entered(stay);
        return NEW;
    }

    private int update(int index, long key, long value, int port, int portLimit, int tick) {
        int old = portOf(value);
        if (old != port && isRemote(port) && !isRemote(old) && !isOld(value, tick)) {
            return HELD;
        }
        if ((value & STATIC_BIT) != 0) {
            return STATIC;
        }
        if (old != port && stations(port) >= portLimit) {
            return moveToFull(key, port, portLimit, tick);
        }
        boolean aged = isAged(value, tick);
        int stay = stay(port);
        if (old != port) {
            left(value);
            entered(stay);
        }
        long movesSeen = value & MOVES_MASK;
        if (old == port || aged) {
            table.value(index, value(stay, tick) | (aged ? 0 : movesSeen));
            return aged ? NEW : REFRESHED;
        }
        long movesNow = movesSeen == MOVES_MASK ? MOVES_MASK : movesSeen + (1L << MOVES_SHIFT);
        table.value(index, value(stay, tick) | movesNow);
        moved(key, old, port, tick);
        return MOVED;
    }

    /** Says of a port whether it leads to another host. */
    void remote(int port, boolean isRemote) {
        if (port >= remote.length) {
            remote = Arrays.copyOf(remote, Math.max(port + 1, 2 * remote.length));
        }
        remote[port] = isRemote;
    }

    private boolean isRemote(int port) {
        return port < remote.length && remote[port];
    }

    private void moved(long key, int from, int to, int tick) {
        moves++;
        int ticks = table.moves().moved(key, from, to, tick);
        if (ticks > 0) {
            alarms.raise(new Alarm.Loop(
                    (tick & 0xFFFF_FFFFL) * MacTable.TICK,
                    key & 0xFFFF_FFFF_FFFFL,
                    Math.min(from, to),
                    Math.max(from, to),
                    MoveWatch.LOOP,
                    ticks * MacTable.TICK));
        }
    }

    /** The stay that a station of this port is entered under. */
    private int stay(int port) {
        int stay = stays.of(port);
        if (stay != Stays.NONE) {
            return stay;
        }
        if (!stays.hasRoom()) {
            table.removeIf(bridge, value -> portOf(value) == UNKNOWN);
        }
        return stays.begin(port);
    }

    /** A station shows on a port that is full, unless an aged place can be given away; that may be the station's own. */
    private int moveToFull(long key, int port, int portLimit, int tick) {
        table.sweep(tick, SWEEP_WHEN_FULL);
        if (stations(port) >= portLimit) {
            refused++;
            return PORT_FULL;
        }
        int index = table.find(key);
        return index < 0
                ? insert(index, key, port, portLimit, tick)
                : update(index, key, table.value(index), port, portLimit, tick);
    }

    /**
     * Enters a station by hand: it neither ages nor moves.
     *
     * @param tick the time now: an aged station gives its place away, if one is found with bounded work
     * @return false when the table is full
     */
    public boolean enter(long mac, int port, int tick) {
        forget(mac);
        if (table.isFull() || count >= limit) {
            table.sweep(tick, SWEEP_BY_HAND);
            if (table.isFull() || count >= limit) {
                return false;
            }
        }
        table.insert(~table.find(key(mac)), key(mac), port | STATIC_BIT);
        if (port >= byHand.length) {
            byHand = Arrays.copyOf(byHand, Math.max(port + 1, 2 * byHand.length));
        }
        byHand[port]++;
        count++;
        return true;
    }

    /** Forgets a station, however it got here. */
    public void forget(long mac) {
        int index = table.find(key(mac));
        if (index >= 0) {
            table.remove(index);
        }
    }

    /** Forgets every learned station of a port that went down or away: at once, however many there are. */
    public void forgetPort(int port) {
        count -= stays.end(port);
    }

    /** Forgets every station of a port whose number another may get, also those entered by hand. */
    void forgetAll(int port) {
        forgetPort(port);
        if (port < byHand.length && byHand[port] > 0) {
            table.removeIf(bridge, value -> (value & STATIC_BIT) != 0 && portOf(value) == port);
        }
    }

    /** Stations remembered, aged ones included until they are swept. */
    public int size() {
        return count;
    }

    /** How often a station showed on another port than before. */
    public long moves() {
        return moves;
    }

    /** How often a new station was not learned for want of room. */
    public long refused() {
        return refused;
    }

    /** Shows every station that has not aged at {@code tick}, in no particular order. */
    public void forEach(int tick, StationVisitor visitor) {
        table.forEach(bridge, (mac, value) -> show(mac, value, tick, visitor));
    }

    void show(long mac, long value, int tick, StationVisitor visitor) {
        if (!isAged(value, tick)) {
            visitor.station(
                    mac,
                    portOf(value),
                    (value & STATIC_BIT) != 0,
                    (int) ((value & MOVES_MASK) >>> MOVES_SHIFT),
                    tick - (int) (value >>> TICK_SHIFT));
        }
    }

    /** Sees stations. */
    public interface StationVisitor {
        /**
         * One station.
         *
         * @param isStatic entered by hand
         * @param moves how often it changed ports, at most 32,767
         * @param ticksAgo when it was last heard; meaningless for a static one
         */
        void station(long mac, int port, boolean isStatic, int moves, int ticksAgo);
    }

    /** Whether an entry's place may be given away: not heard for long, or its port went down. */
    boolean isAged(long value, int tick) {
        return isOld(value, tick) || portOf(value) == UNKNOWN;
    }

    private boolean isOld(long value, int tick) {
        return tick - (int) (value >>> TICK_SHIFT) > ageing && (value & STATIC_BIT) == 0;
    }

    /** Called for every entry that goes, by whatever way. */
    void left(long value) {
        int port = (int) (value & PORT_MASK);
        if ((value & STATIC_BIT) != 0) {
            byHand[port]--;
            count--;
            return;
        }
        if (stays.port(port) != Stays.NONE) {
            count--;
        }
        stays.left(port);
    }

    private void entered(int stay) {
        count++;
        stays.entered(stay);
    }

    /** How many stations a port has, those entered by hand among them. */
    private int stations(int port) {
        return stays.stations(port) + (port < byHand.length ? byHand[port] : 0);
    }

    private static long value(int stay, int tick) {
        return (long) tick << TICK_SHIFT | stay;
    }
}
