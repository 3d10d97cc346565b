package io.millrace.dataplane.l2;

/** Something on a network that a person should see to. Ports by their numbers on the switch. */
public sealed interface Alarm {
    /** When it was noticed, in ns of the worker's clock. */
    long at();

    /** Whether the other says the same of the same ports. */
    boolean repeats(Alarm other);

    /**
     * A station is heard on two ports in turn, so often that the two must be joined outside.
     *
     * @param mac the station
     * @param moves how often it moved
     * @param within in which time, ns
     * @param port the port with the lower number
     * @param other the one with the higher
     */
    record Loop(long at, long mac, int port, int other, int moves, long within) implements Alarm {
        @Override
        public boolean repeats(Alarm alarm) {
            return alarm instanceof Loop loop && loop.port == port && loop.other == other;
        }
    }

    /**
     * More comes in by a port to be flooded than its cap allows: the rest is dropped.
     *
     * @param rate the cap, in frames a second
     */
    record Storm(long at, int port, int rate) implements Alarm {
        @Override
        public boolean repeats(Alarm alarm) {
            return alarm instanceof Storm storm && storm.port == port;
        }
    }
}
