package io.millrace.tools.probe;

/** The same on AF_XDP. */
class NatOverXdpTest extends NatTest {
    @Override
    String kind() {
        return "xdp";
    }
}
