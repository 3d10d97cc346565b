package io.millrace.dataplane.trials;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.graph.Port;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * E4, as far as it concerns fragments: a router is flooded, 100,000 a second of virtual time, from both sides, with
 * fragments of packets that never become whole; first ones, others, and such that overlap. Meanwhile one inside and one
 * outside host talk, in whole packets and in fragmented ones whose parts come in any order with the flood between them.
 * Nothing of theirs may be lost, what waits is bounded, and half a minute later nothing is left of the flood.
 */
public final class FragmentFlood {
    private static final int BATCH = 32;
    private static final long GAP = Lab.SECOND / 100_000;
    private static final int LENGTH = 3000;
    private static final int MOST_WAITING = 256;
    private static final String[] CABLES = {"in", "out"};

    private final Trial trial;
    private final Random random;
    private final Router router = new Router(Lab.Scale.DEFAULT, Port.NO_MTU, 4096);
    private final Map<Integer, List<byte[]>> parts = new HashMap<>();
    private final byte[] data = new byte[LENGTH];
    private final List<List<byte[]>> junk;
    private final byte[] question;
    private final byte[] answer;
    private final byte[] shortQuestion;
    private final byte[] shortAnswer;
    private long flooded;
    private long talked;
    private long whole;
    private long fragmented;
    private long put;
    private long spoilt;
    private int waiting;

    private FragmentFlood(long seed) {
        trial = new Trial("fragments", seed, false);
        random = new Random(seed);
        random.nextBytes(data);
        junk = junk();
        question = pair(false, LENGTH);
        answer = pair(true, LENGTH);
        shortQuestion = pair(false, 100);
        shortAnswer = pair(true, 100);
        router.given("out", List.of(shortQuestion));
        router.given("in", List.of(shortAnswer));
    }

    /**
     * Runs the experiment.
     *
     * @param args fragments of the flood (1,000,000), seed (1)
     */
    public static void main(String[] args) {
        if (!run(Trial.argument(args, 0, 1_000_000), Trial.argument(args, 1, 1))) {
            System.exit(1);
        }
    }

    static boolean run(long fragments, long seed) {
        return new FragmentFlood(seed).run(fragments);
    }

    private boolean run(long fragments) {
        long start = System.nanoTime();
        flood(fragments);
        long nanos = System.nanoTime() - start;
        router.lab.later(31 * Lab.SECOND).settle();
        int left = router.lab.graph().held();
        trial.say(
                "%,.0f thousand a second of real time, making them included", Trial.thousandsPerSecond(flooded, nanos));
        report(left);
        router.close();
        return trial.end();
    }

    private void report(int left) {
        trial.say("%,d fragments of packets that are never whole, %,d packets of the pair", flooded, talked + put);
        for (var why : List.of(Drop.FRAGMENT_LATE, Drop.FRAGMENT_OVERLAPS, Drop.FRAGMENT_REFUSED, Drop.NAT_FULL)) {
            trial.say("  dropped: %s: %,d", why.sentence(), router.lab.drops(why));
        }
        trial.check("whole packets of the pair lost", talked - whole, talked == whole, "0");
        trial.check("fragmented packets of the pair lost", put - fragmented, put == fragmented, "0");
        trial.check("packets of the pair that were changed", spoilt, spoilt == 0, "0");
        trial.check("frames that waited at most", waiting, waiting <= MOST_WAITING, "at most " + MOST_WAITING);
        trial.check("frames that wait 31 s later", left, left == 0, "0");
    }

    private void flood(long fragments) {
        for (long sent = 0; sent < fragments; sent += 3L * BATCH) {
            boolean out = random.nextBoolean();
            var mine = Pieces.cut(out ? answer : question, random.nextInt(1 << 16), 1024);
            Collections.shuffle(mine, random);
            for (var part : mine) {
                for (int i = 0; i < BATCH; i++) {
                    int side = random.nextInt(2);
                    router.lab.put(CABLES[side], part(junk.get(side)));
                    flooded++;
                }
                router.lab.put(out ? "in" : "out", part);
                router.lab.put(out ? "in" : "out", out ? shortAnswer : shortQuestion);
                router.lab.later(BATCH * GAP).settle();
                waiting = Math.max(waiting, router.lab.graph().held());
                talked++;
            }
            put++;
            look(out ? "out" : "in");
            router.lab.take(out ? "in" : "out");
        }
    }

    /** The outside host 9 asks, the inside host 2 answers. */
    private byte[] pair(boolean out, int length) {
        var content = Arrays.copyOf(data, length);
        return out
                ? Pieces.udp(Router.IN + "02", "10.1.0.2", 80, "192.0.2.9", 7000, content)
                : Pieces.udp(Router.OUT + "09", "192.0.2.9", 7000, "192.0.2.1", 8080, content);
    }

    /** Frames of the hosts that flood, by the cable that they come by. */
    private List<List<byte[]>> junk() {
        var in = new ArrayList<byte[]>();
        var out = new ArrayList<byte[]>();
        for (int host = 3; host < 9; host++) {
            in.add(Pieces.udp(Router.IN + "0" + host, "10.1.0." + host, 0, "192.0.2." + host, 53, data));
            in.add(Pieces.udp(Router.IN + "0" + host, "2001:db8:1::" + host, 0, "2001:db8::" + host, 53, data));
            out.add(Pieces.udp(Router.OUT + "0" + host, "192.0.2." + host, 0, "192.0.2.1", 8080, data));
            out.add(Pieces.udp(Router.OUT + "0" + host, "2001:db8::" + host, 0, "2001:db8::1", 8080, data));
        }
        return List.of(in, out);
    }

    /** Part of a packet whose other parts never come; also of one that overlaps with another. */
    private byte[] part(List<byte[]> hosts) {
        var like = hosts.get(random.nextInt(hosts.size()));
        var part = Arrays.copyOf(data, 8 * (1 + random.nextInt(60)));
        int offset = random.nextInt(3) == 0 ? 0 : 8 * random.nextInt(1000);
        if (offset == 0) {
            System.arraycopy(like, like.length - 8 - LENGTH, part, 0, 8);
            part[0] = (byte) (4 + random.nextInt(250)); // half of the source port
        }
        return Pieces.fragment(like, random.nextInt(1 << 10), offset, part, true);
    }

    /** Looks at what arrived behind a cable: all whole packets, and the parts of a fragmented one. */
    private void look(String cable) {
        parts.clear();
        for (var frame : router.lab.take(cable)) {
            if (frame[14] != 0x45 || frame[29] != (cable.equals("in") ? 9 : 1) || isJunk(frame, cable)) {
                continue;
            }
            if ((frame[20] & 0x3F) == 0 && frame[21] == 0) {
                whole += frame.length == 14 + 28 + 100 ? 1 : 0;
            } else {
                parts.computeIfAbsent(Pieces.identification(frame), _ -> new ArrayList<>())
                        .add(frame);
            }
        }
        for (var packet : parts.values()) {
            spoil(packet);
        }
    }

    /** Whether it is to or from another host than the pair's. */
    private static boolean isJunk(byte[] frame, String cable) {
        return cable.equals("in") ? frame[33] != 2 : frame[33] != 9;
    }

    private void spoil(List<byte[]> packet) {
        try {
            boolean same = Pieces.together(packet).endsWith(" " + Arrays.hashCode(data));
            fragmented++;
            spoilt += same ? 0 : 1;
        } catch (AssertionError e) {
            trial.say(
                    "  a packet of the pair: %s",
                    String.valueOf(e.getMessage()).lines().toList());
        }
    }
}
