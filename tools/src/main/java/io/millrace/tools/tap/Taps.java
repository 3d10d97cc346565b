package io.millrace.tools.tap;

import io.millrace.dataplane.port.CaptureRing;

/** Lays taps around the ports of a dataplane that runs. Any thread. */
public interface Taps {
    /**
     * Has a port's frames shown to a ring, also those of what is plugged in later.
     *
     * @return false when there is no port of that name
     */
    boolean lay(String port, CaptureRing ring);

    /** Takes that tap away again. */
    void takeAway(String port, CaptureRing ring);
}
