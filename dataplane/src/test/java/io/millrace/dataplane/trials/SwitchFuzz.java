package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.l2.PortSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * E1 for the switch: frames that were mutated with an eye for their structure (tags repeated, lengths that lie, cut at
 * any byte, addresses that must not be) through plain and VLAN-aware switches. Nothing may throw; after every turn each
 * frame is accounted for and the pool is whole; what leaves is no longer than what came plus one tag; and the chunks
 * between those in use, filled with a pattern beforehand, are never written to.
 */
public final class SwitchFuzz {
    private static final int TURNS_PER_SWITCH = 1000;
    private static final int TURNS_PER_LOOK = 250;
    private static final int BATCH = 32;
    private static final byte GUARD = (byte) 0xA5;

    private final SplittableRandom random;
    private final Mutations mutations;
    private long sent;
    private long arrivals;
    private int longest;

    private SwitchFuzz(long seed) {
        random = new SplittableRandom(seed);
        mutations = new Mutations(random);
    }

    /**
     * Runs the experiment.
     *
     * @param args how many frames (10,000,000), the seed (1)
     */
    public static void main(String[] args) {
        if (!run(Trial.argument(args, 0, 10_000_000), Trial.argument(args, 1, 1))) {
            System.exit(1);
        }
    }

    static boolean run(long frames, long seed) {
        var trial = new Trial("mutated frames through switches", seed, true);
        var fuzz = new SwitchFuzz(seed);
        long start = System.nanoTime();
        int switches = 0;
        try {
            while (fuzz.sent < frames) {
                fuzz.oneSwitch();
                switches++;
            }
        } catch (RuntimeException | AssertionError e) {
            trial.check("switch " + switches + ", frame " + fuzz.sent, e, false, "nothing is thrown");
        }
        double rate = Trial.thousandsPerSecond(fuzz.sent, System.nanoTime() - start);
        trial.say(
                "%,d frames in, %,d out, %d switches, %.0f thousand a second",
                fuzz.sent, fuzz.arrivals, switches, rate);
        return trial.end();
    }

    private void oneSwitch() {
        int ports = 1 + random.nextInt(8);
        var lab = new Lab(Lab.Scale.DEFAULT
                .frames(2 * BATCH * 8)
                .segments(16)
                .stations(256)
                .ageing(Lab.SECOND)
                .cable(BATCH));
        var names = wire(lab, ports);
        var guards = guard(lab.pool());
        int held = guards.size();
        for (int turn = 0; turn < TURNS_PER_SWITCH; turn++) {
            longest = 0;
            for (int n = random.nextInt(BATCH); n > 0; n--) {
                give(lab, names.get(random.nextInt(ports)));
            }
            lab.later(random.nextInt(4) == 0 ? random.nextLong(Lab.SECOND) : 0);
            lab.turn((port, frame) -> arrive(lab, frame));
            require(lab.held() == 0, "a turn takes all");
            require(lab.counters().account(0).conserved(), "frames are conserved");
            require(lab.pool().inUse() == held, "the pool is whole");
            if (turn % TURNS_PER_LOOK == 0) {
                look(lab.pool(), guards);
            }
        }
        look(lab.pool(), guards);
    }

    private List<String> wire(Lab lab, int ports) {
        var names = new ArrayList<String>();
        var vlans = random.nextBoolean() ? lab.vlans("switch") : null;
        var plain = vlans == null ? lab.bridge("switch") : null;
        for (int i = 0; i < ports; i++) {
            names.add("p" + i);
            if (plain != null) {
                var settings = new PortSettings(
                        random.nextInt(6) > 0, random.nextInt(6) > 0, random.nextInt(3), 1 + random.nextInt(300));
                plain.port("p" + i, settings, port -> random.nextBoolean() ? port : new Shaped(port, 1500, true));
            } else if (vlans != null) {
                int[] tagged = random.nextBoolean() ? new int[] {10, 20, 4094} : new int[] {20};
                vlans.trunk("p" + i, new int[] {0, 1, 10}[random.nextInt(tagged.length == 1 ? 3 : 2)], tagged);
            }
        }
        return names;
    }

    private void give(Lab lab, String port) {
        int length = mutations.next();
        var pool = lab.pool();
        long frame = pool.allocate(length);
        if (frame == Frame.NONE) {
            return;
        }
        pool.buffer().putBytes(Frame.head(frame), mutations.bytes(), 0, length);
        if (random.nextInt(20) == 0) {
            frame = pool.cut(frame, random.nextInt(70_000));
        }
        if (lab.end(port).put(frame)) {
            sent++;
            longest = Math.max(longest, length);
        } else {
            pool.free(frame);
        }
    }

    private void arrive(Lab lab, long frame) {
        arrivals++;
        int length = Frame.length(frame);
        require(length >= 14 && length <= longest + 4, "a frame of " + length + " bytes left, " + longest + " came");
        lab.pool().free(frame);
    }

    /** Takes every second chunk of both sizes and fills it, label and headroom included. */
    private static List<Long> guard(FramePool pool) {
        var all = new ArrayList<Long>();
        for (int length : new int[] {FramePool.ROOM, FramePool.LARGE_ROOM}) {
            for (long f = pool.allocate(length); f != Frame.NONE; f = pool.allocate(length)) {
                all.add(f);
            }
        }
        var guards = new ArrayList<Long>();
        for (int i = 0; i < all.size(); i++) {
            if (i % 2 == 0) {
                pool.free(all.get(i));
            } else {
                guards.add(all.get(i));
            }
        }
        for (long guard : guards) {
            int begin = Frame.head(guard) - FramePool.HEAD;
            pool.buffer().setMemory(begin, FramePool.HEAD + Frame.length(guard), GUARD);
        }
        return guards;
    }

    private static void look(FramePool pool, List<Long> guards) {
        for (long guard : guards) {
            int begin = Frame.head(guard) - FramePool.HEAD;
            for (int at = begin; at < begin + FramePool.HEAD + Frame.length(guard); at++) {
                if (pool.buffer().getByte(at) != GUARD) {
                    throw new IllegalStateException("byte " + at + " of the pool was written to");
                }
            }
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("not so: " + what);
        }
    }
}
