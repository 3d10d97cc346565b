package io.millrace.codec.capture;

import static io.millrace.codec.capture.Handmade.BIG;
import static io.millrace.codec.capture.Handmade.LITTLE;
import static io.millrace.codec.capture.Handmade.all;
import static io.millrace.codec.capture.Handmade.frame;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.zip.GZIPOutputStream;

/**
 * Reads files with seeded faults in them, mapped, as a stream and compressed: every one must give frames, a sentence or
 * both, the same each way, and end. Start {@link #main} with a number of files, a seed and, if tshark's opinion is
 * wanted, a folder that keeps the files whose frames are to be counted by it.
 */
final class CaptureFuzz {
    private static final byte[] ODD = {0, 1, 2, 3, 4, 6, 12, 20, 28, 32, 0x7F, (byte) 0x80, (byte) 0xFF, (byte) 0xFE};
    private static final int MOST_FRAMES = 100_000;

    private CaptureFuzz() {}

    record Tally(long files, long refused, long damaged, long whole, long frames) {
        Tally plus(Tally other) {
            return new Tally(
                    files + other.files,
                    refused + other.refused,
                    damaged + other.damaged,
                    whole + other.whole,
                    frames + other.frames);
        }
    }

    public static void main(String[] words) throws IOException {
        int files = words.length > 0 ? Integer.parseInt(words[0]) : 100_000;
        long seed = words.length > 1 ? Long.parseLong(words[1]) : 1;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        if (words.length > 2) {
            keep(random, files, Files.createDirectories(Path.of(words[2])));
            return;
        }
        Path folder = Files.createTempDirectory("millrace-fuzz");
        long start = System.nanoTime();
        Tally tally = run(random, files, folder);
        Files.delete(folder);
        System.out.println("seed " + seed + ": " + tally + " in " + (System.nanoTime() - start) / 1_000_000 + " ms");
    }

    static Tally run(RandomGenerator random, int files, Path folder) throws IOException {
        List<byte[]> seeds = seeds();
        Path file = folder.resolve("mutated");
        Tally tally = new Tally(0, 0, 0, 0, 0);
        for (int i = 0; i < files; i++) {
            byte[] bytes = mutate(random, seeds.get(random.nextInt(seeds.size())));
            List<String> mapped = tell(() -> CaptureReader.open(Files.write(file, bytes)));
            agree(i, mapped, tell(() -> CaptureReader.open(Files.write(file, gzip(bytes)))));
            tally = tally.plus(count(mapped));
            tell(() -> CaptureReader.of(new ByteArrayInputStream(damagedGzip(random, bytes)), "mutated"));
        }
        Files.delete(file);
        return tally;
    }

    private static void agree(int i, List<String> mapped, List<String> streamed) {
        if (!mapped.equals(streamed)) {
            throw new AssertionError(
                    "file " + i + " mapped: " + mapped.getLast() + "; streamed: " + streamed.getLast());
        }
    }

    private static Tally count(List<String> told) {
        String last = told.getLast();
        boolean refused = last.startsWith("refused"), whole = last.equals("whole");
        return new Tally(1, refused ? 1 : 0, refused || whole ? 0 : 1, whole ? 1 : 0, told.size() - 1);
    }

    private interface Opening {
        CaptureReader open() throws IOException;
    }

    /** A line for each frame, and at last how the file ended. */
    private static List<String> tell(Opening opening) {
        List<String> lines = new ArrayList<>();
        try (CaptureReader in = opening.open()) {
            int sum = 0;
            while (in.next()) {
                for (int i = 0; i < in.captured(); i++) {
                    sum = 31 * sum + in.buffer().getByte(in.offset() + i);
                }
                lines.add(in.number() + " " + in.time() + " " + in.captured() + " " + in.original() + " "
                        + in.interfaceName() + " " + in.position() + " " + sum);
                if (lines.size() > MOST_FRAMES) {
                    throw new AssertionError("more frames than the file can hold");
                }
            }
            String damage = in.damage();
            lines.add(damage == null ? "whole" : damage);
        } catch (CaptureException refused) {
            lines.add("refused: " + refused.getMessage());
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
        return lines;
    }

    private static void keep(RandomGenerator random, int files, Path folder) throws IOException {
        List<byte[]> seeds = seeds();
        for (int i = 0; i < files; i++) {
            Path file = folder.resolve("m" + i);
            Files.write(file, mutate(random, seeds.get(random.nextInt(seeds.size()))));
            List<String> told = tell(() -> CaptureReader.open(file));
            System.out.println(file.getFileName() + "\t" + (told.size() - 1) + "\t" + told.getLast());
        }
    }

    static List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (Handmade in : List.of(LITTLE, BIG)) {
            byte[] records =
                    all(in.record(frame(60)), in.record(frame(77)), in.record(frame(0)), in.record(frame(200)));
            seeds.add(all(in.pcap(), records));
            seeds.add(all(in.pcap(0xA1B23C4D, 2, 4, 100, 1), records));
            seeds.add(all(in.pcap(0xA1B2C3D4, 2, 3, 65535, 113), records));
            seeds.add(all(
                    in.section(),
                    in.iface(1, 0, in.option(2, "eth0"), in.option(9, (byte) 9), in.endOfOptions()),
                    in.iface(101, 96),
                    in.packet(0, frame(60)),
                    in.packet(1, frame(75), in.option(1, "remark"), in.endOfOptions()),
                    in.simple(33, frame(33)),
                    in.block(5, in.u32(0, 0, 0), in.option(4, in.i64(7)), in.endOfOptions()),
                    in.section(1, 0, 20 + 92),
                    in.iface(),
                    in.packet(0, frame(60)),
                    in.packet(0, frame(60))));
        }
        return seeds;
    }

    private static byte[] mutate(RandomGenerator random, byte[] seed) {
        byte[] bytes = seed.clone();
        int faults = 1 + random.nextInt(4);
        for (int i = 0; i < faults && bytes.length > 8; i++) {
            bytes = mutateOnce(random, bytes);
        }
        return bytes;
    }

    private static byte[] mutateOnce(RandomGenerator random, byte[] bytes) {
        int at = random.nextInt(bytes.length), length = Math.min(bytes.length - at, 1 + random.nextInt(64));
        switch (random.nextInt(7)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt();
            case 2 -> bytes[at] = ODD[random.nextInt(ODD.length)];
            case 3 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), ODD[random.nextInt(ODD.length)]);
            case 4 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 5 -> {
                return all(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + length, bytes.length));
            }
            default -> {
                return all(Arrays.copyOf(bytes, at + length), Arrays.copyOfRange(bytes, at, bytes.length));
            }
        }
        return bytes;
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] damagedGzip(RandomGenerator random, byte[] bytes) throws IOException {
        return mutateOnce(random, gzip(bytes));
    }
}
