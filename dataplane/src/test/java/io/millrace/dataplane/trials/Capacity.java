package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.Frame;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntToLongFunction;

/**
 * E23, after RFC 2889 sections 5.7 and 5.8: how many addresses the switch learns (as many as its limit says) and how fast
 * (each learning frame with a new source, one after the other). Then every address is called once: each call must reach
 * its station's port and no other. One address more than the limit is not learned, and forgets nobody.
 */
public final class Capacity {
    private static final int BATCH = 200;
    private static final String[] PORTS = {"learn", "call", "watch"};

    private final Lab lab;
    private final PlainSwitch web;
    private final int limit;
    private final long[] came = new long[3];

    private Capacity(int limit) {
        this.limit = limit;
        lab = new Lab(Lab.Scale.DEFAULT.stations(limit).cable(1024));
        web = lab.bridge("web").ports(PORTS);
    }

    /**
     * Runs the experiment.
     *
     * @param args the limit of the table (65,536; then again with 1,000,000)
     */
    public static void main(String[] args) {
        boolean passed = args.length > 0
                ? run((int) Trial.argument(args, 0, 0), true)
                : run(65_536, true) & run(1_000_000, true);
        if (!passed) {
            System.exit(1);
        }
    }

    static boolean run(int limit, boolean alone) {
        return new Capacity(limit).run(new Trial("address capacity and learning rate", 0, alone));
    }

    private boolean run(Trial trial) {
        put(1, 0xFFFF_FFFF_FFFFL, 0x0600_0000_0000L); // the caller is a station too
        lab.turn(this::arrive);
        long start = System.nanoTime();
        long learning = sendAll(0, i -> 0x0600_0000_0000L, i -> station(i), limit - 1);
        long took = System.nanoTime() - start;
        trial.check("stations learned", web.stations().size(), web.stations().size() == limit, "the limit: " + limit);
        double rate = Trial.thousandsPerSecond(learning, took);
        trial.checkAlone("learning, thousand a second", "%.0f".formatted(rate), rate >= 100, "at least 100");

        put(0, 0x0600_0000_0000L, station(limit)); // one too many
        lab.turn(this::arrive);
        trial.check(
                "one more is refused",
                web.stations().refused(),
                web.stations().refused() == 1 && web.stations().size() == limit,
                "1, and the count stays");

        Arrays.fill(came, 0);
        long called = sendAll(1, i -> station(i), i -> 0x0600_0000_0000L, limit - 1);
        trial.check("calls that reached their station", came[0], came[0] == called, "all " + called);
        trial.check("calls flooded", came[2], came[2] == 0, "0");
        lab.close();
        return trial.end();
    }

    private long sendAll(int port, IntToLongFunction to, IntToLongFunction from, int n) {
        for (int i = 0; i < n; ) {
            for (int end = Math.min(n, i + BATCH); i < end; i++) {
                put(port, to.applyAsLong(i), from.applyAsLong(i));
            }
            lab.turn(this::arrive);
        }
        return n;
    }

    private static long station(int i) {
        return 0x0200_0000_0000L + i;
    }

    private void put(int port, long destination, long source) {
        var pool = lab.pool();
        long frame = pool.allocate(60);
        int head = Frame.head(frame);
        pool.buffer().putLong(head, destination << 16, ByteOrder.BIG_ENDIAN);
        pool.buffer().putLong(head + 6, source << 16, ByteOrder.BIG_ENDIAN);
        pool.buffer().putShort(head + 12, (short) 0x88B5, ByteOrder.BIG_ENDIAN);
        if (!lab.end(PORTS[port]).put(frame)) {
            throw new IllegalStateException("the cable of " + PORTS[port] + " is full");
        }
    }

    private void arrive(String port, long frame) {
        lab.pool().free(frame);
        for (int i = 0; i < PORTS.length; i++) {
            came[i] += PORTS[i].equals(port) ? 1 : 0;
        }
    }
}
