package io.millrace.dataplane.l2;

import io.millrace.codec.EtherType;
import io.millrace.codec.EthernetHeader;
import io.millrace.codec.VlanTag;
import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Graph;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.Node;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way into a VLAN-aware switch, IEEE 802.1Q-2018 clauses 6.9.1 and 8.6.2: says to which VLAN a frame belongs,
 * whether its port is a member, and hands it to that VLAN's bridge. Learning is thereby per VLAN and address.
 *
 * <p>Behind this node every frame is tagged: an untagged one gets its port's VLAN, a priority tag (VID 0) gets it too
 * and keeps its priority. So a frame from trunk to trunk is not touched, and {@link VlanStrip} in front of a port
 * removes exactly one tag. A service tag (0x88A8) is data here.
 */
public final class VlanFilter extends Node {
    /** No VLAN: what comes untagged is dropped. */
    public static final int NONE = 0;

    private static final int VLAN_BITS = 0x0FFF;
    private static final int DROP = 1 << 16;
    private static final Drop[] DROPS = Drop.values();

    private final UnsafeBuffer bytes;
    private final EthernetHeader ethernet = new EthernetHeader();
    private final List<@Nullable Member> members = new ArrayList<>();
    private final @Nullable Link[] bridges = new Link[VLAN_BITS + 1];

    public VlanFilter(String name, Graph graph) {
        super(name, graph);
        this.bytes = graph.pool().buffer();
    }

    /** Puts the bridge of one VLAN behind this filter; {@code vid} from 1 to 4094. */
    public void vlan(int vid, Link toBridge) {
        bridges[vid] = toBridge;
    }

    /**
     * Admits a port.
     *
     * @param number what the frames of this port are stamped with
     * @param untagged the VLAN of what comes untagged or with VID 0; {@link #NONE}: such frames are dropped
     * @param tagged the VLANs whose tagged frames the port may send; {@code untagged} is one of them by itself
     */
    public void admit(int number, int untagged, BitSet tagged) {
        while (members.size() <= number) {
            members.add(null);
        }
        var vlans = (BitSet) tagged.clone();
        if (untagged != NONE) {
            vlans.set(untagged);
        }
        members.set(number, new Member(untagged, vlans));
    }

    private record Member(int untagged, BitSet vlans) {}

    @Override
    public void process(Link in) {
        for (int left = in.size(); left > 0; left--) {
            classify(in.poll());
        }
    }

    private void classify(long frame) {
        int vid = decide(frame);
        var witness = graph().witness();
        if (witness != null) {
            witness.decided(this, frame, vid);
        }
        if (vid >= DROP) {
            drop(frame, DROPS[vid - DROP]);
            return;
        }
        var bridge = bridges[vid];
        assert bridge != null : "a port is a member of VLAN " + vid + ", which has no bridge";
        send(bridge, tagged(frame, vid));
    }

    /** The frame's VLAN, or {@link #DROP} and the ordinal of the reason. */
    private int decide(long frame) {
        int port = Frame.ingress(frame);
        var member = port < members.size() ? members.get(port) : null;
        if (member == null) {
            return dropping(Drop.UNKNOWN_PORT);
        }
        int length = Frame.length(frame);
        if (length < EthernetHeader.LENGTH) {
            return dropping(Frame.isCut(frame) ? Drop.ETHERNET_CUT : Drop.ETHERNET_TRUNCATED);
        }
        int vid = 0;
        if (isTagged(frame)) {
            if (length < EthernetHeader.LENGTH + VlanTag.LENGTH) {
                return dropping(Frame.isCut(frame) ? Drop.ETHERNET_CUT : Drop.VLAN_TRUNCATED);
            }
            vid = vid(frame);
        }
        if (vid == 0) {
            return member.untagged == NONE ? dropping(Drop.VLAN_UNTAGGED) : member.untagged;
        }
        if (vid == VlanTag.RESERVED) {
            return dropping(Drop.VLAN_RESERVED);
        }
        return member.vlans.get(vid) ? vid : dropping(Drop.VLAN_NOT_MEMBER);
    }

    /** The frame with a tag of that VLAN: its own, its priority tag completed, or a new one of priority 0. */
    private long tagged(long frame, int vid) {
        int head = Frame.head(frame);
        if (isTagged(frame)) {
            if (vid(frame) == 0) {
                ethernet.tag((ethernet.tag() & ~VLAN_BITS) | vid);
            }
            return frame;
        }
        long longer = Frame.push(frame, VlanTag.LENGTH);
        long destination = ethernet.destination();
        long source = ethernet.source();
        ethernet.wrap(bytes, head - VlanTag.LENGTH)
                .destination(destination)
                .source(source)
                .type(EtherType.VLAN)
                .tag(vid);
        pool().shifted(longer, VlanTag.LENGTH);
        return longer;
    }

    private boolean isTagged(long frame) {
        return ethernet.wrap(bytes, Frame.head(frame)).type() == EtherType.VLAN;
    }

    private int vid(long frame) {
        return ethernet.wrap(bytes, Frame.head(frame)).tag() & VLAN_BITS;
    }

    private static int dropping(Drop why) {
        return DROP + why.ordinal();
    }

    @Override
    public String explain(int decision, long frame) {
        return decision >= DROP ? "drop: " + DROPS[decision - DROP].sentence() : "belongs to VLAN " + decision;
    }
}
