package io.millrace.dataplane.l3;

import io.millrace.codec.Ipv6Address;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A neighbour on the link, and its Ethernet address as far as it is known. Whoever sends through it is told when that
 * changes, so that headers can be made ready beforehand. The worker's thread.
 */
public final class NextHop {
    /** Nobody has answered yet. */
    public static final long UNKNOWN = -1;

    private final Ipv6Address address;
    private final List<User> users = new ArrayList<>();
    private long mac = UNKNOWN;

    // What Resolution knows; times in ns of the worker's clock.
    State state = State.ASKED;
    int tries;
    long asked;
    long confirmed;
    private long sentBefore;

    // Frames that wait for the address, see WaitingRoom.
    final long[] waiting = new long[WaitingRoom.EACH];
    int waits;

    @Nullable
    NextHop before;

    @Nullable
    NextHop behind;

    /** The next one in the same place of the HopTable. */
    @Nullable
    NextHop chained;

    NextHop(Ipv6Address address) {
        this.address = address;
    }

    /** What is known of a next hop. */
    public enum State {
        /** Its Ethernet address is set, or follows from its address: nobody is asked. */
        FIXED,
        /** It has said where it is. */
        KNOWN,
        /** It has said so long ago, and is asked whether that still holds. */
        CHECKED,
        /** It is being asked. */
        ASKED,
        /** It has not answered. */
        SILENT,
        /** There is no way there. */
        NO_ROUTE
    }

    /** Sends through a next hop. */
    public interface User {
        /** The next hop has this Ethernet address from now on; {@link #UNKNOWN}: it is silent. */
        void nextHop(long mac);

        /** How many frames were sent through it so far: who is not used is not asked again. */
        long sent();
    }

    /**
     * A next hop at one moment.
     *
     * @param address IPv4 in its mapped form
     * @param mac the low 48 bits, or {@link #UNKNOWN}
     * @param age ns since it was last heard; 0 where that means nothing
     * @param users how many send through it
     * @param waiting frames that wait for its answer
     */
    public record Status(Ipv6Address address, long mac, State state, long age, int users, int waiting) {}

    /** An IPv4 address in its mapped form (RFC 4291 section 2.5.5.2). */
    public Ipv6Address address() {
        return address;
    }

    /** The low 48 bits, or {@link #UNKNOWN}. */
    public long mac() {
        return mac;
    }

    /** As it is at {@code now}, in ns of the worker's clock. Between two turns. */
    public Status status(long now) {
        boolean heard = state == State.KNOWN || state == State.CHECKED;
        return new Status(address, mac, state, heard ? now - confirmed : 0, users.size(), waits);
    }

    /** Whether nothing that is heard changes what is known. */
    boolean isFixed() {
        return state == State.FIXED || state == State.NO_ROUTE;
    }

    void fixed(long known) {
        mac = known;
        state = State.FIXED;
    }

    /** What is known from now on; users are not told. */
    void mac(long known) {
        mac = known;
    }

    void tellUsers() {
        for (int i = 0; i < users.size(); i++) {
            users.get(i).nextHop(mac);
        }
    }

    void add(User user) {
        users.add(user);
    }

    void remove(User user) {
        users.remove(user);
    }

    boolean isUnused() {
        return users.isEmpty();
    }

    /** Notes how much has been sent by now. */
    void noteSent() {
        sentBefore = sent();
    }

    /** Whether anything was sent since {@link #noteSent}. */
    boolean isInUse() {
        return sent() != sentBefore;
    }

    private long sent() {
        long sum = 0;
        for (int i = 0; i < users.size(); i++) {
            sum += users.get(i).sent();
        }
        return sum;
    }
}
