package io.millrace.vtep.network;

import org.jspecify.annotations.Nullable;

/**
 * How the switch treats one port.
 *
 * @param vlan null: the service says nothing about VLANs
 * @param guard whether source MAC and IP must be the endpoint's own; null: as the attachment's kind has it
 * @param learn whether source addresses are learned here
 * @param flood whether frames for unknown individual addresses leave here; broadcast and multicast always do
 * @param group ports of one group never exchange frames (split horizon); null: none
 * @param macLimit how many addresses may be learned here; null: only the network's own limit
 * @param storm how many frames a second may come in here to be flooded; {@link #NO_STORM_CAP}: any number; null: as the
 *     ports of this run have it
 */
public record SwitchPort(
        @Nullable Vlan vlan,
        @Nullable Boolean guard,
        boolean learn,
        boolean flood,
        @Nullable String group,
        @Nullable Integer macLimit,
        @Nullable Integer storm) {
    /** No limit to what is flooded. */
    public static final int NO_STORM_CAP = 0;

    /** The highest storm cap, in frames a second. */
    public static final int HIGHEST_STORM_CAP = 100_000_000;

    /** Learns, floods, in no group, with no limit of its own. */
    public static final SwitchPort DEFAULT = new SwitchPort(null, null, true, true, null, null);

    /** A port about whose storms nothing is said. */
    public SwitchPort(
            @Nullable Vlan vlan,
            @Nullable Boolean guard,
            boolean learn,
            boolean flood,
            @Nullable String group,
            @Nullable Integer macLimit) {
        this(vlan, guard, learn, flood, group, macLimit, null);
    }

    public SwitchPort {
        if (group != null && group.isBlank()) {
            throw new IllegalArgumentException("a group of ports needs a name");
        }
        if (macLimit != null) {
            Words.within("mac_limit", macLimit, 1, Segment.MOST_MACS);
        }
        if (storm != null) {
            Words.within("storm", storm, NO_STORM_CAP, HIGHEST_STORM_CAP);
        }
    }

    /** The same port in this group alone. */
    public SwitchPort withGroup(String other) {
        return new SwitchPort(vlan, guard, learn, flood, other, macLimit, storm);
    }

    public SwitchPort withStorm(@Nullable Integer other) {
        return new SwitchPort(vlan, guard, learn, flood, group, macLimit, other);
    }
}
