package io.millrace.tools.up;

import io.millrace.dataplane.port.CaptureRing;
import io.millrace.dataplane.port.CaptureTap;
import io.millrace.tools.tap.Taps;

/** Taps around the ports of a topology that runs, laid and taken away between two turns of its worker. */
final class PortTaps implements Taps {
    private final Running running;

    PortTaps(Running running) {
        this.running = running;
    }

    @Override
    public boolean lay(String port, CaptureRing ring) {
        var socket = running.taps().get(port);
        return socket != null && running.ask(() -> CaptureTap.lay(socket, ring));
    }

    @Override
    public void takeAway(String port, CaptureRing ring) {
        var socket = running.taps().get(port);
        if (socket != null) {
            running.change(() -> CaptureTap.takeAway(socket, ring));
        }
    }
}
