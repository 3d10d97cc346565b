package io.millrace.tools.trials;

import io.millrace.dataplane.trials.Trial;
import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * E4's ports: one of three containers takes every outside port there is. The others' connections live on, nobody gets
 * another's port, who gets none is told so, at a modest rate; and when the greedy one falls silent its ports come back.
 * With a limit for each container the others do not notice at all.
 */
public final class PortExhaustion {
    private static final long SECOND = 1_000_000_000L;
    private static final long STEP = SECOND / 100;
    private static final int MAPPING_S = 300;
    private static final int REST_S = 120;
    private static final int POOL = 65_536 - 1024;
    private static final int OLD = 100;
    private static final int OLD_PORT = 2_000;
    private static final int WANTED = 1_000;
    private static final int AT_ONCE = 500;
    private static final int OUTSIDE = 0xC000_0201;
    private static final int PEER = 0xC000_0209;
    private static final int INSIDE = 0x0A01_0002;
    private static final long GATEWAY_MAC = 0x0200_0A01_0001L;
    private static final long UPLINK_MAC = 0x0200_C000_0201L;
    private static final long PEER_MAC = 0x0200_C000_0209L;
    private static final int PROHIBITED = 0x030D;
    private static final String[] NAMES = {"greedy", "one", "other"};

    private final MemoryHost host;
    private final Datagrams datagrams;
    private final SplittableRandom random;
    /** By outside port: whose it was seen to be last, container and inside port; -1: nobody's. */
    private final int[] owner = new int[65_536];
    /** By container and inside port: by which outside port it left; 0: never. */
    private final int[][] port = new int[NAMES.length][65_536];

    private final int[] told = new int[NAMES.length];
    private int left;
    private long shared;
    private long moved;
    private long astray;
    private long answered;

    private PortExhaustion(int limit, long seed) throws IOException {
        host = new MemoryHost(topology(limit));
        datagrams = new Datagrams(host.pool());
        random = new SplittableRandom(seed);
        Arrays.fill(owner, -1);
    }

    /**
     * Runs the experiment, without a limit and with one.
     *
     * @param args the limit for each container (20,000), the seed (1)
     */
    public static void main(String[] args) throws IOException {
        long seed = Trial.argument(args, 1, 1);
        if (!run(0, seed) | !run((int) Trial.argument(args, 0, 20_000), seed)) {
            System.exit(1);
        }
    }

    /** @param limit of ports for each container; 0: none */
    static boolean run(int limit, long seed) throws IOException {
        var trial = new Trial(limit == 0 ? "outside ports" : "outside ports, limited to " + limit, seed, false);
        return new PortExhaustion(limit, seed).run(limit, trial);
    }

    private static String topology(int limit) {
        return """
               x-millrace:
                 uplink:
                   interface: outside
                   address: 192.0.2.1/24
                   mac: "02:00:c0:00:02:01"
                   neighbors: { 192.0.2.9: "02:00:c0:00:02:09" }
                 nat: { %s }
               networks:
                 lan:
                   ipam: { config: [ { subnet: 10.1.0.0/16, gateway: 10.1.0.1 } ] }
                   x-millrace:
                     gateway_mac: "02:00:0a:01:00:01"
                     neighbors:
                       10.1.0.2: "02:00:0a:01:00:02"
                       10.1.0.3: "02:00:0a:01:00:03"
                       10.1.0.4: "02:00:0a:01:00:04"
               services:
                 greedy: { networks: { lan: { ipv4_address: 10.1.0.2 } }, x-millrace: { attach: { memory: greedy } } }
                 one: { networks: { lan: { ipv4_address: 10.1.0.3 } }, x-millrace: { attach: { memory: one } } }
                 other: { networks: { lan: { ipv4_address: 10.1.0.4 } }, x-millrace: { attach: { memory: other } } }
               """.formatted(limit == 0 ? "" : "port_limit: " + limit);
    }

    private boolean run(int limit, Trial trial) {
        int old = opened(1, OLD_PORT, OLD) + opened(2, OLD_PORT, OLD);
        trial.check("old connections of the others", old, old == 2 * OLD, "" + 2 * OLD);
        int taken = greed();
        int most = limit == 0 ? POOL - 2 * OLD : limit;
        trial.check(
                "ports that the greedy one got", taken, taken > most * 99 / 100 && taken <= most, "at most " + most);
        insistence(trial);
        old(trial, "old connections that live on");
        int first = opened(1, 10_000, WANTED);
        int second = opened(2, 10_000, WANTED);
        int wanted = limit == 0 ? 0 : 2 * WANTED;
        trial.check("new connections of the others", first + second, first + second == wanted, "" + wanted);
        back(limit, trial);
        trial.check("ports that two shared", shared, shared == 0, "0");
        trial.check("connections that changed their port", moved, moved == 0, "0");
        trial.check("answers that went to somebody else", astray, astray == 0, "0");
        host.account(trial);
        return trial.end();
    }

    /** Every inside port that there is, in any order. */
    private int greed() {
        var order = new int[POOL];
        for (int i = 0; i < POOL; i++) {
            int at = random.nextInt(i + 1);
            order[i] = order[at];
            order[at] = 1024 + i;
        }
        int count = 0;
        for (int i = 0; i < POOL; i += AT_ONCE) {
            count += send(0, Arrays.copyOfRange(order, i, Math.min(i + AT_ONCE, POOL)), STEP);
        }
        return count;
    }

    /** It goes on trying with ports that have no mapping, ten thousand a second for ten seconds, and is told why not. */
    private void insistence(Trial trial) {
        var without = new int[100];
        int found = 0;
        for (int p = 1024; found < without.length; p++) {
            if (port[0][p] == 0) {
                without[found++] = p;
            }
        }
        int before = told[0];
        int got = 0;
        for (int i = 0; i < 10 * SECOND / STEP; i++) {
            got += send(0, without, STEP);
        }
        int errors = told[0] - before;
        trial.check("ports that it got by insisting", got, got == 0, "0");
        trial.check("ICMP 3/13 to it in 10 s", errors, errors >= 10 && errors <= 110, "10 a second at most");
    }

    private void old(Trial trial, String what) {
        int alive = 0;
        for (int container = 1; container < NAMES.length; container++) {
            var ports = range(OLD_PORT, OLD);
            alive += send(container, ports, STEP);
            long before = answered;
            for (int p : ports) {
                answer(port[container][p]);
            }
            turn(STEP);
            alive += (int) (answered - before);
        }
        trial.check(what + ", both ways", alive, alive == 4 * OLD, "" + 4 * OLD);
    }

    /** The greedy one falls silent; its mappings end, its ports rest, then they are anybody's. */
    private void back(int limit, Trial trial) {
        for (int second = 0; second < MAPPING_S + REST_S + 60; second++) {
            if (second % 60 == 0) {
                old(trial, "after %d s: old connections".formatted(second));
            }
            if (limit == 0 && second == MAPPING_S + REST_S / 2) {
                int early = opened(1, 20_000, OLD);
                trial.check("new connections while the ports rest", early, early == 0, "0");
            }
            for (long at = 0; at < SECOND; at += STEP) {
                turn(STEP);
            }
        }
        Arrays.fill(port[0], 0);
        for (int p = 0; p < owner.length; p++) {
            int inside = owner[p] & 0xFFFF;
            boolean old = owner[p] >>> 16 != 0 && inside >= OLD_PORT && inside < OLD_PORT + OLD;
            owner[p] = old ? owner[p] : -1; // all others were silent, too
        }
        int got = opened(1, 30_000, WANTED) + opened(2, 30_000, WANTED);
        trial.check("new connections of the others afterwards", got, got == 2 * WANTED, "" + 2 * WANTED);
    }

    private static int[] range(int first, int count) {
        var ports = new int[count];
        Arrays.setAll(ports, i -> first + i);
        return ports;
    }

    private int opened(int container, int first, int count) {
        int opened = 0;
        for (int i = 0; i < count; i += AT_ONCE) {
            opened += send(container, range(first + i, Math.min(AT_ONCE, count - i)), STEP);
        }
        return opened;
    }

    /** One datagram from each of these inside ports to the peer; returns how many came out. */
    private int send(int container, int[] ports, long nanos) {
        int before = left;
        for (int p : ports) {
            int source = INSIDE + container;
            host.put(
                    NAMES[container],
                    datagrams.make(GATEWAY_MAC, mac(source), source, p, PEER, 4000, container << 16 | p));
        }
        turn(nanos);
        return left - before;
    }

    /** What the peer answers to an outside port; who gets it must be whose it is. */
    private void answer(int outside) {
        host.put("uplink", datagrams.make(UPLINK_MAC, PEER_MAC, PEER, 4000, OUTSIDE, outside, owner[outside]));
    }

    private static long mac(int address) {
        return 0x0200_0000_0000L | address & 0xFFFF_FFFFL;
    }

    private void turn(long nanos) {
        host.turn(nanos);
        host.takeAll("uplink", this::leaves);
        for (int container = 0; container < NAMES.length; container++) {
            int index = container;
            host.takeAll(NAMES[container], frame -> arrives(index, frame));
        }
    }

    private void leaves(long frame) {
        int token = datagrams.token(frame);
        int outside = datagrams.from(frame);
        int known = port[token >>> 16][token & 0xFFFF];
        astray += datagrams.isUdp(frame) && datagrams.source(frame) == OUTSIDE ? 0 : 1;
        shared += owner[outside] == -1 || owner[outside] == token ? 0 : 1;
        moved += known == 0 || known == outside ? 0 : 1;
        owner[outside] = token;
        port[token >>> 16][token & 0xFFFF] = outside;
        left++;
        host.pool().free(frame);
    }

    private void arrives(int container, long frame) {
        if (datagrams.icmp(frame) == PROHIBITED) {
            told[container]++;
        } else {
            int token = datagrams.token(frame);
            boolean right = datagrams.isUdp(frame) && token == (container << 16 | datagrams.to(frame));
            answered += right ? 1 : 0;
            astray += right ? 0 : 1;
        }
        host.pool().free(frame);
    }
}
