package io.millrace.vtep.network;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** How a port of a VLAN-aware network treats tags, IEEE 802.1Q. VIDs are 1 to 4,094. */
public sealed interface Vlan {
    /** Linux' and 802.1Q's default. */
    int DEFAULT_VID = 1;

    /** What a port without a word about VLANs is, once its network is VLAN-aware. */
    Vlan DEFAULT = new Access(DEFAULT_VID);

    /** Untagged outside, one VLAN inside. */
    record Access(int vid) implements Vlan {
        public Access {
            check(vid);
        }
    }

    /**
     * Tagged outside.
     *
     * @param vids the VLANs that pass with a tag, ascending
     * @param nativeVid the VLAN that untagged frames belong to and that leaves untagged; null: untagged frames are dropped
     */
    record Trunk(Set<Integer> vids, @Nullable Integer nativeVid) implements Vlan {
        public Trunk {
            vids = Collections.unmodifiableSet(new TreeSet<>(vids));
            vids.forEach(Vlan::check);
            if (vids.isEmpty()) {
                throw new IllegalArgumentException("a trunk carries at least one VLAN");
            }
            if (nativeVid != null) {
                check(nativeVid);
            }
        }
    }

    private static void check(int vid) {
        Words.within("VLAN", vid, 1, 4094);
    }
}
