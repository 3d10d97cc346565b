package io.millrace.dataplane.trials;

import io.millrace.dataplane.frame.Frame;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.l2.Alarm;
import io.millrace.dataplane.l2.StormCap;
import io.millrace.dataplane.port.MemoryPort;
import io.millrace.dataplane.port.PatchPort;
import java.util.List;

/**
 * E8: somebody joins two ports of a switch outside, and a station broadcasts. Without a cap the frame goes round as fast
 * as the machine can, and with it everything else stops. Virtual time: a turn takes 50 µs.
 */
public final class Loop {
    private static final long TURN = 50_000;
    private static final int TURNS_A_SECOND = (int) (Lab.SECOND / TURN);
    private static final int TURNS_A_CALL = 20;
    private static final String[] PORTS = {"a", "b", "caller"};
    private static final String ARP = "08 06";
    private static final byte[] CALL = Bytes.padded(60, "ff ff ff ff ff ff", "02 00 00 00 00 0c", ARP);
    private static final byte[] FROM_A = Bytes.padded(60, "02 00 00 00 00 0b", "02 00 00 00 00 0a", "88 b5");
    private static final byte[] FROM_B = Bytes.padded(60, "02 00 00 00 00 0a", "02 00 00 00 00 0b", "88 b5");

    private final Lab lab = new Lab(Lab.Scale.DEFAULT.frames(8192).cable(1024));
    private final PatchPort near = new PatchPort("s1");
    private final PatchPort far = new PatchPort("s2");
    private final PlainSwitch lan;
    private final Trial trial;
    private long talk;
    private long heard;
    private long strays;
    private long calls;

    private Loop(Trial trial) {
        this.trial = trial;
        lan = lab.bridge("bridge.lan")
                .ports(PORTS)
                .capped(near, StormCap.DEFAULT)
                .capped(far, StormCap.DEFAULT);
    }

    /**
     * Runs the experiment.
     *
     * @param args for how many seconds the ports are joined (5)
     */
    public static void main(String[] args) {
        if (!run((int) Trial.argument(args, 0, 5), true)) {
            System.exit(1);
        }
    }

    static boolean run(int seconds, boolean alone) {
        return new Loop(new Trial("loop", 0, alone)).run(Math.max(1, seconds));
    }

    private boolean run(int seconds) {
        for (var port : PORTS) {
            String mac = "02 00 00 00 00 0" + (port.equals("caller") ? "c" : port);
            lab.alsoGiven(port, Bytes.padded(60, "ff ff ff ff ff ff", mac, ARP));
        }
        List.of(PORTS).forEach(lab::take);
        var cable = MemoryPort.cable("near", "far", 1024);
        near.exchange(cable.near());
        far.exchange(cable.far());
        long joined = lab.now();
        long burst = StormCap.DEFAULT * (long) StormCap.BURST;
        long floods = seconds(seconds);
        long mayFlood = 2 * (burst + (long) seconds * StormCap.DEFAULT) + calls;
        trial.check("flooded to station a", floods, floods <= mayFlood, "at most " + mayFlood);
        trial.check("dropped by the storm caps", lab.drops(Drop.STORM), lab.drops(Drop.STORM) > 0, "some");
        alarms(joined, seconds);
        cut(cable);
        trial.check("frames of the pair lost", talk - heard, talk == heard, "0 of " + talk);
        trial.check("frames of the pair at other ports", strays, strays == 0, "0");
        lab.close();
        return trial.end();
    }

    private void alarms(long joined, int seconds) {
        var loops = lan.stations().alarms().latest().stream()
                .filter(Alarm.Loop.class::isInstance)
                .map(Alarm.Loop.class::cast)
                .filter(loop -> lan.nameOf(loop.port()).equals("s1")
                        && lan.nameOf(loop.other()).equals("s2"))
                .toList();
        double after = loops.isEmpty() ? -1 : (loops.getFirst().at() - joined) / 1e9;
        trial.check("alarm for s1 and s2 after, s", "%.1f".formatted(after), after >= -0.1 && after <= 2, "at most 2");
        trial.check("alarms", loops.size(), loops.size() <= seconds + 1, "at most one a second");
    }

    private void cut(MemoryPort.Cable cable) {
        near.exchange(null);
        far.exchange(null);
        cable.near().takeAll(lab.pool()::free);
        cable.far().takeAll(lab.pool()::free);
        seconds(1);
        long before = calls;
        long storms = lab.drops(Drop.STORM);
        long came = seconds(1);
        trial.check("after the cut: calls that station a hears", came, came == calls - before, "each, once");
        trial.check(
                "after the cut: dropped by the caps",
                lab.drops(Drop.STORM) - storms,
                lab.drops(Drop.STORM) == storms,
                "0");
    }

    /** Lets time pass; returns how many calls station a heard. */
    private long seconds(int seconds) {
        long[] came = {0};
        for (int turn = 0; turn < seconds * TURNS_A_SECOND; turn++) {
            lab.put("a", FROM_A).put("b", FROM_B);
            talk += 2;
            if (turn % TURNS_A_CALL == 0) {
                lab.put("caller", CALL);
                calls++;
            }
            lab.later(TURN);
            lab.turn((port, frame) -> came[0] += arrive(port, frame));
        }
        return came[0];
    }

    private int arrive(String port, long frame) {
        int head = Frame.head(frame);
        boolean call = lab.pool().buffer().getByte(head) == (byte) 0xFF;
        byte from = lab.pool().buffer().getByte(head + 11);
        lab.pool().free(frame);
        if (call) {
            return port.equals("a") ? 1 : 0;
        }
        if (port.equals(from == 0x0A ? "b" : "a")) {
            heard++;
        } else {
            strays++;
        }
        return 0;
    }
}
