package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.Frame;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * E2: one port floods the switch with random source addresses while two pairs talk. The pairs, who were there first, must
 * not notice; the table must not exceed its limit; and when the flood is over and its addresses have aged, a new station
 * is learned as if nothing had been.
 *
 * <p>Virtual time: the flood comes at 100,000 frames a second, or faster, so that it is over within the ageing time of
 * 300 s and every place stays taken.
 */
public final class MacFlood {
    private static final int PER_TURN = 200;
    private static final int FLOODER = 4;
    private static final String[] PORTS = {"a", "b", "c", "d", "flood"};
    private static final long MARK = 0x1E61_7000_0000_0000L;

    private final Lab lab;
    private final PlainSwitch web;
    private final SplittableRandom random;
    private final long frames;
    private final int limit;
    private final long[] came = new long[PORTS.length];
    private long strays;
    private long most;

    private MacFlood(long frames, int limit, long seed) {
        this.frames = frames;
        this.limit = limit;
        random = new SplittableRandom(seed);
        lab = new Lab(Lab.Scale.DEFAULT.stations(limit).cable(1024));
        web = lab.bridge("web").ports(PORTS);
    }

    /**
     * Runs the experiment.
     *
     * @param args how many addresses (10,000,000), the table's limit (65,536), the seed (1)
     */
    public static void main(String[] args) {
        long seed = Trial.argument(args, 2, 1);
        if (!run(Trial.argument(args, 0, 10_000_000), (int) Trial.argument(args, 1, 65_536), seed, true)) {
            System.exit(1);
        }
    }

    static boolean run(long frames, int limit, long seed, boolean alone) {
        return new MacFlood(frames, limit, seed).run(new Trial("MAC flood", seed, alone));
    }

    private boolean run(Trial trial) {
        introduce();
        long rssBefore = 0;
        long start = System.nanoTime();
        long turns = frames / PER_TURN;
        for (long turn = 0; turn < turns; turn++) {
            if (turn == turns / 10) {
                rssBefore = Trial.residentKib(); // code is compiled and all pages are touched by then
            }
            flood();
        }
        long took = System.nanoTime() - start;
        long grown = Trial.residentKib() - rssBefore;
        trial.say(
                "%,d random sources; %,d not learned",
                turns * PER_TURN, web.stations().refused());
        double rate = Trial.thousandsPerSecond(turns * (PER_TURN + 4), took);
        trial.checkAlone("flood, thousand frames a second", "%.0f".formatted(rate), rate >= 100, "at least 100");
        trial.check("most stations in the table", most, most <= limit, "never over " + limit);
        long lost = 0;
        for (int i = 0; i < FLOODER; i++) {
            lost += turns - came[i];
        }
        trial.check("frames of the pairs lost", lost, lost == 0, "0 of " + 4 * turns);
        trial.check("frames of the pairs flooded", strays, strays == 0, "0");
        trial.checkAlone("resident memory grown, KiB", grown, grown <= 16 * 1024, "at most 16384");
        afterwards(trial);
        lab.close();
        return trial.end();
    }

    /** The pairs speak once, so that the switch knows them before the flood begins. */
    private void introduce() {
        for (int i = 0; i < FLOODER; i++) {
            lab.alsoGiven(PORTS[i], Bytes.padded(60, "ff ff ff ff ff ff", "02 00 00 00 00 0" + i, "08 00"));
        }
        forget();
    }

    private void flood() {
        for (int i = 0; i < PER_TURN; i++) {
            long source = (random.nextLong() & 0xFEFF_FFFF_FFFFL) | 1L << 41;
            put(FLOODER, (random.nextLong() & 0xFEFF_FFFF_FFFFL) | 1L << 41, source, 0);
        }
        for (int i = 0; i < FLOODER; i++) {
            put(i, station(i ^ 1), station(i), MARK | i ^ 1);
        }
        lab.later(PER_TURN * 10_000L);
        lab.turn(this::arrive);
        most = Math.max(most, Math.max(web.stations().size(), lab.stations().size()));
    }

    private static long station(int i) {
        return 0x0200_0000_0000L | i;
    }

    private void put(int port, long destination, long source, long mark) {
        var pool = lab.pool();
        long frame = pool.allocate(60);
        int head = Frame.head(frame);
        var buffer = pool.buffer();
        buffer.putLong(head, destination << 16, ByteOrder.BIG_ENDIAN);
        buffer.putLong(head + 6, source << 16, ByteOrder.BIG_ENDIAN);
        buffer.putShort(head + 12, (short) 0x88B5, ByteOrder.BIG_ENDIAN);
        buffer.putLong(head + 16, mark);
        if (!lab.end(PORTS[port]).put(frame)) {
            throw new IllegalStateException("the cable of " + PORTS[port] + " is full");
        }
    }

    /** A frame of the pairs carries the port it must arrive at, and comes nowhere else. */
    private void arrive(String port, long frame) {
        long mark = lab.pool().buffer().getLong(Frame.head(frame) + 16);
        lab.pool().free(frame);
        if ((mark & MARK) == MARK) {
            int to = (int) (mark & 7);
            if (PORTS[to].equals(port)) {
                came[to]++;
            } else {
                strays++;
            }
        }
    }

    /** The flood's addresses age; the switch is then as it was. */
    private void afterwards(Trial trial) {
        lab.later(lab.scale().ageing() + Lab.SECOND);
        for (int i = 0; i < FLOODER; i++) {
            lab.alsoGiven(PORTS[i], Bytes.padded(60, "ff ff ff ff ff ff", "02 00 00 00 00 0" + i, "08 00"));
        }
        lab.alsoGiven("flood", Bytes.padded(60, "ff ff ff ff ff ff", "02 00 00 00 00 09", "08 00"));
        forget();
        lab.alsoGiven("a", Bytes.padded(60, "02 00 00 00 00 09", "02 00 00 00 00 00", "08 00"));
        boolean alone = lab.take("flood").size() == 1
                && lab.take("b").isEmpty()
                && lab.take("c").isEmpty()
                && lab.take("d").isEmpty();
        trial.check("after the ageing time a newcomer is learned", alone, alone, "true");
        for (int i = 0; i < 5 * limit / 64 + 10; i++) {
            lab.turn();
        }
        int left = web.stations().size();
        trial.check("stations left when all was swept", left, left == 5, "the pairs and the newcomer: 5");
    }

    private void forget() {
        for (String port : PORTS) {
            lab.take(port);
        }
    }
}
