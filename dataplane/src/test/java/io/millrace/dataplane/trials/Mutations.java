package io.millrace.dataplane.trials;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/** Frames that are almost right: built as a station would, then spoiled in one or two ways. */
final class Mutations {
    private static final int LONGEST = 65_600;
    private static final long[] ADDRESSES = {
        0x0200_0000_0001L, 0x0200_0000_0002L, 0x0200_0000_0003L, 0x0200_0000_0004L, 0x0200_0000_0005L,
        0xFFFF_FFFF_FFFFL, 0x0100_5E00_0001L, 0x3333_0000_0001L, 0x0180_C200_0000L, 0x0180_C200_000FL,
        0x0180_C200_0010L, 0x0000_0000_0000L
    };
    private static final int[] TYPES = {0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8, 0x9100, 0x0000, 0x05DC, 0x0600, 0xFFFF};
    private static final int[] TAGS = {0x8100, 0x8100, 0x88A8, 0x9100};
    private static final int[] VIDS = {0, 1, 10, 20, 4094, 4095};

    private final SplittableRandom random;
    private final byte[] bytes = new byte[LONGEST];
    private final ByteBuffer frame = ByteBuffer.wrap(bytes);

    Mutations(SplittableRandom random) {
        this.random = random;
        random.nextBytes(bytes);
    }

    /** Where the frame is: in the first so many bytes as {@link #next} said. */
    byte[] bytes() {
        return bytes;
    }

    /** Makes the next frame; returns its length, from 0. */
    int next() {
        int header = build();
        int length = length(header);
        for (int i = random.nextInt(3); i > 0; i--) {
            length = mutate(header, length);
        }
        return length;
    }

    private int build() {
        frame.putLong(0, address() << 16).putLong(6, address() << 16);
        int at = 12;
        for (int tags = random.nextInt(3) == 0 ? random.nextInt(9) : random.nextInt(2); tags > 0; tags--) {
            frame.putShort(at, (short) TAGS[random.nextInt(TAGS.length)]);
            frame.putShort(at + 2, (short) (random.nextInt(16) << 12 | VIDS[random.nextInt(VIDS.length)]));
            at += 4;
        }
        frame.putShort(at, (short) TYPES[random.nextInt(TYPES.length)]);
        return at + 2;
    }

    private long address() {
        return switch (random.nextInt(16)) {
            case 0 -> random.nextLong(1L << 48);
            case 1, 2, 3 -> ADDRESSES[random.nextInt(ADDRESSES.length)];
            default -> ADDRESSES[random.nextInt(5)];
        };
    }

    private int length(int header) {
        return switch (random.nextInt(64)) {
            case 0 -> random.nextInt(9217);
            case 1 -> random.nextInt(8) == 0 ? 60_000 + random.nextInt(LONGEST - 60_000) : 1500 + random.nextInt(40);
            case 2, 3, 4 -> header;
            default -> header + random.nextInt(80);
        };
    }

    private int mutate(int header, int length) {
        if (length == 0) {
            return 0;
        }
        switch (random.nextInt(5)) {
            case 0 -> {
                return random.nextInt(Math.min(length, header + 4) + 1); // cut anywhere in the headers
            }
            case 1 -> {
                int at = random.nextInt(Math.min(length, header + 2));
                bytes[at] ^= (byte) (1 << random.nextInt(8));
            }
            case 2 -> bytes[random.nextInt(length)] = (byte) random.nextInt();
            case 3 -> { // the first tag, or whatever is there, once more
                int tail = Math.min(length, LONGEST - 4) - 12;
                if (tail > 4) {
                    System.arraycopy(bytes, 12, bytes, 16, tail);
                    return 16 + tail;
                }
            }
            default -> frame.putShort(12, (short) random.nextInt()); // a length or type at random
        }
        return length;
    }
}
