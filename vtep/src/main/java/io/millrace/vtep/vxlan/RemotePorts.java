package io.millrace.vtep.vxlan;

import io.millrace.dataplane.graph.Link;
import io.millrace.dataplane.l2.PortSettings;

/** The switch of an overlay, as its tunnel sees it: each other host is a port there. The worker's thread. */
public interface RemotePorts {
    /**
     * Plugs in one more other host.
     *
     * @param name what users call it
     * @return the number its frames are to be stamped with, and frames for it will be
     */
    int plug(String name, PortSettings settings);

    /** Takes a host away; what was known to be there is forgotten at once. */
    void unplug(int number);

    /** Leads into the switch. */
    Link into();

    /** Enters a station that is known to be at another host; false when the table is full. */
    boolean enter(long mac, int number);

    /** Forgets a station. */
    void forget(long mac);
}
