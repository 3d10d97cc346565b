package io.millrace.tools.up;

import io.millrace.dataplane.graph.Port;
import java.util.List;

/**
 * What an endpoint is plugged into, opened.
 *
 * @param device the interface whose comings and goings decide about the port; empty: there is none
 * @param index that interface's number
 * @param mac that interface's Ethernet address
 * @param how what it is and why, for a person: {@code AF_PACKET, virtio-net headers (a veth hands over segments whole)}
 * @param roams whether the device may leave for another namespace and be served all the same
 * @param refresh has the port look at its interface anew; on the worker's thread
 * @param around what else has to be closed, in this order, after the port
 * @param made what was made or changed so that there is something to open: taken back, in this order, in the very end
 */
record Opened(
        Port port,
        String device,
        int index,
        long mac,
        String how,
        boolean roams,
        Runnable refresh,
        List<Undo> around,
        List<Undo> made) {
    Opened {
        around = List.copyOf(around);
        made = List.copyOf(made);
    }

    /** Takes something back that was done for a port. */
    interface Undo {
        void undo() throws Exception;
    }
}
