package io.millrace.dataplane.l2;

import io.millrace.dataplane.graph.Link;

/**
 * One port as its bridge sees it.
 *
 * @param number the port's number on its switch, from 0
 * @param out leads to where frames leave
 * @param settings what the port may do
 */
record BridgePort(int number, Link out, PortSettings settings) {
    /** Whether both ports belong to one split-horizon group. */
    boolean isSeparateFrom(BridgePort other) {
        return settings.group() != PortSettings.NO_GROUP && settings.group() == other.settings.group();
    }
}
