package io.millrace.dataplane.port;

import io.millrace.dataplane.frame.FramePool;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.linux.Bpf;
import io.millrace.dataplane.linux.Memory;
import io.millrace.dataplane.linux.Native;

/** How many frames a second cross from one packet port to another: {@code PacketRate LENGTH SECONDS}. */
final class PacketRate {
    private PacketRate() {}

    public static void main(String[] args) throws Exception {
        int length = Integer.parseInt(args[0]);
        int seconds = Integer.parseInt(args[1]);
        try (var lab = Lab.open()) {
            var a = lab.host("a");
            var b = lab.host("b");
            Lab.run("ethtool", "-K", a.device(), "gro", "on").ok();
            if (args.length > 2) {
                Lab.run("tc", "qdisc", "replace", "dev", b.device(), "root", args[2])
                        .ok();
            }
            var pool = new FramePool(8192, 256);
            var from = PacketPort.open(a.device(), pool);
            var to = PacketPort.open(b.device(), pool);
            try (var bridge = new RunningBridge(pool, from, to)) {
                for (int i = 0; i < seconds; i++) {
                    long begun = System.nanoTime();
                    long before = received(b);
                    long used = bridge.processorTime();
                    int offered = 0;
                    while (System.nanoTime() - begun < 1_000_000_000L) {
                        flood(from.index(), length, 500_000);
                        offered += 500_000;
                    }
                    double took = (System.nanoTime() - begun) / 1e9;
                    System.out.printf(
                            "%.0f k/s of %.0f k/s offered, %.0f ns of the worker's processor each, %s, in %d out %d%n",
                            (received(b) - before) / took / 1000,
                            offered / took / 1000,
                            (double) (bridge.processorTime() - used) / (received(b) - before),
                            from.losses(),
                            bridge.counters.port(from.name()).rxFrames(),
                            bridge.counters.port(to.name()).txFrames());
                }
            }
        }
    }

    private static void flood(int index, int length, int repeat) throws Exception {
        var calls = new Native();
        var bpf = new Bpf(calls);
        int program = bpf.load(
                Bpf.PROG_TYPE_XDP, "pass", 0, Bpf.instruction(0xb7, 0, 0, 0, 2), Bpf.instruction(0x95, 0, 0, 0, 0));
        var frame = Memory.of(length);
        frame.putLong(0, 0x0200_0000_0B00_0002L);
        frame.putByte(6, (byte) 2);
        frame.putByte(11, (byte) 9);
        frame.putByte(12, (byte) 0x88);
        frame.putByte(13, (byte) 0xB5);
        int result = bpf.runLive(program, frame.addressOffset(), length, index, repeat, 64);
        calls.close(program);
        if (result < 0) {
            throw new AssertionError("run live " + result);
        }
    }

    private static long received(Lab.Host host) {
        return Long.parseLong(host.run("cat", "/sys/class/net/eth0/statistics/rx_packets")
                .ok()
                .strip());
    }
}
