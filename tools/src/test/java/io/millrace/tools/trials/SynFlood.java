package io.millrace.tools.trials;

import io.millrace.dataplane.trials.Trial;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;

/**
 * E3 in memory: SYNs from random addresses to a published port, 50,000 a second of virtual time, each answered by the
 * server behind it and never again by who is said to have sent it. Connections that were there first go on, and 200 new
 * ones a second are made, used and ended.
 */
public final class SynFlood {
    /** Strangers in a turn, which therefore lasts 2.48 ms. */
    private static final int PER_TURN = 124;

    private static final long TURN = PER_TURN * 20_000L;
    private static final int TURNS_TO_A_VISIT = 2;
    private static final int FRIENDS = 1000;
    private static final int DATA = 100;
    private static final int ROOM_KIB = 16 << 10;

    private static final long ROUTER_MAC = 0x0200_c000_0202L;
    private static final long UPLINK_MAC = 0x0200_c000_0201L;
    private static final long GATEWAY_MAC = 0x0200_0a01_0001L;
    private static final long SERVER_MAC = 0x0200_0a01_0002L;
    private static final long[] INWARD = {UPLINK_MAC, ROUTER_MAC};
    private static final long[] OUTWARD = {GATEWAY_MAC, SERVER_MAC};
    private static final int HOST = 0xC000_0201;
    private static final int HOST_PORT = 8080;
    private static final int SERVER = 0x0A01_0002;
    private static final int SERVER_PORT = 80;
    /** 198.51.100.1, where all come from who mean it. */
    private static final int CLIENT = 0xC633_6401;

    private static final String TOPOLOGY = """
            x-millrace:
              nat: { max_sessions: %d }
              uplink:
                interface: up0
                address: 192.0.2.1/24
                gateway: 192.0.2.2
                mac: "02:00:c0:00:02:01"
                neighbors: { 192.0.2.2: "02:00:c0:00:02:02" }
            networks:
              web:
                ipam: { config: [ { subnet: 10.1.0.0/24, gateway: 10.1.0.1 } ] }
                x-millrace: { gateway_mac: "02:00:0a:01:00:01", neighbors: { 10.1.0.2: "02:00:0a:01:00:02" } }
            services:
              server:
                networks: { web: { ipv4_address: 10.1.0.2 } }
                ports: [ "8080:80" ]
                x-millrace: { attach: { memory: server } }
            """;

    private final MemoryHost host;
    private final Segments segments;
    private final SplittableRandom random;
    private final long count;
    private final int sessions;
    private final int[] clientNext = new int[65_536];
    private final int[] serverNext = new int[65_536];
    private final boolean[] heardByServer = new boolean[65_536];
    private final boolean[] heardByClient = new boolean[65_536];
    private final LongConsumer atServer = this::atServer;
    private final LongConsumer atClient = this::atClient;
    private long faults;
    private long reached;
    private long answered;

    private SynFlood(long count, int sessions, long seed) throws IOException {
        this.host = new MemoryHost(TOPOLOGY.formatted(sessions));
        this.segments = new Segments(host.pool());
        this.count = count;
        this.sessions = sessions;
        this.random = new SplittableRandom(seed);
    }

    /**
     * Runs the experiment.
     *
     * @param args how many spoofed SYNs (10,000,000), the seed (1)
     */
    public static void main(String[] args) throws IOException {
        if (!run(Trial.argument(args, 0, 10_000_000), 262_144, Trial.argument(args, 1, 1), true)) {
            System.exit(1);
        }
    }

    /** @param sessions how many connections are tracked at most */
    static boolean run(long count, int sessions, long seed, boolean alone) throws IOException {
        return new SynFlood(count, sessions, seed).run(new Trial("SYN flood", seed, alone));
    }

    private boolean run(Trial trial) {
        int failed = 0;
        for (int port = 1; port <= FRIENDS; port++) {
            failed += connect(port) ? 0 : 1;
        }
        trial.check("connections made before the flood", FRIENDS - failed, failed == 0, "" + FRIENDS);
        long start = System.nanoTime();
        long resident = 0;
        long lost = 0;
        long visits = 0;
        long turns = 0;
        failed = 0;
        for (long sent = 0; sent < count; sent += PER_TURN, turns++) {
            for (int i = 0; i < PER_TURN; i++) {
                stranger();
            }
            lost += talk(1 + (int) (turns % FRIENDS), TURN) ? 0 : 1;
            if (turns % TURNS_TO_A_VISIT == 0) {
                failed += visit(FRIENDS + 1 + (int) (visits++ % (65_535 - FRIENDS))) ? 0 : 1;
            }
            if (resident == 0 && sent > Math.min(2L * sessions, count / 2)) {
                resident = Trial.residentKib(); // by now the table is full
            }
        }
        long grown = Trial.residentKib() - resident;
        long nanos = System.nanoTime() - start;
        trial.say("%,d thousand spoofed SYNs a second of real time", (long) Trial.thousandsPerSecond(count, nanos));
        trial.check("of the strangers' SYNs at the server", reached, reached >= count, ">= " + count);
        trial.check("and their answers outside", answered, answered >= count, ">= " + count);
        trial.check("exchanges of those who were there lost", lost, lost == 0, "0 of " + turns);
        trial.check("of new connections failed", failed, failed <= visits / 1000, "0.1 % of " + visits);
        trial.check("frames with wrong addresses or checksums", faults, faults == 0, "0");
        trial.checkAlone("resident memory grown by, KiB", grown, grown <= ROOM_KIB, "at most " + ROOM_KIB);
        host.account(trial);
        return trial.end();
    }

    /** From anybody's address: none of ours, and none that nobody can have. */
    private void stranger() {
        segments.from(random.nextInt(0x0B00_0000, 0x6400_0000), random.nextInt(1024, 65_536))
                .to(HOST, HOST_PORT);
        host.put("uplink", segments.segment(INWARD, Segments.SYN, random.nextInt(), 0, 0));
    }

    private boolean visit(int port) {
        boolean made = connect(port) && talk(port, 0);
        inward(port, Segments.FIN | Segments.ACK, 1);
        outward(port, Segments.FIN | Segments.ACK, 1);
        inward(port, Segments.ACK, 0);
        turn(0);
        return made;
    }

    /** The three segments of a handshake; whether each arrived. */
    private boolean connect(int port) {
        clientNext[port] = random.nextInt();
        serverNext[port] = random.nextInt();
        return crosses(port, Segments.SYN, true, 1)
                && crosses(port, Segments.SYN | Segments.ACK, false, 1)
                && crosses(port, Segments.ACK, true, 0);
    }

    /** One segment crosses in one direction. @param counts how many sequence numbers it takes */
    private boolean crosses(int port, int flags, boolean inward, int counts) {
        if (inward) {
            inward(port, flags, counts);
        } else {
            outward(port, flags, counts);
        }
        turn(0);
        return (inward ? heardByServer : heardByClient)[port];
    }

    /** Data both ways; whether both arrived. */
    private boolean talk(int port, long nanos) {
        inward(port, Segments.PUSH | Segments.ACK, DATA);
        outward(port, Segments.PUSH | Segments.ACK, DATA);
        turn(nanos);
        return heardByServer[port] && heardByClient[port];
    }

    private void inward(int port, int flags, int counts) {
        heardByServer[port] = false;
        int length = counts == DATA ? DATA : 0;
        segments.from(CLIENT, port).to(HOST, HOST_PORT);
        int acknowledged = (flags & Segments.ACK) == 0 ? 0 : serverNext[port];
        host.put("uplink", segments.segment(INWARD, flags, clientNext[port], acknowledged, length));
        clientNext[port] += counts;
    }

    private void outward(int port, int flags, int counts) {
        heardByClient[port] = false;
        int length = counts == DATA ? DATA : 0;
        segments.from(SERVER, SERVER_PORT).to(CLIENT, port);
        host.put("server", segments.segment(OUTWARD, flags, serverNext[port], clientNext[port], length));
        serverNext[port] += counts;
    }

    /** What was put goes; the server answers strangers, and that goes, too. */
    private void turn(long nanos) {
        host.turn(nanos);
        host.takeAll("server", atServer);
        host.turn(0);
        host.takeAll("uplink", atClient);
    }

    private void atServer(long frame) {
        if (!segments.isSegment(frame)) {
            faults++;
            host.pool().free(frame);
            return;
        }
        faults += segments.destination(frame) == SERVER && segments.destinationPort(frame) == SERVER_PORT ? 0 : 1;
        if (segments.source(frame) == CLIENT) {
            heardByServer[segments.sourcePort(frame)] = true;
        } else {
            reached++;
            segments.from(SERVER, SERVER_PORT).to(segments.source(frame), segments.sourcePort(frame));
            int acknowledged = segments.sequence(frame) + 1;
            host.put("server", segments.segment(OUTWARD, Segments.SYN | Segments.ACK, 1, acknowledged, 0));
        }
        host.pool().free(frame);
    }

    private void atClient(long frame) {
        if (!segments.isSegment(frame)) {
            faults++;
            host.pool().free(frame);
            return;
        }
        faults += segments.source(frame) == HOST && segments.sourcePort(frame) == HOST_PORT ? 0 : 1;
        if (segments.destination(frame) == CLIENT) {
            heardByClient[segments.destinationPort(frame)] = true;
        } else {
            answered++;
        }
        host.pool().free(frame);
    }
}
