package io.millrace.tools.probe;

/** The same with the network's ports on AF_XDP. */
class VxlanOverXdpTest extends VxlanTest {
    @Override
    String kind() {
        return "xdp";
    }
}
