package io.millrace.tools.trials;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Trial;
import java.io.IOException;
import java.util.SplittableRandom;

/**
 * E6: a peer that may speak to all networks uses each of the 2^24 identifiers once; then peers of all, of one and of no
 * network, and this host's own stations, send at random with addresses of other networks. Every frame has the identifier of
 * its network in it: at no port, and in no packet, another one may ever be seen.
 */
public final class EveryIdentifier {
    private static final int[] NETWORKS = {0, 1, 5, 0x100, 0x500, 4096, 0x05_0000, 0x7F_FFFF, 0x80_0005, 0xFF_FFFF};
    private static final int IDENTIFIERS = 1 << 24;
    private static final int PER_TURN = 50;
    private static final int STATIONS = 64;
    private static final int FRIEND_OF_ALL = Packets.HOSTS + 2;
    /** The peer of the i-th network alone is this plus i; behind the last one are peers of none. */
    private static final int FRIEND_OF_ONE = Packets.HOSTS + 10;

    private static final int HOSTS = 16;

    private final MemoryHost host = new MemoryHost(topology());
    private final Packets packets = new Packets(host.pool());
    private final SplittableRandom random;
    private long accepted;
    private long foreign;
    private long unknown;
    private long strays;
    private long arrived;

    private EveryIdentifier(long seed) throws IOException {
        random = new SplittableRandom(seed);
    }

    /**
     * Runs the experiment.
     *
     * @param args how many random packets (10,000,000), each how many-th identifier (1: all), the seed (1)
     */
    public static void main(String[] args) throws IOException {
        int step = (int) Trial.argument(args, 1, 1);
        if (!run(Trial.argument(args, 0, 10_000_000), step, Trial.argument(args, 2, 1))) {
            System.exit(1);
        }
    }

    static boolean run(long count, int step, long seed) throws IOException {
        return new EveryIdentifier(seed).run(count, step, new Trial("network identifiers", seed, false));
    }

    private static String topology() {
        var networks = new StringBuilder();
        var services = new StringBuilder();
        var neighbors = new StringBuilder("10.9.0.2: \"02:00:0a:09:00:02\"");
        for (int i = 0; i < NETWORKS.length; i++) {
            networks.append(
                    "  n%d: { driver: overlay, x-millrace: { vni: %d, vtep: { peers: [ 10.9.0.2, 10.9.0.%d ] } } }%n"
                            .formatted(i, NETWORKS[i], 10 + i));
            for (var side : new String[] {"a", "b"}) {
                var name = side + i;
                services.append("  %s: { networks: [ n%d ], x-millrace: { attach: { memory: %s } } }%n"
                        .formatted(name, i, name));
            }
            neighbors.append(", 10.9.0.%d: \"02:00:0a:09:00:02\"".formatted(10 + i));
        }
        return """
               x-millrace:
                 underlay:
                   interface: sU
                   address: 10.9.0.1/24
                   mac: "02:00:0a:09:00:01"
                   neighbors: { %s }
               networks:
               %sservices:
               %s""".formatted(neighbors, networks, services);
    }

    private boolean run(long count, int step, Trial trial) {
        long start = System.nanoTime();
        all(step, trial);
        spoof(count, trial);
        trial.say(
                "%,d thousand packets a second",
                (long) Trial.thousandsPerSecond(IDENTIFIERS / step + count, System.nanoTime() - start));
        host.account(trial);
        return trial.end();
    }

    private void all(int step, Trial trial) {
        int sent = 0;
        for (int vni = 0; vni < IDENTIFIERS; vni++) {
            if (vni % step == 0 || network(vni) >= 0) {
                host.put("underlay", packets.packet(FRIEND_OF_ALL, vni, Packets.BROADCAST, station(0, 0), vni));
                if (++sent % PER_TURN == 0) {
                    turn();
                }
            }
        }
        turn();
        long wanted = 2L * NETWORKS.length;
        trial.check(
                "of each identifier once: arrived", arrived, arrived == wanted, "two ports of each network: " + wanted);
        long counted = host.drops("vxlan", Drop.VXLAN_UNKNOWN_VNI);
        unknown = sent - NETWORKS.length;
        trial.check("of each identifier once: nobody's", counted, counted == unknown, unknown + " of " + sent);
        trial.check("tokens in another network", strays, strays == 0, "0");
    }

    private void spoof(long count, Trial trial) {
        for (long sent = 0; sent < count; sent++) {
            packet();
            if (sent % PER_TURN == 0) {
                for (int i = 0; i < NETWORKS.length; i++) {
                    host.put("a" + i, packets.frame(station(), station(), NETWORKS[i]));
                }
                turn();
            }
        }
        turn();
        trial.say("%,d accepted, %,d frames arrived", accepted, arrived);
        trial.check("tokens in another network", strays, strays == 0, "0");
        long nobodys = host.drops("vxlan", Drop.VXLAN_UNKNOWN_VNI);
        trial.check("refused, the network being nobody's", nobodys, nobodys == unknown, "" + unknown);
        long strangers = host.drops("vxlan", Drop.VXLAN_FOREIGN_VTEP);
        trial.check("refused, the sender being no peer of it", strangers, strangers == foreign, "" + foreign);
    }

    private void packet() {
        int from = random.nextBoolean() ? HOSTS - 1 : random.nextInt(HOSTS);
        int vni = identifier();
        int network = network(vni);
        if (network < 0) {
            unknown++;
        } else if (from != network && from != HOSTS - 1) {
            foreign++;
        } else {
            accepted++;
        }
        int source = from == HOSTS - 1 ? FRIEND_OF_ALL : FRIEND_OF_ONE + from;
        host.put("underlay", packets.packet(source, vni, station(), station() & ~(1L << 40), vni));
    }

    /** One of ours, or one with a bit of it turned, or any. */
    private int identifier() {
        int ours = NETWORKS[random.nextInt(NETWORKS.length)];
        return switch (random.nextInt(4)) {
            case 0 -> ours ^ 1 << random.nextInt(24);
            case 1 -> random.nextInt(IDENTIFIERS);
            default -> ours;
        };
    }

    private static int network(int vni) {
        for (int i = 0; i < NETWORKS.length; i++) {
            if (NETWORKS[i] == vni) {
                return i;
            }
        }
        return -1;
    }

    /** A station of any network, or all. */
    private long station() {
        int network = random.nextInt(NETWORKS.length + 1);
        return network == NETWORKS.length ? Packets.BROADCAST : station(network, random.nextInt(STATIONS));
    }

    private static long station(int network, int n) {
        return 0x0200_0000_0000L | network << 8 | n;
    }

    private void turn() {
        host.turn(PER_TURN * 1_000L);
        for (int i = 0; i < NETWORKS.length; i++) {
            int vni = NETWORKS[i];
            host.takeAll("a" + i, frame -> see(packets.token(frame), vni, frame));
            host.takeAll("b" + i, frame -> see(packets.token(frame), vni, frame));
        }
        host.takeAll("underlay", packet -> see(packets.innerToken(packet), packets.vni(packet), packet));
    }

    private void see(long token, int vni, long frame) {
        strays += token == vni ? 0 : 1;
        arrived++;
        host.pool().free(frame);
    }
}
