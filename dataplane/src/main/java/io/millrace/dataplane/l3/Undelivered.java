package io.millrace.dataplane.l3;

import io.millrace.dataplane.graph.Drop;

/** Is told of frames that were to be sent through a next hop, and are not. The worker's thread. */
@FunctionalInterface
public interface Undelivered {
    /**
     * The frame ends when this returns.
     *
     * @param frame with the headers it was to leave with but for its Ethernet addresses
     * @param why {@link Drop#NEXT_HOP_SILENT}: the hop has not answered; {@link Drop#NO_ROUTE}: it cannot be asked; or that it
     *     was not needed or there was no room to wait
     */
    void lost(long frame, Drop why);
}
