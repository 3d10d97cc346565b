package io.millrace.tools.replay;

import io.millrace.codec.EthernetHeader;
import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.graph.PortCounters;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Which port of a switch a station is plugged into. */
interface Sockets {
    /** The source of a frame that has none. */
    long NOBODY = 0;

    /** The socket of the station with this address; any 48 bits, a group or {@link #NOBODY} too. */
    Socket of(long source);

    /**
     * The socket of a frame: that of its source, unless what is in it says more; null: it is a recorded gateway's own, and
     * enters nowhere.
     */
    default @Nullable Socket of(long source, UnsafeBuffer bytes, int offset, int length) {
        return of(source);
    }

    /** Whether an address can be a station's. */
    static boolean isStation(long address) {
        return address != NOBODY && !EthernetHeader.isGroup(address);
    }

    /**
     * One port of a switch, as a replay sees it.
     *
     * @param name what users call it
     * @param number its number on the switch
     * @param network the switch's network
     * @param received what came in by it; for the balance of all frames the capture counts as the one port they came by
     * @param toSwitch where the frames that come in by it go
     */
    record Socket(String name, int number, String network, PortCounters received, Link toSwitch) {}
}
