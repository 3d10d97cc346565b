package io.millrace.tools.probe;

/** The same on AF_PACKET. */
class NatOverPacketTest extends NatTest {
    @Override
    String kind() {
        return "packet";
    }
}
