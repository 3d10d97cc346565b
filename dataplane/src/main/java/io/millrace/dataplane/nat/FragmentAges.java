package io.millrace.dataplane.nat;

import org.jspecify.annotations.Nullable;

/** Fragmented packets from the oldest to the youngest; each is in one such list at most. */
final class FragmentAges {
    private @Nullable FragmentedPacket oldest;
    private @Nullable FragmentedPacket youngest;

    @Nullable
    FragmentedPacket oldest() {
        return oldest;
    }

    /** Adds a packet, which is in no list, as the youngest. */
    void add(FragmentedPacket packet) {
        packet.ages = this;
        link(youngest, packet);
        link(packet, null);
    }

    /** Takes a packet out of the list that it is in. */
    static void remove(FragmentedPacket packet) {
        var list = packet.ages;
        if (list != null) {
            list.link(packet.older, packet.younger);
            packet.ages = null;
        }
    }

    private void link(@Nullable FragmentedPacket one, @Nullable FragmentedPacket other) {
        if (one == null) {
            oldest = other;
        } else {
            one.younger = other;
        }
        if (other == null) {
            youngest = one;
        } else {
            other.older = one;
        }
    }
}
