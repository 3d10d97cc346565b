package io.millrace.tools.probe;

/** The same with the network's ports on AF_XDP. */
class VxlanSentOverXdpTest extends VxlanSentTest {
    @Override
    String kind() {
        return "xdp";
    }
}
