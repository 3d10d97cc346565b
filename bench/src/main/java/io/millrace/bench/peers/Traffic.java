package io.millrace.bench.peers;

/**
 * What a flood consists of.
 *
 * @param length bytes of a frame without its check sequence
 * @param flows how many stations send
 * @param warmUp milliseconds before the window
 * @param window milliseconds that are counted
 * @param trip what the frames are addressed to
 */
record Traffic(int length, int flows, int warmUp, int window, Trip trip) {
    /** Frames for a switch. */
    Traffic(int length, int flows, int warmUp, int window) {
        this(length, flows, warmUp, window, Trip.SWITCHED);
    }
}
