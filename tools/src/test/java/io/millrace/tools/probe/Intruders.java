package io.millrace.tools.probe;

import static io.millrace.tools.probe.Bytes.numbered;

import io.millrace.dataplane.lab.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Packets of 10,000 hosts that are no peers, and between them those of a tunnel, into {@code millrace up} by a real cable.
 * As a trial: {@code trial intruders [PACKETS] [RATE]}.
 */
final class Intruders {
    private static final int HOSTS = 10_000;
    private static final String LOCAL = "020000000001";
    private static final String REMOTE = "020000000002";
    /** Where the number of a {@linkplain Bytes#numbered frame} is in its packet. */
    private static final int NUMBER_AT = 50 + 14;

    private Intruders() {}

    /**
     * What one run showed.
     *
     * @param sent packets of strangers, and as many of the tunnel
     * @param lost of the tunnel
     * @param delivered frames that are not the tunnel's, at either port
     * @param stations known afterwards that were not before
     * @param drops by name, meanwhile
     */
    record Outcome(int sent, int lost, int delivered, int stations, Map<String, Long> drops) {
        /** Whether nothing of the strangers got in, whatever the machine lost before it was seen. */
        boolean isTight() {
            return delivered == 0 && stations == 0 && drops.size() == 1 && counted() > 0;
        }

        long counted() {
            return drops.getOrDefault("vxlan VXLAN_FOREIGN_VTEP", 0L);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int packets = arguments.length > 0 ? Integer.parseInt(arguments[0].replace("_", "")) : 1_000_000;
        int rate = arguments.length > 1 ? Integer.parseInt(arguments[1].replace("_", "")) : 50_000;
        var outcome = run(Files.createTempDirectory("millrace-trial"), packets, rate);
        System.out.println(outcome);
        boolean passes = outcome.isTight() && outcome.lost == 0 && outcome.counted() == packets;
        System.out.println(passes ? "PASS" : "FAIL");
        System.exit(passes ? 0 : 1);
    }

    /** @param rate packets of strangers a second, and as many of the tunnel */
    static Outcome run(Path directory, int packets, int rate) throws IOException, InterruptedException {
        var topology = VxlanTest.plainTopology("interface").replace("ageing: 3s, ", "");
        try (var vtep = new RunningVtep(directory, topology, false, 1500, "s1", "s2")) {
            vtep.send("s1", numbered("ffffffffffff", LOCAL, 0));
            vtep.send(RunningVtep.UNDERLAY, Outer.packet(false, numbered("ffffffffffff", REMOTE, 0), o -> {}));
            var strangers = strangers();
            var before = vtep.drops();
            int known = stations(vtep);
            var ears = new Ears(vtep.wire("s1"), vtep.wire("s2"), packets);
            ears.start();
            send(vtep.wire(RunningVtep.UNDERLAY), strangers, packets, rate);
            ears.stop();
            int learned = stations(vtep) - known;
            return new Outcome(
                    packets, packets - ears.arrived.cardinality(), ears.strays, learned, vtep.dropsSince(before));
        }
    }

    private static int stations(RunningVtep vtep) throws IOException {
        return vtep.api("/millrace/fdb").split("\"mac\"", -1).length;
    }

    /** One of each host, with the addresses of stations of both sides and with new ones, to each and to all. */
    private static byte[][] strangers() {
        var random = new SplittableRandom(1);
        var names = new String[] {LOCAL, REMOTE, "ffffffffffff", "0a0000000000"};
        var packets = new byte[HOSTS][];
        for (int i = 0; i < HOSTS; i++) {
            int host = 4 + i;
            var source = random.nextInt(2) == 0 ? names[random.nextInt(2)] : "0600%08x".formatted(random.nextInt());
            var inner = numbered(names[random.nextInt(names.length)], source, -1);
            packets[i] = Outer.packet(false, inner, o -> o.source = "10.9." + (host >> 8) + "." + (host & 0xFF));
        }
        return packets;
    }

    private static void send(Wire wire, byte[][] strangers, int packets, int rate) {
        var friend = Outer.packet(false, numbered(LOCAL, REMOTE, 0), o -> {});
        long gap = TimeUnit.SECONDS.toNanos(1) / rate;
        long next = System.nanoTime();
        for (int i = 0; i < packets; i++) {
            while (System.nanoTime() < next) {
                Thread.onSpinWait();
            }
            next += gap;
            wire.send(strangers[i % HOSTS]);
            ByteBuffer.wrap(friend).putInt(NUMBER_AT, i);
            wire.send(friend);
        }
    }

    /** Hears what comes out of both ports, on a thread of its own. */
    private static final class Ears {
        private final Wire one;
        private final Wire other;
        private final BitSet arrived;
        private final Thread thread = Thread.ofPlatform().unstarted(this::listen);
        private volatile int heard;
        private volatile boolean listening = true;
        private int strays;

        Ears(Wire one, Wire other, int packets) {
            this.one = one;
            this.other = other;
            this.arrived = new BitSet(packets);
        }

        void start() {
            thread.start();
        }

        /** Waits for what is under way. */
        void stop() throws InterruptedException {
            int before;
            do {
                before = heard;
                TimeUnit.MILLISECONDS.sleep(300);
            } while (heard != before);
            listening = false;
            thread.join();
        }

        private void listen() {
            while (listening) {
                var frame = one.receive();
                if (frame == null) {
                    strays += other.receive() == null ? 0 : 1; // nobody speaks to who is there
                    Thread.yield();
                    continue;
                }
                heard++;
                int number = ByteBuffer.wrap(frame).getInt(14);
                if (number < 0 || !Bytes.hex(frame).startsWith(LOCAL + REMOTE)) {
                    strays++;
                } else {
                    arrived.set(number);
                }
            }
        }
    }
}
