package io.millrace.dataplane.l2;

/**
 * What a port of a switch may do.
 *
 * @param learn whether source addresses heard here are learned
 * @param flood whether frames for unknown individual addresses are flooded to here; broadcast and multicast always are
 * @param group ports of one group never exchange frames (split horizon); {@link #NO_GROUP} for none
 * @param stations the most stations learned here
 */
public record PortSettings(boolean learn, boolean flood, int group, int stations) {
    public static final int NO_GROUP = 0;

    /** Learns and floods, in no group, as many stations as the bridge takes. */
    public static final PortSettings DEFAULT = new PortSettings(true, true, NO_GROUP, Integer.MAX_VALUE);
}
