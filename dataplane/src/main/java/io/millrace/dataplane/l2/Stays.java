package io.millrace.dataplane.l2;

import java.util.Arrays;

/**
 * What the entries of one bridge say instead of a port: the number of its stay. A port's stay begins with its first
 * station and ends when the port goes down; the entries of a stay that has ended mean nothing, all at once, however many
 * there are, and the sweep frees their places in its own time. A number is used again when its last entry is gone.
 */
final class Stays {
    /** No stay, or no port: an array's entry that says nothing. */
    static final int NONE = -1;

    /** What an entry has room for; twice as many as there can be ports. */
    static final int MOST = 1 << 16;

    private int[] current = none(8);
    private int[] ports = none(8);
    private int[] stations = new int[8];
    private int[] free = new int[8];
    private int begun;
    private int freed;

    private static int[] none(int length) {
        var array = new int[length];
        Arrays.fill(array, NONE);
        return array;
    }

    /** The port's stay, or {@link #NONE}. */
    int of(int port) {
        return port < current.length ? current[port] : NONE;
    }

    /** The port of a stay, or {@link #NONE} when it has ended. */
    int port(int stay) {
        return ports[stay];
    }

    /** Whether a further stay can begin before one that has ended loses its last entry. */
    boolean hasRoom() {
        return freed > 0 || begun < MOST;
    }

    /** Begins a stay of a port that has none. */
    int begin(int port) {
        assert of(port) == NONE && hasRoom();
        int stay = freed > 0 ? free[--freed] : begun++;
        if (stay >= ports.length) {
            ports = grown(ports);
            stations = Arrays.copyOf(stations, ports.length);
        }
        while (port >= current.length) {
            current = grown(current);
        }
        current[port] = stay;
        ports[stay] = port;
        return stay;
    }

    /** Ends a port's stay, if it has one; returns how many entries mean nothing from now on. */
    int end(int port) {
        int stay = of(port);
        if (stay == NONE) {
            return 0;
        }
        current[port] = NONE;
        ports[stay] = NONE;
        if (stations[stay] == 0) {
            release(stay);
        }
        return stations[stay];
    }

    /** How many stations a port has; none without a stay. */
    int stations(int port) {
        int stay = of(port);
        return stay == NONE ? 0 : stations[stay];
    }

    void entered(int stay) {
        stations[stay]++;
    }

    void left(int stay) {
        if (--stations[stay] == 0 && ports[stay] == NONE) {
            release(stay);
        }
    }

    private void release(int stay) {
        if (freed == free.length) {
            free = grown(free);
        }
        free[freed++] = stay;
    }

    private static int[] grown(int[] array) {
        var larger = none(2 * array.length);
        System.arraycopy(array, 0, larger, 0, array.length);
        return larger;
    }
}
