package io.millrace.dataplane.l2;

import io.millrace.dataplane.trials.Lab;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Random frames between few stations, so that moves, replies, floods and frames to one's own port are frequent. */
final class Traffic {
    private static final long[] GROUPS = {0xFFFF_FFFF_FFFFL, 0x0100_5E00_0001L, 0x3333_0000_0001L, 0x0180_C200_0010L};

    private final SplittableRandom random;
    private final int ports;
    private final int stations;
    private int serial;

    Traffic(SplittableRandom random, int ports) {
        this.random = random;
        this.ports = ports;
        this.stations = 1 + random.nextInt(12);
    }

    /** A station; each is at home behind one port, and roams. */
    private long station(int i) {
        return 0x0200_0000_0000L | (i + 1) * 0x0101L;
    }

    int portOf(long source) {
        return random.nextInt(5) == 0 ? random.nextInt(ports) : (int) (source % ports);
    }

    long source() {
        return switch (random.nextInt(24)) {
            case 0 -> 0;
            case 1 -> GROUPS[random.nextInt(GROUPS.length)];
            default -> station(random.nextInt(stations));
        };
    }

    long destination() {
        return switch (random.nextInt(24)) {
            case 0 -> 0;
            case 1 -> 0x0180_C200_0000L + random.nextInt(18);
            case 2 -> 0x0200_0000_0000L + random.nextInt(1 << 30);
            case 3, 4, 5 -> GROUPS[random.nextInt(GROUPS.length)];
            default -> station(random.nextInt(stations));
        };
    }

    /** A frame for plain switches: of any length, of any type. */
    byte[] frame(long source) {
        int length = random.nextInt(16) == 0 ? random.nextInt(22) : 22 + random.nextInt(60);
        return Arrays.copyOf(withSerial(header(source, Math.max(length, 22)).putShort((short) type())), length);
    }

    /** A frame for VLAN-aware switches: mostly with tags of the VLANs given, or with others, or cut. */
    byte[] tagged(long source, int[] vids) {
        var frame = header(source, 30 + random.nextInt(50));
        int tags = random.nextInt(4);
        for (int i = 0; i < tags; i++) {
            frame.putShort((short) (random.nextInt(10) == 0 ? 0x88A8 : 0x8100));
            frame.putShort((short) (random.nextInt(16) << 12 | vid(vids)));
        }
        byte[] whole = withSerial(frame.putShort((short) 0x88B5));
        if (random.nextInt(30) == 0) {
            return Arrays.copyOf(whole, random.nextInt(tags > 0 && whole[12] == (byte) 0x81 ? 18 : 14));
        }
        return whole;
    }

    private int vid(int[] vids) {
        return switch (random.nextInt(12)) {
            case 0 -> 0;
            case 1 -> 4095;
            case 2 -> random.nextInt(4096);
            default -> vids[random.nextInt(vids.length)];
        };
    }

    private int type() {
        int[] types = {0x0800, 0x8100, 0x88A8, 0x0026, 0xFFFF};
        return types[random.nextInt(types.length)];
    }

    private ByteBuffer header(long source, int length) {
        return ByteBuffer.allocate(length)
                .putLong(0, destination() << 16)
                .putLong(6, source << 16)
                .position(12);
    }

    /** Each frame ends with a number of its own. */
    private byte[] withSerial(ByteBuffer frame) {
        byte[] bytes = new byte[frame.limit()];
        frame.putInt(frame.limit() - 4, serial++).get(0, bytes);
        return bytes;
    }

    static int serial(byte[] frame) {
        return ByteBuffer.wrap(frame).getInt(frame.length - 4);
    }

    /** How long nothing happens, in ns: often not at all, often close to the ageing time. */
    long pause(long ageing) {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextLong(MacTable.TICK);
            case 1 -> random.nextLong(Lab.SECOND);
            case 2 -> random.nextLong(ageing);
            case 3 -> ageing - MacTable.TICK + random.nextLong(3) * MacTable.TICK;
            case 4 -> random.nextInt(10) == 0 ? 100 * ageing : ageing;
            default -> 0;
        };
    }
}
