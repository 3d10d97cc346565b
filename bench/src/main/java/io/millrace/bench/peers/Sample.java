package io.millrace.bench.peers;

/**
 * One window of a flood through a device.
 *
 * @param sent frames a second that the generator made, 0 where only the window was watched
 * @param offered frames a second that came to the device's interface
 * @param forwarded frames a second that the receiver got
 * @param cores how many cores were busy, of all that the machine has
 * @param own parts of a core that the device's own processes took
 */
record Sample(double sent, double offered, double forwarded, double cores, double own) {
    /** Part of what was offered that did not come out. */
    double loss() {
        return offered <= 0 ? 0 : Math.max(0, 1 - forwarded / offered);
    }

    /** Nanoseconds of all cores together for each forwarded frame, the generator's own included. */
    double nanos() {
        return forwarded <= 0 ? Double.NaN : cores * 1e9 / forwarded;
    }
}
