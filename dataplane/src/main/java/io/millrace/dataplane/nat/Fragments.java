package io.millrace.dataplane.nat;

import io.millrace.dataplane.graph.Drop;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Brings packets that come in fragments through a gateway without putting them together: the first fragment has the ports,
 * and what is decided about it holds for all. Fragments that come before it wait, few and not for long. What overlaps is
 * not told apart but dropped, with all that follows (RFC 5722 section 4, and the same for IPv4), so that never two versions
 * of a packet pass; an IPv6 packet that is whole in spite of a fragment header (RFC 6946) is none for here.
 *
 * <p>How it is used: {@link #admit} each fragment. It is {@link #FIRST}: find out what to do, say {@link #decided} or
 * {@link #refused} at once, and send what that lets out behind it. It is {@link #KNOWN}: {@link #token} is what was said
 * then. It {@link #WAITS}: it is not the caller's any more. Else it is to be dropped, {@link #dropOf} says why.
 *
 * <p>Packets are remembered until all of them has come, {@link #LIFETIME} at most; when there is no place for another one
 * the oldest is forgotten. One thread. Places are made when they are needed first, afterwards nothing is allocated.
 */
final class Fragments {
    /** The fragment with which its packet begins; something is to be decided. */
    static final int FIRST = 0;

    /** The first fragment of its packet has come before. */
    static final int KNOWN = 1;

    /** The fragment has been taken, until the first one comes. */
    static final int WAITS = 2;

    /** The most packets that are remembered at a time. */
    static final int MOST_PACKETS = 1024;

    /** In ns: how long fragments wait for the first one, and how long after that others may come. */
    static final long LIFETIME = 30_000_000_000L;

    private static final int BUCKETS = 2 * MOST_PACKETS;

    /** Takes the frames that waited in vain. */
    interface Exit {
        void drop(long frame, Drop why);
    }

    /** The frames that wait, of all tables that share it. */
    static final class Room {
        /** The most frames that wait at a time. */
        static final int MOST = 256;

        private int waiting;

        int waiting() {
            return waiting;
        }
    }

    private static final Drop[] DROPS = Drop.values();

    private final long seed;
    private final Room room;
    private final Exit exit;
    private final Fragment fragment;
    private final @Nullable FragmentedPacket[] buckets = new FragmentedPacket[BUCKETS];
    private final FragmentedPacket[] spare = new FragmentedPacket[MOST_PACKETS];
    private final FragmentAges undecided = new FragmentAges();
    private final FragmentAges others = new FragmentAges();
    private final long[] released = new long[FragmentedPacket.MOST_WAITING];
    private FragmentedPacket hand = new FragmentedPacket();
    private int spares;
    private int made;
    private int waiting;

    /**
     * An empty table.
     *
     * @param bytes the pool's
     * @param seed keeps others from choosing where their packets are in the table
     * @param room where fragments wait
     * @param exit takes those that waited in vain
     */
    Fragments(UnsafeBuffer bytes, long seed, Room room, Exit exit) {
        this.fragment = new Fragment(bytes);
        this.seed = seed;
        this.room = room;
        this.exit = exit;
    }

    /**
     * Takes up a fragment.
     *
     * @param network where the IP header is, in bytes from the frame's first; the header is known to be sound
     * @param now ns of the worker's clock
     * @return {@link #FIRST}, {@link #KNOWN}, {@link #WAITS}, or less than 0: see {@link #dropOf}
     */
    int admit(long frame, int network, long now) {
        var wrong = fragment.read(frame, network);
        if (wrong != null) {
            return refusal(wrong);
        }
        var packet = find(now);
        hand = packet;
        if (packet.fate != null) {
            return refusal(packet.fate);
        }
        switch (packet.add(fragment.offset, fragment.length, fragment.more)) {
            case REPEATED -> {
                return refusal(Drop.FRAGMENT_REPEATED);
            }
            case OVERLAPS -> {
                return condemn(packet, Drop.FRAGMENT_OVERLAPS, now);
            }
            case TOO_MANY -> {
                return condemn(packet, Drop.FRAGMENTS_TOO_MANY, now);
            }
            case NEW -> {}
        }
        if (fragment.offset == 0) {
            return FIRST;
        }
        if (!packet.decided) {
            return hold(packet, frame, now);
        }
        forgetComplete(packet);
        return KNOWN;
    }

    /** Why a fragment was not admitted. */
    static Drop dropOf(int verdict) {
        return DROPS[-1 - verdict];
    }

    private static int refusal(Drop why) {
        return -1 - why.ordinal();
    }

    /**
     * Says what is done with the packet whose first fragment was admitted last.
     *
     * @param token the caller's, for the fragments to come
     * @param identification what its fragments have from now on as their own; see {@link #renumber}
     * @param now ns of the worker's clock
     * @return how many fragments have waited for this: {@link #released} has them, and they are the caller's
     */
    int decided(long token, long identification, long now) {
        var packet = hand;
        packet.decided = true;
        packet.token = token;
        packet.leavesAs = identification;
        int waited = packet.waits;
        System.arraycopy(packet.waiting, 0, released, 0, waited);
        leave(packet);
        moveOn(packet, now);
        forgetComplete(packet);
        return waited;
    }

    /** Says that the packet whose first fragment was admitted last does not pass, nor does any fragment of it. */
    void refused(Drop why, long now) {
        condemn(hand, why, now);
    }

    /** What was decided about the packet whose fragment was admitted last. */
    long token() {
        return hand.token;
    }

    /** The identification that the packet came with whose fragment was admitted last. */
    long identification() {
        return hand.identification;
    }

    /** The {@code i}-th of the fragments that have waited, from 0, in the order in which they came. */
    long released(int i) {
        return released[i];
    }

    /** Gives a fragment of the packet admitted last, one that waited too, the identification that was decided on. */
    void renumber(long frame, int network) {
        if (hand.leavesAs != hand.identification) {
            fragment.renumber(frame, network, hand.leavesAs);
        }
    }

    /** How many fragments wait here. */
    int waiting() {
        return waiting;
    }

    /** How many packets are remembered. */
    int packets() {
        return made - spares;
    }

    /** Forgets what is too old: to be called every now and then. */
    void age(long now) {
        ageOf(undecided, now);
        ageOf(others, now);
    }

    private void ageOf(FragmentAges ages, long now) {
        for (var oldest = ages.oldest(); oldest != null && oldest.until - now <= 0; oldest = ages.oldest()) {
            forget(oldest);
        }
    }

    // ------------------------------------------------------------------ the table

    private FragmentedPacket find(long now) {
        int bucket = bucket();
        for (var packet = buckets[bucket]; packet != null; packet = packet.next) {
            if (packet.owns(fragment)) {
                if (packet.until - now > 0) {
                    return packet;
                }
                forget(packet);
                break;
            }
        }
        var packet = place().begin(fragment, now + LIFETIME);
        packet.bucket = bucket;
        packet.next = buckets[bucket];
        buckets[bucket] = packet;
        undecided.add(packet);
        return packet;
    }

    private int bucket() {
        long hash = mix(fragment.sourceLow ^ seed, fragment.destinationLow);
        hash = mix(hash ^ fragment.sourceHigh, fragment.destinationHigh);
        hash = mix(hash ^ fragment.identification, fragment.protocol ^ seed);
        return (int) hash & (BUCKETS - 1);
    }

    /** All bits of the 128-bit product of two odd-ish words. */
    private static long mix(long one, long other) {
        long a = one ^ 0xA076_1D64_78BD_642FL;
        long b = other ^ 0xE703_7ED1_A0B4_28DBL;
        return a * b ^ Math.multiplyHigh(a, b);
    }

    private FragmentedPacket place() {
        if (spares == 0 && made < MOST_PACKETS) {
            made++;
            return new FragmentedPacket();
        }
        if (spares == 0) {
            forgetOldest();
        }
        return spare[--spares];
    }

    private void forgetOldest() {
        var one = undecided.oldest();
        var other = others.oldest();
        var oldest = one == null || (other != null && other.until - one.until < 0) ? other : one;
        if (oldest != null) {
            forget(oldest);
        }
    }

    private void forgetComplete(FragmentedPacket packet) {
        if (packet.isComplete()) {
            forget(packet);
        }
    }

    /** What it says can still be read until the next fragment is taken up. */
    private void forget(FragmentedPacket packet) {
        dropWaiting(packet, Drop.FRAGMENT_LATE);
        FragmentAges.remove(packet);
        var before = buckets[packet.bucket];
        if (before == packet) {
            buckets[packet.bucket] = packet.next;
        } else {
            while (before != null && before.next != packet) {
                before = before.next;
            }
            if (before != null) {
                before.next = packet.next;
            }
        }
        packet.next = null;
        spare[spares++] = packet;
    }

    /** Something is known about the packet now: it counts as begun now. */
    private void moveOn(FragmentedPacket packet, long now) {
        FragmentAges.remove(packet);
        packet.until = now + LIFETIME;
        others.add(packet);
    }

    // ------------------------------------------------------------------ waiting

    private int hold(FragmentedPacket packet, long frame, long now) {
        if (packet.waits == FragmentedPacket.MOST_WAITING) {
            return condemn(packet, Drop.FRAGMENT_AWAITED, now); // what is dropped now is missing in any case
        }
        while (room.waiting == Room.MOST) {
            if (!makeRoom(packet)) {
                return condemn(packet, Drop.FRAGMENT_AWAITED, now);
            }
        }
        packet.waiting[packet.waits++] = frame;
        waiting++;
        room.waiting++;
        return WAITS;
    }

    /** Has the packet go that has waited longest. */
    private boolean makeRoom(FragmentedPacket packet) {
        var oldest = undecided.oldest();
        if (oldest == null || oldest == packet) {
            return false;
        }
        forget(oldest);
        return true;
    }

    private int condemn(FragmentedPacket packet, Drop why, long now) {
        packet.fate = why;
        dropWaiting(packet, why);
        moveOn(packet, now);
        return refusal(why);
    }

    private void dropWaiting(FragmentedPacket packet, Drop why) {
        int waited = packet.waits;
        leave(packet);
        for (int i = 0; i < waited; i++) {
            exit.drop(packet.waiting[i], why);
        }
    }

    private void leave(FragmentedPacket packet) {
        waiting -= packet.waits;
        room.waiting -= packet.waits;
        packet.waits = 0;
    }
}
