package io.millrace.dataplane.nat;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The services at one address and protocol, by their ports: ranges in ascending order, none of which overlap. What a range
 * costs does not depend on how many ports it has.
 *
 * <p>A few are searched one by one. For more there is a map of 65,536 bits that says where ranges begin: the ones up to a
 * port, counted, are the number of the only range that can contain it. Every 64 bits have beside them how many ones come
 * before, so that one word is counted. That is 10 kB, and a lookup costs the same for 10 ranges and for 10,000.
 */
final class Ports {
    private static final int FEW = 8;
    private static final int WORDS = 65_536 / Long.SIZE;

    final long high;
    final long low;
    final int protocol;
    /** The next in the same place of the table. */
    @Nullable
    Ports chained;

    private @Nullable Service[] services = new Service[2];
    private char[] firsts = new char[2];
    private char[] lasts = new char[2];
    private int count;
    private long @Nullable [] begins;
    private char @Nullable [] before;

    Ports(long high, long low, int protocol) {
        this.high = high;
        this.low = low;
        this.protocol = protocol;
    }

    boolean isFor(long high, long low, int protocol) {
        return this.low == low && this.protocol == protocol && this.high == high;
    }

    boolean isEmpty() {
        return count == 0;
    }

    @Nullable
    Service find(int port) {
        int i = lastUpTo(port);
        return i >= 0 && port <= lasts[i] ? services[i] : null;
    }

    /** One that has a port of {@code front}'s, were it here. */
    @Nullable
    Service overlapping(Front front) {
        int i = lastUpTo(front.last());
        return i >= 0 && lasts[i] >= front.first() ? services[i] : null;
    }

    /** Adds a service that overlaps none. */
    void add(Service service) {
        int first = service.front().first();
        int at = lastUpTo(first) + 1;
        if (count == services.length) {
            int capacity = 2 * count;
            services = Arrays.copyOf(services, capacity);
            firsts = Arrays.copyOf(firsts, capacity);
            lasts = Arrays.copyOf(lasts, capacity);
        }
        move(at, at + 1);
        services[at] = service;
        firsts[at] = (char) first;
        lasts[at] = (char) service.front().last();
        count++;
        mark(first, 1);
    }

    /** Removes a service that is here. */
    void remove(Service service) {
        int first = service.front().first();
        int at = lastUpTo(first);
        move(at + 1, at);
        services[--count] = null;
        mark(first, -1);
    }

    /** The number of the last range that begins at or below a port; -1: none. */
    private int lastUpTo(int port) {
        long[] begins = this.begins;
        char[] before = this.before;
        if (begins == null || before == null) {
            int i = count - 1;
            while (i >= 0 && firsts[i] > port) {
                i--;
            }
            return i;
        }
        int word = port >>> 6;
        return before[word] + Long.bitCount(begins[word] << (63 - (port & 63))) - 1;
    }

    private void move(int from, int to) {
        int length = count - from;
        System.arraycopy(services, from, services, to, length);
        System.arraycopy(firsts, from, firsts, to, length);
        System.arraycopy(lasts, from, lasts, to, length);
    }

    /** A range that begins at {@code first} has come (1) or gone (-1). */
    private void mark(int first, int change) {
        if (begins != null && before != null && count > FEW / 2) {
            mark(begins, before, first, change);
        } else if (count <= FEW) {
            begins = null;
            before = null;
        } else {
            begins = new long[WORDS];
            before = new char[WORDS];
            for (int i = 0; i < count; i++) {
                mark(begins, before, firsts[i], 1);
            }
        }
    }

    private static void mark(long[] begins, char[] before, int first, int change) {
        begins[first >>> 6] ^= 1L << first;
        for (int word = (first >>> 6) + 1; word < WORDS; word++) {
            before[word] += (char) change;
        }
    }
}
