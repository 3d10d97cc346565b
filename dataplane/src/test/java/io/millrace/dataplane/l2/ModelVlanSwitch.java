package io.millrace.dataplane.l2;

import io.millrace.dataplane.graph.Drop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A VLAN-aware switch as the standard tells it: one {@link ModelSwitch} for each VLAN. */
final class ModelVlanSwitch {
    record Member(int untagged, Set<Integer> tagged) {
        boolean of(int vid) {
            return vid == untagged || tagged.contains(vid);
        }
    }

    /** One frame that leaves. */
    @SuppressWarnings("ArrayRecordComponent") // departures are never compared
    record Departure(int port, int vid, byte[] frame) {}

    final Map<Integer, ModelSwitch> switches = new TreeMap<>();
    private final List<Member> members;

    ModelVlanSwitch(List<Member> members, long ageing, int limit) {
        this.members = members;
        for (var member : members) {
            var vids = new ArrayList<>(member.tagged);
            vids.add(member.untagged);
            for (int vid : vids) {
                switches.computeIfAbsent(vid, v -> new ModelSwitch(portsOf(v), ageing, limit));
            }
        }
    }

    private List<@Nullable PortSettings> portsOf(int vid) {
        var ports = new ArrayList<@Nullable PortSettings>();
        members.forEach(member -> ports.add(member.of(vid) ? PortSettings.DEFAULT : null));
        return ports;
    }

    /** Adds what leaves to {@code out}; or says why nothing does. */
    @Nullable
    Drop forward(int from, byte[] frame, long tick, List<Departure> out) {
        var member = members.get(from);
        if (frame.length < 14) {
            return Drop.ETHERNET_TRUNCATED;
        }
        boolean tagged = frame[12] == (byte) 0x81 && frame[13] == 0;
        if (tagged && frame.length < 18) {
            return Drop.VLAN_TRUNCATED;
        }
        int control = tagged ? (frame[14] & 0xFF) << 8 | (frame[15] & 0xFF) : 0;
        int vid = control & 0xFFF;
        if (vid == 0 && member.untagged == 0) {
            return Drop.VLAN_UNTAGGED;
        }
        if (vid == 0xFFF) {
            return Drop.VLAN_RESERVED;
        }
        int vlan = vid == 0 ? member.untagged : vid;
        var behind = switches.get(vlan);
        if (behind == null || !member.of(vlan)) {
            return Drop.VLAN_NOT_MEMBER;
        }
        byte[] bare = tagged ? joined(frame, 12, new byte[0], 16) : frame;
        byte[] tag = {(byte) 0x81, 0, (byte) (((control & 0xF000) | vlan) >> 8), (byte) vlan};
        var way = behind.forward(from, frame, tick);
        for (int port : way.ports()) {
            boolean strip = members.get(port).untagged == vlan;
            out.add(new Departure(port, vlan, strip ? bare : joined(bare, 12, tag, 12)));
        }
        return way.drop();
    }

    private static byte[] joined(byte[] frame, int keep, byte[] middle, int goOnAt) {
        byte[] joined = new byte[keep + middle.length + frame.length - goOnAt];
        System.arraycopy(frame, 0, joined, 0, keep);
        System.arraycopy(middle, 0, joined, keep, middle.length);
        System.arraycopy(frame, goOnAt, joined, keep + middle.length, frame.length - goOnAt);
        return joined;
    }
}
