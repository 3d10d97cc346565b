package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.l2.PortSettings;
import io.millrace.dataplane.port.FaultPort;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * E20 for switches: stations that talk, fall silent and move, behind ports that lose, double, damage and reorder, on one
 * switch, on two with a cable between them, or on two with a loop. One thread, virtual time, everything from one seed.
 *
 * <p>What must hold: every frame is accounted for, at every port and in the whole, after every step; tables stay within
 * their limits; without a loop no undamaged frame comes back to its sender, and none arrives twice anywhere unless it
 * was doubled; and when all is quiet and each station has announced itself, every table says where it is.
 */
public final class Simulation {
    private enum Shape {
        ONE,
        TWO,
        LOOP
    }

    private record Station(long mac, int port) {}

    private static final int LIMIT = 64;

    private final long seed;
    private final SplittableRandom random;
    private final Shape shape;
    private final Lab lab;
    private final PlainSwitch left;
    private final PlainSwitch right;
    private final List<Station> stations = new ArrayList<>();
    private final List<String> ports = new ArrayList<>();
    private final List<FaultPort> faulty = new ArrayList<>();
    private final List<Long> given = new ArrayList<>();
    private final HashMap<Long, Integer> senders = new HashMap<>();
    private final Set<Long> seen = new HashSet<>();
    private final boolean doubles;
    private long serial;
    private long hash = 1;

    private Simulation(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed);
        shape = Shape.values()[random.nextInt(5) % 3];
        lab = new Lab(Lab.Scale.DEFAULT
                .frames(4096)
                .segments(0)
                .stations(2 * LIMIT)
                .ageing((2 + random.nextInt(9)) * Lab.SECOND)
                .cable(128));
        left = lab.bridge("left", LIMIT);
        right = shape == Shape.ONE ? left : lab.bridge("right", LIMIT);
        doubles = random.nextBoolean();
        var faults = new FaultPort.Faults(chance(), doubles ? 0.2 * random.nextDouble() : 0, chance(), chance());
        for (int i = 0, n = 2 + random.nextInt(10); i < n; i++) {
            plug(i % 2 == 0 ? left : right, "p" + i, faults);
        }
        for (int cables = shape.ordinal(); cables > 0; cables--) {
            left.cable("cable" + cables, right);
        }
        for (int i = 0, n = 2 + random.nextInt(10); i < n; i++) {
            long mac = 0x0200_0000_0000L | i * 0x1F_0707_0303L & 0xFF_FFFF_FFFFL;
            stations.add(new Station(mac, random.nextInt(ports.size())));
        }
    }

    private double chance() {
        return random.nextBoolean() ? 0 : 0.2 * random.nextDouble();
    }

    private void plug(PlainSwitch to, String name, FaultPort.Faults faults) {
        ports.add(name);
        given.add(0L);
        to.port(name, PortSettings.DEFAULT, port -> {
            var around = new FaultPort(port, faults, random.nextLong());
            faulty.add(around);
            return around;
        });
    }

    /**
     * Runs the experiment.
     *
     * @param args the first seed (1) and the last (1,000)
     */
    public static void main(String[] args) {
        long first = Trial.argument(args, 0, 1);
        if (!run(first, Trial.argument(args, 1, args.length > 0 ? first : 1000))) {
            System.exit(1);
        }
    }

    static boolean run(long first, long last) {
        var trial = new Trial("simulation of switches, seeds to " + last, first, true);
        long all = 1;
        for (long seed = first; seed <= last; seed++) {
            try {
                long hash = hashOf(seed);
                if (hash != hashOf(seed)) {
                    trial.check("seed " + seed, "%016x".formatted(hash), false, "the same hash when run again");
                }
                all = 31 * all + hash;
                if (first == last) {
                    trial.say("state hash %016x", hash);
                }
            } catch (RuntimeException | AssertionError e) {
                trial.check("seed " + seed, e.getMessage(), false, "repeat it with: trial simulate " + seed);
            }
        }
        trial.say("%,d seeds, each run twice; hash of all their states %016x", last - first + 1, all);
        return trial.end();
    }

    /** Runs one seed; returns a hash over all that arrived, when and where, and over the final state. */
    static long hashOf(long seed) {
        var simulation = new Simulation(seed);
        simulation.live();
        if (simulation.shape != Shape.LOOP) {
            simulation.becomeQuiet();
            simulation.lab.close();
        }
        simulation.note(simulation.lab.counters().account(0).toString().hashCode());
        return simulation.hash;
    }

    private void live() {
        for (int step = 50 + random.nextInt(150); step > 0; step--) {
            for (int n = random.nextInt(random.nextInt(10) == 0 ? 60 : 6); n > 0; n--) {
                speak(random.nextInt(stations.size()), random.nextInt(6) == 0 ? -1 : random.nextInt(stations.size()));
            }
            if (random.nextInt(20) == 0) {
                move(random.nextInt(stations.size()));
            }
            lab.later(random.nextInt(3) == 0 ? random.nextLong(2 * Lab.SECOND) : random.nextLong(Lab.SECOND / 100));
            step();
        }
    }

    private void move(int i) {
        stations.set(i, new Station(stations.get(i).mac, random.nextInt(ports.size())));
    }

    private void speak(int from, int to) {
        var sender = stations.get(from);
        var pool = lab.pool();
        long frame = pool.available() < 1024 ? Frame.NONE : pool.allocate(60);
        if (frame == Frame.NONE) {
            return;
        }
        byte[] bytes = new byte[60];
        var view = java.nio.ByteBuffer.wrap(bytes);
        view.putLong(0, (to < 0 ? 0xFFFF_FFFF_FFFFL : stations.get(to).mac) << 16)
                .putLong(6, sender.mac << 16);
        view.putShort(12, (short) 0x88B5).putLong(14, ++serial).putInt(56, crc(bytes));
        pool.buffer().putBytes(Frame.head(frame), bytes);
        if (lab.end(ports.get(sender.port)).put(frame)) {
            given.set(sender.port, given.get(sender.port) + 1);
            senders.put(serial, sender.port);
        } else {
            pool.free(frame);
        }
    }

    private static int crc(byte[] frame) {
        var crc = new CRC32();
        crc.update(frame, 0, 56);
        return (int) crc.getValue();
    }

    private void step() {
        lab.turn(this::arrive);
        lab.conserved();
        require(left.stations().size() <= LIMIT && right.stations().size() <= LIMIT, "tables keep to their limits");
        for (int i = 0; i < faulty.size(); i++) {
            var port = faulty.get(i);
            long came = lab.counters().port(ports.get(i)).rxFrames();
            require(given.get(i) == came + port.lost() - port.duplicated() + port.held(), "port " + i + " conserves");
        }
    }

    private void arrive(String port, long frame) {
        byte[] bytes = new byte[Frame.length(frame)];
        lab.pool().buffer().getBytes(Frame.head(frame), bytes);
        lab.pool().free(frame);
        note(port.hashCode());
        note(java.util.Arrays.hashCode(bytes));
        note(lab.now());
        var view = java.nio.ByteBuffer.wrap(bytes).order(ByteOrder.BIG_ENDIAN);
        if (shape == Shape.LOOP || bytes.length != 60 || view.getInt(56) != crc(bytes)) {
            return; // damaged on the way: it may go anywhere, but it is still one frame
        }
        long number = view.getLong(14);
        int at = ports.indexOf(port);
        require(!Integer.valueOf(at).equals(senders.get(number)), "frame " + number + " does not come back");
        require(seen.add(number << 8 | at) || doubles, "frame " + number + " arrives once at " + port);
    }

    private void note(long value) {
        hash = (hash ^ value) * 0x9E37_79B9_7F4A_7C15L;
        hash ^= hash >>> 29;
    }

    /** Nobody speaks until all that was held back has come; then each station says where it is, often enough. */
    private void becomeQuiet() {
        for (int i = 0; i < 200; i++) {
            step();
        }
        lab.later(lab.scale().ageing() + Lab.SECOND); // what damaged frames taught is forgotten
        for (int i = 0; i < 60; i++) {
            for (int from = 0; from < stations.size(); from++) {
                speak(from, -1);
            }
            for (int turn = 0; turn < 8; turn++) {
                step();
            }
        }
        agrees(left);
        agrees(right);
    }

    private void agrees(PlainSwitch one) {
        var table = new HashMap<Long, String>();
        one.stations()
                .forEach(
                        (int) (lab.now() / 100_000_000),
                        (mac, port, isStatic, moves, ticksAgo) -> table.put(mac, one.nameOf(port)));
        for (var station : stations) {
            String here = ports.get(station.port);
            boolean isHere = one.has(here);
            String found = table.getOrDefault(station.mac, "nowhere");
            require(
                    isHere ? found.equals(here) : found.startsWith("cable"),
                    "%012x is behind %s, the table says %s".formatted(station.mac, here, found));
        }
    }

    private void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("seed " + seed + ", at " + lab.now() + " ns, not so: " + what);
        }
    }
}
