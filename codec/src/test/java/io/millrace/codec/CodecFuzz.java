package io.millrace.codec;

import io.millrace.codec.capture.LinkType;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Damaged frames through every decoder: none may throw, read a byte that is not the frame's, or go on for ever.
 *
 * <p>Each frame lies in a buffer of exactly its length, so that a read past either end throws, and again in the middle of
 * a larger one full of poison, which has to give the same text. Arguments: how many frames, the seed.
 */
public final class CodecFuzz {
    private static final LinkType[] LINKS = LinkType.values();
    private static final int[] TELLING = {
        0, 1, 4, 6, 17, 41, 43, 44, 47, 58, 60, 0x3F, 0x40, 0x45, 0x4F, 0x60, 0x7F, 0x80, 0xC0, 0xFF
    };
    private static final int[] TELLING_PAIRS = {
        0, 1, 7, 8, 20, 40, 53, 4789, 4790, 5353, 0x05DC, 0x0600, 0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x9100, 0xFFFF
    };

    private final List<OddFrame> seeds = OddFrame.all();
    private final SplittableRandom random;
    private final Classifier classifier = new Classifier();
    private final FrameText exact = new FrameText();
    private final FrameText poisoned = new FrameText();
    private final UnsafeBuffer tight = new UnsafeBuffer(0, 0);
    private final byte[] roomy = new byte[1 << 17];
    private final UnsafeBuffer wide = new UnsafeBuffer(roomy);

    CodecFuzz(long seed) {
        random = new SplittableRandom(seed);
    }

    public static void main(String[] arguments) {
        long frames = arguments.length > 0 ? Long.parseLong(arguments[0]) : 1_000_000;
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : System.nanoTime();
        System.out.println("CodecFuzz: " + frames + " frames, seed " + seed);
        long before = System.nanoTime();
        new CodecFuzz(seed).run(frames);
        System.out.printf("CodecFuzz: %.0f ns per frame%n", (double) (System.nanoTime() - before) / frames);
    }

    void run(long frames) {
        for (long i = 0; i < frames; i++) {
            byte[] frame = mutate(any().bytes());
            int original = random.nextInt(4) == 0 ? frame.length + random.nextInt(2000) : frame.length;
            var link = random.nextInt(8) == 0 ? LINKS[random.nextInt(LINKS.length)] : LinkType.ETHERNET;
            try {
                decode(link, frame, original);
            } catch (RuntimeException | AssertionError | StackOverflowError e) {
                throw new AssertionError(
                        "frame " + i + ", " + link + ", " + original + " bytes on the wire: "
                                + java.util.HexFormat.of().formatHex(frame),
                        e);
            }
        }
    }

    private OddFrame any() {
        return seeds.get(random.nextInt(seeds.size()));
    }

    private void decode(LinkType link, byte[] frame, int original) {
        tight.wrap(frame);
        sameByTheLongWay(link, frame.length, original);
        int length = exact.write(link, tight, 0, frame.length, original).length();
        if (random.nextInt(16) == 0) {
            int offset = random.nextInt(256);
            java.util.Arrays.fill(roomy, 0, offset + frame.length + 256, (byte) random.nextInt(256));
            System.arraycopy(frame, 0, roomy, offset, frame.length);
            String text = poisoned.of(link, wide, offset, frame.length, original);
            if (!text.equals(exact.of(link, tight, 0, frame.length, original)) || text.length() > length) {
                throw new AssertionError("bytes that are not the frame's changed the text: " + text);
            }
        }
    }

    /** One to four changes of the kinds that find faults in decoders. */
    byte[] mutate(byte[] frame) {
        byte[] changed = frame.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0 && changed.length > 0; changes--) {
            int at = random.nextInt(Math.min(changed.length, 120));
            switch (random.nextInt(8)) {
                case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> changed[at] = (byte) TELLING[random.nextInt(TELLING.length)];
                case 2 -> pair(changed, at, TELLING_PAIRS[random.nextInt(TELLING_PAIRS.length)]);
                case 3 -> changed = java.util.Arrays.copyOf(changed, random.nextInt(changed.length + 1));
                case 4 -> changed = splice(changed, at, any().bytes());
                case 5 -> changed = repeat(changed, at);
                case 6 -> changed = java.util.Arrays.copyOf(changed, changed.length + random.nextInt(64));
                default -> pair(changed, at, random.nextInt(0x10000));
            }
        }
        return changed;
    }

    private static void pair(byte[] frame, int at, int value) {
        frame[at] = (byte) (value >>> 8);
        if (at + 1 < frame.length) {
            frame[at + 1] = (byte) value;
        }
    }

    private byte[] splice(byte[] frame, int at, byte[] other) {
        int from = other.length == 0 ? 0 : random.nextInt(other.length);
        byte[] joined = java.util.Arrays.copyOf(frame, at + other.length - from);
        System.arraycopy(other, from, joined, at, other.length - from);
        return joined;
    }

    /** A tag, an option or a whole tunnel header, up to three hundred times. */
    private byte[] repeat(byte[] frame, int at) {
        int length = Math.min(frame.length - at, 1 + random.nextInt(random.nextBoolean() ? 8 : 60));
        int times = random.nextInt(random.nextInt(50) == 0 ? 300 : 6);
        byte[] longer = new byte[frame.length + length * times];
        System.arraycopy(frame, 0, longer, 0, at);
        for (int i = 0; i <= times; i++) {
            System.arraycopy(frame, at, longer, at + i * length, length);
        }
        System.arraycopy(frame, at + length, longer, at + length * (times + 1), frame.length - at - length);
        return longer;
    }

    /** What is recognised at a glance must be what the walk through all layers says. */
    private void sameByTheLongWay(LinkType link, int captured, int original) {
        var glance = classifier.classify(link, tight, 0, captured, original);
        var glanceFault = classifier.malformed();
        int glanceVlans = classifier.vlans();
        var walked = classifier.walk(link, tight, 0, captured, original);
        if (glance != walked || glanceFault != classifier.malformed() || glanceVlans != classifier.vlans()) {
            throw new AssertionError("at a glance " + glance + " " + glanceFault + ", walked through " + walked + " "
                    + classifier.malformed());
        }
    }
}
