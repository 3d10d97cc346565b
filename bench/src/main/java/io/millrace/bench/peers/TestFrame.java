package io.millrace.bench.peers;

import java.nio.ByteBuffer;

/**
 * The frame of every measurement: UDP over IPv4 from one of many hosts to one. The flow's number stands in the last
 * bytes of the source's MAC and IP address and in its port: to a switch 1000 flows are 1000 stations.
 */
final class TestFrame {
    /** The station that frames are for; it speaks once before each measurement, so that switches know its port. */
    static final byte[] STATION = {2, 0, 0, 0, (byte) 0xff, 2};

    static final int SOURCE_MAC_END = 10;
    static final int ID = 18;
    static final int SOURCE_IP_END = 28;
    static final int SOURCE_PORT = 34;
    /** Bytes of Ethernet, IPv4 and UDP together. */
    static final int HEADERS = 42;
    /** The first two bytes of payload: what makes up in the checksum for the flow's number. */
    static final int BALANCE = 42;

    static final int FIRST_ID = 0xF000;
    static final int FIRST_BALANCE = 0xF000;
    static final int FIRST_PORT = 1024;

    private static final int IP = 14;
    private static final int UDP = 34;

    private TestFrame() {}

    /** Flow 0, {@code length} bytes without the check sequence. */
    static byte[] of(Trip trip, int length) {
        var frame = ByteBuffer.allocate(length);
        frame.put(trip.mac()).put(new byte[] {2, 0, 0, 1, 0, 0}).putShort((short) 0x0800);
        frame.putShort((short) 0x4500).putShort((short) (length - IP));
        frame.putShort((short) FIRST_ID).putShort((short) 0).putShort((short) 0x4011);
        frame.putShort((short) 0); // the checksum, below
        frame.putInt(trip.source()).putInt(trip.destination());
        frame.putShort((short) FIRST_PORT).putShort((short) trip.port()).putShort((short) (length - UDP));
        frame.putShort((short) 0); // the checksum, below
        frame.putShort((short) FIRST_BALANCE);
        var packet = new Packet(frame);
        frame.putShort(IP + 10, (short) packet.headerChecksum());
        frame.putShort(UDP + 6, (short) packet.udpChecksum());
        return frame.array();
    }

    /** What the station says: a broadcast that no host answers. */
    static byte[] fromStation() {
        var frame = ByteBuffer.allocate(60);
        frame.put(new byte[] {-1, -1, -1, -1, -1, -1}).put(STATION).putShort((short) 0x88B5); // for experiments
        return frame.array();
    }
}
