package io.millrace.vtep.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Frames of TCP and UDP as a container sends them, finished or with the checksum left to a network card. */
record Inner(boolean v6, boolean tcp, int payload) {
    private static final String MACS = "02000000000b" + "02000000000a";

    /** Where the TCP or UDP header begins. */
    int transport() {
        return v6 ? 54 : 34;
    }

    /** Where the checksum is, from there. */
    int checksumOffset() {
        return tcp ? 16 : 6;
    }

    int headers() {
        return transport() + (tcp ? 20 : 8);
    }

    int length() {
        return headers() + payload;
    }

    /** The frame; the checksum field holds the sum of the pseudo-header alone, as a kernel leaves it to a card. */
    byte[] unfinished() {
        var frame = ByteBuffer.allocate(length()).put(HexFormat.of().parseHex(MACS));
        int length = length() - transport();
        int protocol = tcp ? 6 : 17;
        if (v6) {
            frame.putShort((short) 0x86DD)
                    .putInt(6 << 28)
                    .putShort((short) length)
                    .put((byte) protocol)
                    .put((byte) 64);
            frame.put(HexFormat.of().parseHex("fd00000000000000000000000000000a" + "fd00000000000000000000000000000b"));
        } else {
            frame.putShort((short) 0x0800)
                    .putShort((short) 0x4500)
                    .putShort((short) (20 + length))
                    .putShort((short) 7);
            frame.putShort((short) 0x4000).put((byte) 64).put((byte) protocol).putShort((short) 0);
            frame.put(HexFormat.of().parseHex("0a000001" + "0a000002"));
            frame.putShort(24, (short) ~Outer.sum(frame.array(), 14, 20));
        }
        frame.putShort((short) 1000).putShort((short) 80);
        if (tcp) {
            frame.putInt(0x7FFF_FF00)
                    .putInt(1)
                    .putShort((short) 0x5018)
                    .putShort((short) 1000)
                    .putInt(0);
        } else {
            frame.putShort((short) length).putShort((short) 0);
        }
        for (int i = 0; i < payload; i++) {
            frame.put((byte) (i * 7 + (i >> 8)));
        }
        int pseudoHeader = Outer.datagramSum(zeroed(frame.array()), transport(), length);
        frame.putShort(transport() + checksumOffset(), (short) pseudoHeader);
        return frame.array();
    }

    /** Only the pseudo-header counts. */
    private byte[] zeroed(byte[] frame) {
        byte[] zeroed = new byte[frame.length];
        System.arraycopy(frame, 0, zeroed, 0, transport());
        return zeroed;
    }

    /** The frame, its checksum in place. */
    byte[] finished() {
        var frame = ByteBuffer.wrap(unfinished());
        int at = transport() + checksumOffset();
        frame.putShort(at, (short) 0);
        int sum = ~Outer.datagramSum(frame.array(), transport(), length() - transport()) & 0xFFFF;
        return frame.putShort(at, (short) (sum == 0 ? 0xFFFF : sum)).array();
    }

    /** Asserts that a frame's lengths fit it and all its checksums are right. */
    void checkSound(byte[] frame) {
        var fields = ByteBuffer.wrap(frame);
        int length = frame.length - transport();
        if (v6) {
            assertThat(fields.getShort(18) & 0xFFFF).isEqualTo(length);
        } else {
            assertThat(fields.getShort(16) & 0xFFFF).isEqualTo(20 + length);
            assertThat(Outer.sum(frame, 14, 20)).isEqualTo(0xFFFF);
        }
        if (!tcp) {
            assertThat(fields.getShort(38 + (v6 ? 20 : 0)) & 0xFFFF).isEqualTo(length);
        }
        assertThat(Outer.datagramSum(frame, transport(), length)).as("the sum").isEqualTo(0xFFFF);
    }
}
