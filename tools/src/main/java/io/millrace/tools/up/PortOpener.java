package io.millrace.tools.up;

import io.millrace.vtep.network.Endpoint;
import java.io.IOException;

/** Opens what an endpoint is plugged into. */
interface PortOpener {
    /**
     * Looks whether {@link #open} would work, and touches nothing.
     *
     * @throws IOException with the sentence that says why not
     */
    void check(Endpoint endpoint) throws IOException;

    /**
     * Opens it, and makes what has to be made for it.
     *
     * @throws IOException with a sentence for the user; nothing is left behind then
     */
    Opened open(Endpoint endpoint) throws IOException;

    /** Opens it again after its device was deleted and has come back; what was made stays made. */
    Opened reopen(Endpoint endpoint) throws IOException;
}
