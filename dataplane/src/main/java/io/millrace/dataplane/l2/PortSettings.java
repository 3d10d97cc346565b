package io.millrace.dataplane.l2;

/**
 * What a port of a switch may do.
 *
 * @param learn whether source addresses heard here are learned
 * @param flood whether frames for unknown individual addresses are flooded to here; broadcast and multicast always are
 * @param group ports of one group never exchange frames (split horizon); {@link #NO_GROUP} for none
 * @param stations the most stations learned here
 * @param side where the port leads
 */
public record PortSettings(boolean learn, boolean flood, int group, int stations, Side side) {
    public static final int NO_GROUP = 0;

    /** Where a port leads. */
    public enum Side {
        /** To a cable of its own. */
        HERE,
        /**
         * To another host, by an outlet that all such ports share: frames leave stamped with the port's number, none goes
         * from one such port to another, and a station heard {@link #HERE} is not believed to be there.
         */
        REMOTE,
        /** The same for a host that gets no copies of what is flooded. */
        REMOTE_UNFLOODED
    }

    private static final int REMOTE_GROUP = -1;

    /** Learns and floods, in no group, as many stations as the bridge takes. */
    public static final PortSettings DEFAULT = new PortSettings(true, true, NO_GROUP, Integer.MAX_VALUE);

    /** A port with a cable of its own. */
    public PortSettings(boolean learn, boolean flood, int group, int stations) {
        this(learn, flood, group, stations, Side.HERE);
    }

    /** A port to another host; none of these sends to another. */
    public static PortSettings remote(boolean learn, boolean flood) {
        return new PortSettings(
                learn, true, REMOTE_GROUP, Integer.MAX_VALUE, flood ? Side.REMOTE : Side.REMOTE_UNFLOODED);
    }

    boolean isRemote() {
        return side != Side.HERE;
    }
}
