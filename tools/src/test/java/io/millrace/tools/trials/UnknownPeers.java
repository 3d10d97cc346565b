package io.millrace.tools.trials;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Trial;
import java.io.IOException;
import java.util.SplittableRandom;

/**
 * E5: every other packet comes from somebody who is no peer, 10,000 of them, with the addresses of stations of both sides
 * and with new ones, to each, to nobody and to all. Meanwhile a real tunnel carries traffic both ways, and must not notice.
 */
public final class UnknownPeers {
    private static final int PER_TURN = 124;
    private static final int FRIENDS = PER_TURN / 2;
    private static final long LOCAL = 0x0200_0000_0001L;
    private static final long REMOTE = 0x0200_0000_0002L;
    private static final int PEER = Packets.HOSTS + 2;
    private static final int FIRST_STRANGER = Packets.HOSTS + 4;
    private static final int VNI = 5;

    private static final String TOPOLOGY = """
            x-millrace:
              underlay:
                interface: sU
                address: 10.9.0.1/24
                mac: "02:00:0a:09:00:01"
                neighbors: { 10.9.0.2: "02:00:0a:09:00:02", 10.9.0.3: "02:00:0a:09:00:02" }
            networks:
              lan: { driver: overlay, x-millrace: { vni: 5, vtep: { peers: [ 10.9.0.2, 10.9.0.3 ] } } }
            services:
              s1: { networks: [ lan ], x-millrace: { attach: { memory: s1 } } }
              s2: { networks: [ lan ], x-millrace: { attach: { memory: s2 } } }
            """;

    private final MemoryHost host = new MemoryHost(TOPOLOGY);
    private final Packets packets = new Packets(host.pool());
    private final SplittableRandom random;
    private final long count;
    private final int sources;
    private long in;
    private long out;
    private long outOfOrder;
    private long delivered;

    private UnknownPeers(long count, int sources, long seed) throws IOException {
        this.count = count;
        this.sources = sources;
        this.random = new SplittableRandom(seed);
    }

    /**
     * Runs the experiment.
     *
     * @param args how many packets of strangers (1,000,000), of how many strangers (10,000), the seed (1)
     */
    public static void main(String[] args) throws IOException {
        int sources = (int) Trial.argument(args, 1, 10_000);
        if (!run(Trial.argument(args, 0, 1_000_000), sources, Trial.argument(args, 2, 1))) {
            System.exit(1);
        }
    }

    static boolean run(long count, int sources, long seed) throws IOException {
        return new UnknownPeers(count, sources, seed).run(new Trial("packets from unknown hosts", seed, false));
    }

    private boolean run(Trial trial) {
        host.put("s1", packets.frame(Packets.BROADCAST, LOCAL, 0));
        host.put("underlay", packets.packet(PEER, VNI, Packets.BROADCAST, REMOTE, 0));
        host.turn(1);
        forget();
        int known = host.stations("lan");
        long start = System.nanoTime();
        long sent = 0;
        long friends = 0;
        while (sent < count) {
            for (int i = 0; i < PER_TURN; i++) {
                if (sent < count) {
                    stranger(sent++);
                }
                friend(i % 2 == 0, friends + i / 2);
            }
            friends += FRIENDS;
            host.turn(PER_TURN * 2_000L);
            arrive();
        }
        trial.say(
                "%,d thousand packets a second in all",
                (long) Trial.thousandsPerSecond(sent + 2 * friends, System.nanoTime() - start));
        trial.check("of strangers delivered", delivered, delivered == 0, "0 of " + sent);
        int learned = host.stations("lan") - known;
        trial.check("of strangers learned", learned, learned == 0, "0 of " + sources);
        long counted = host.drops("vxlan", Drop.VXLAN_FOREIGN_VTEP);
        trial.check("counted as the sender's being no peer", counted, counted == sent, "" + sent);
        trial.check("dropped in all", host.drops(), host.drops() == sent, "" + sent);
        long lost = 2 * friends - in - out;
        trial.check("of the tunnel lost", lost, lost == 0, "0 of " + 2 * friends);
        trial.check("of the tunnel out of order", outOfOrder, outOfOrder == 0, "0");
        host.account(trial);
        return trial.end();
    }

    private void forget() {
        host.takeAll("s1", host.pool()::free);
        host.takeAll("s2", host.pool()::free);
        host.takeAll("underlay", host.pool()::free);
    }

    private void stranger(long n) {
        int from = FIRST_STRANGER + (int) (n % sources);
        long source = station();
        host.put(
                "underlay",
                packets.packet(from, VNI, random.nextInt(3) == 0 ? Packets.BROADCAST : station(), source, -1));
    }

    private long station() {
        return switch (random.nextInt(3)) {
            case 0 -> LOCAL;
            case 1 -> REMOTE;
            default -> 0x0600_0000_0000L | random.nextInt();
        };
    }

    private void friend(boolean inward, long number) {
        if (inward) {
            host.put("underlay", packets.packet(PEER, VNI, LOCAL, REMOTE, number));
        } else {
            host.put("s1", packets.frame(REMOTE, LOCAL, number));
        }
    }

    private void arrive() {
        host.takeAll("s1", frame -> in += judged(packets.token(frame), in, frame));
        host.takeAll("underlay", packet -> out += judged(packets.innerToken(packet), out, packet));
        host.takeAll("s2", frame -> {
            delivered++; // nobody speaks to who is there
            host.pool().free(frame);
        });
    }

    private int judged(long token, long wanted, long frame) {
        host.pool().free(frame);
        if (token < 0) {
            delivered++;
            return 0;
        }
        outOfOrder += token == wanted ? 0 : 1;
        return 1;
    }
}
