package io.millrace.tools.nat;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/**
 * E3 between real hosts: spoofed SYNs to the published port of a web server, and a client who means it. As a trial:
 * {@code trial synhosts [SECONDS] [RATE]}.
 */
final class FloodedHosts {
    private static final int HELD = 100;
    private static final int A_SECOND = 200;
    /** Unless the file says something else. */
    private static final int SESSIONS = 262_144;
    /** What the table of connections may take when it fills, and as much again: 262,144 of 256 bytes. */
    private static final long ROOM_KIB = 128 << 10;

    private static final Pattern COUNTS =
            Pattern.compile("tried (\\d+) failed (\\d+) held (\\d+) lost (\\d+)", Pattern.MULTILINE);
    private static final String TOPOLOGY = """
            networks:
              web: { ipam: { config: [ { subnet: 10.1.0.0/24, gateway: 10.1.0.1 } ] } }
            services:
              server:
                networks: { web: { ipv4_address: 10.1.0.2 } }
                ports: [ "8080:80" ]
                x-millrace: { attach: { interface: server } }
            """;

    private FloodedHosts() {}

    /**
     * What one run showed.
     *
     * @param spoofed SYNs sent
     * @param tried new connections
     * @param failed of these
     * @param held connections that stayed
     * @param lost of these
     * @param grownKib of the process's resident memory
     */
    record Outcome(long spoofed, int tried, int failed, int held, int lost, long grownKib) {
        boolean isRight() {
            return tried > 0 && failed * 1000L <= tried && held == HELD && lost == 0 && grownKib <= ROOM_KIB;
        }
    }

    public static void main(String[] arguments) throws Exception {
        int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 20;
        int rate = arguments.length > 1 ? Integer.parseInt(arguments[1].replace("_", "")) : 50_000;
        var outcome = run(Files.createTempDirectory("millrace-trial"), seconds, rate, SESSIONS);
        System.out.println(outcome);
        System.out.println(outcome.isRight() ? "PASS" : "FAIL");
        System.exit(outcome.isRight() ? 0 : 1);
    }

    /**
     * One run.
     *
     * @param rate spoofed SYNs a second
     * @param sessions how many connections are tracked at most
     */
    static Outcome run(Path directory, int seconds, int rate, int sessions) throws IOException, InterruptedException {
        try (var site = new NatHost(directory)) {
            var server = site.container("server", "10.1.0.2/24");
            site.up(", nat: { max_sessions: " + sessions + " }", TOPOLOGY);
            site.serve(server, "0.0.0.0", 80);
            // What the server answers to nobody ends here.
            NatHost.run(site.router(), "ip route add blackhole default");
            long before = residentKib(site.pid());
            var client = site.far()
                    .start(
                            "python3",
                            NatHost.talk(),
                            "steady",
                            NatHost.HOST,
                            "8080",
                            "" + A_SECOND,
                            "" + seconds,
                            "" + HELD);
            var said = client.inputReader();
            if (!"held".equals(said.readLine())) {
                throw new AssertionError("nobody gets through, even without a flood\n" + site.story());
            }
            long spoofed = flood(site, client, rate);
            var counts = COUNTS.matcher(String.join("\n", said.readAllLines()));
            if (!counts.find()) {
                throw new AssertionError("the client gave up\n" + site.story());
            }
            return new Outcome(
                    spoofed,
                    Integer.parseInt(counts.group(1)),
                    Integer.parseInt(counts.group(2)),
                    Integer.parseInt(counts.group(3)),
                    Integer.parseInt(counts.group(4)),
                    residentKib(site.pid()) - before);
        }
    }

    /** Sends until the client has ended; returns how many. */
    private static long flood(NatHost site, Process client, int rate) throws InterruptedException {
        var over = new AtomicBoolean();
        var sent = new long[1];
        var mac = mac(site.host(), "up0");
        try (var wire = Wire.open(site.router().namespace(), "eth0")) {
            var thread = Thread.ofPlatform().start(() -> {
                var random = new SplittableRandom(1);
                var syn = syn(mac);
                long gap = TimeUnit.SECONDS.toNanos(1) / rate;
                long next = System.nanoTime();
                while (!over.get()) {
                    vary(syn, random);
                    wire.send(syn.array());
                    sent[0]++;
                    next += gap;
                    if (next - System.nanoTime() > TimeUnit.MILLISECONDS.toNanos(1)) {
                        Thread.yield();
                    }
                    while (System.nanoTime() < next) {
                        Thread.onSpinWait();
                    }
                }
            });
            client.waitFor();
            over.set(true);
            thread.join();
        }
        return sent[0];
    }

    private static byte[] mac(Lab.Host host, String device) {
        var text =
                NatHost.run(host, "cat /sys/class/net/" + device + "/address").strip();
        return HexFormat.ofDelimiter(":").parseHex(text);
    }

    /** From nobody yet, to 192.0.2.1:8080. */
    private static ByteBuffer syn(byte[] mac) {
        var frame = ByteBuffer.allocate(60);
        frame.put(mac).put(HexFormat.of().parseHex("02000000aaaa" + "0800"));
        frame.put(HexFormat.of().parseHex("4500002c00004000" + "4006" + "0000" + "00000000" + "c0000201"));
        // Ports, numbers, 24 bytes of header, SYN, window 64,240, MSS 1460.
        frame.put(HexFormat.of().parseHex("00001f90" + "00000000" + "00000000" + "6002faf0" + "00000000" + "020405b4"));
        return frame;
    }

    private static void vary(ByteBuffer frame, SplittableRandom random) {
        frame.putInt(26, random.nextInt(0x0B00_0000, 0x6400_0000));
        frame.putShort(34, (short) random.nextInt(1024, 65_536));
        frame.putInt(38, random.nextInt());
        frame.putShort(24, (short) 0).putShort(24, (short) ~sum(frame, 14, 34, 0));
        frame.putShort(50, (short) 0).putShort(50, (short) ~sum(frame, 26, 58, 6 + 24));
    }

    /** The addresses lie before the TCP header, so that a sum over both is that over the pseudo-header. */
    private static int sum(ByteBuffer frame, int from, int to, int start) {
        int sum = start;
        for (int i = from; i < to; i += 2) {
            sum += frame.getShort(i) & 0xFFFF;
        }
        sum = (sum & 0xFFFF) + (sum >>> 16);
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    private static long residentKib(long pid) throws IOException {
        try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(-1);
        }
    }
}
