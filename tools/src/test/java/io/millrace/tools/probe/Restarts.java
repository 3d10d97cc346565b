package io.millrace.tools.probe;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.trials.Trial;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Flows that go on while Millrace is killed and started again: downloads by a published port and outwards behind the
 * uplink's address, datagrams both ways.
 *
 * <pre>
 *   client 198.51.100.2 ──── uplink  millrace  web ──── server 10.1.0.2
 * </pre>
 *
 * As a trial: {@code trial downloads [MEGABYTES] [KILLS] [SEED] [SECONDS]}.
 */
final class Restarts implements AutoCloseable {
    private static final int PATIENCE_S = 60;
    private static final int LONGEST_PAUSE_MS = 1_000;

    private final Lab lab = Lab.open();
    private final Lab.Host router = lab.bare("router");
    private final Lab.Host client = lab.bare("client");
    private final Lab.Host server = lab.bare("server");
    private final Path directory;
    private final String topology;
    private Started started;
    private long slowest;

    Restarts(Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        Lab.cable(router, "up0", client, "eth0", 1500);
        Lab.cable(router, "web0", server, "eth0", 1500);
        client.run("ip", "address", "add", "198.51.100.2/24", "dev", "eth0").ok();
        server.run("ip", "address", "add", "10.1.0.2/24", "dev", "eth0").ok();
        server.run("ip", "route", "add", "default", "via", "10.1.0.1").ok();
        topology = """
                x-millrace:
                  uplink: { interface: up0, address: 198.51.100.1/24 }
                  nat: { state: %s, loose: false }
                networks:
                  web: { ipam: { config: [ { subnet: 10.1.0.0/24, gateway: 10.1.0.1 } ] } }
                services:
                  server:
                    networks: { web: { ipv4_address: 10.1.0.2 } }
                    ports: [ "8080:80", "5353:53/udp" ]
                    x-millrace: { attach: { interface: web0 } }
                """.formatted(directory.resolve("sessions"));
        started = start();
    }

    /** What the flows showed. */
    record Outcome(
            long bytes,
            boolean inFlight,
            String in,
            String out,
            String talkIn,
            String talkOut,
            long slowestMs,
            String said) {
        boolean isWhole() {
            var whole = bytes + " " + Peer.checksum(bytes);
            return in.equals(whole) && out.equals(whole);
        }

        /** Whether each of both conversations went on, and under one address only. */
        boolean goesOn() {
            return isOne(talkIn) && isOne(talkOut);
        }

        private static boolean isOne(String talk) {
            var words = talk.split(" ");
            return words.length == 4 && Long.parseLong(words[1]) > 0 && !words[3].contains(",");
        }
    }

    public static void main(String[] arguments) throws Exception {
        long megabytes = Trial.argument(arguments, 0, 1_000);
        int kills = (int) Trial.argument(arguments, 1, 10);
        int stopped = (int) Trial.argument(arguments, 3, 10) * 1_000;
        long seed = Trial.argument(arguments, 2, 1);
        var trial = new Trial("downloads", seed, true);
        try (var restarts = new Restarts(Files.createTempDirectory("millrace-trial"))) {
            var outcome = restarts.run(megabytes * 1_000_000, kills, stopped, seed);
            trial.check("under way at each kill", outcome.inFlight, outcome.inFlight, "true");
            trial.check("download by the published port", outcome.in, outcome.isWhole(), "whole");
            trial.check("download behind the uplink's address", outcome.out, outcome.isWhole(), "whole");
            trial.check("datagrams inwards", outcome.talkIn, outcome.goesOn(), "one address throughout");
            trial.check("datagrams outwards", outcome.talkOut, outcome.goesOn(), "one address throughout");
            trial.checkAlone(
                    "ms until it forwards again", outcome.slowestMs, outcome.slowestMs <= 3_000, "at most 3000");
        }
        if (!trial.end()) {
            System.exit(1);
        }
    }

    /**
     * Downloads and talks.
     *
     * @param stopped how long Millrace is stopped (SIGSTOP) before it is killed for the first time, in ms
     */
    Outcome run(long bytes, int kills, int stopped, long seed) throws IOException, InterruptedException {
        var random = new SplittableRandom(seed);
        long rate = bytes / (2 + kills * 13L / 10 + stopped / 1_000); // under way until the last kill
        boolean inFlight = true;
        try (var _ = new Flow(server, "serve", "80", bytes, rate);
                var _ = new Flow(client, "serve", "7000", bytes, rate);
                var _ = new Flow(server, "echo", "53");
                var _ = new Flow(client, "echo", "7001");
                var talkIn = new Flow(client, "talk", "198.51.100.1", "5353");
                var talkOut = new Flow(server, "talk", "198.51.100.2", "7001");
                var in = new Flow(client, "fetch", "198.51.100.1", "8080");
                var out = new Flow(server, "fetch", "198.51.100.2", "7000")) {
            stop(stopped);
            for (int i = 0; i < kills; i++) {
                TimeUnit.MILLISECONDS.sleep(200 + random.nextInt(LONGEST_PAUSE_MS));
                inFlight &= in.process.isAlive() && out.process.isAlive();
                killAndStartAgain();
            }
            return new Outcome(
                    bytes, inFlight, in.last(), out.last(), talkIn.end(), talkOut.end(), slowest, started.said());
        }
    }

    private void stop(int millis) throws InterruptedException {
        Lab.run("kill", "-STOP", "" + started.pid()).ok();
        TimeUnit.MILLISECONDS.sleep(millis);
        Lab.run("kill", "-CONT", "" + started.pid()).ok();
    }

    private void killAndStartAgain() throws IOException, InterruptedException {
        started.kill();
        long start = System.nanoTime();
        started = start();
        slowest = Math.max(slowest, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    }

    private Started start() throws IOException, InterruptedException {
        var next = new Started(router, directory, topology);
        for (int i = 0; i < 100 * PATIENCE_S && next.isAlive(); i++) {
            if (next.said().contains("millrace: up, ")) {
                return next;
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new AssertionError("it does not come up:\n" + next.said());
    }

    @Override
    public void close() {
        started.close();
        lab.close();
    }

    /** A {@link Peer} that runs. */
    private static final class Flow implements AutoCloseable {
        private final Process process;
        private final BufferedReader out;

        Flow(Lab.Host host, Object... words) throws IOException {
            var command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Djava.net.preferIPv4Stack=true",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Peer.class.getName()));
            for (var word : words) {
                command.add(word.toString());
            }
            process = host.start(command.toArray(String[]::new));
            out = new BufferedReader(process.inputReader(StandardCharsets.UTF_8));
            var ready = out.readLine();
            if (!"ready".equals(ready)) {
                throw new AssertionError(String.join(" ", command) + ": " + ready + "\n"
                        + new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
            }
        }

        /** Its last line, when it ends of itself. */
        String last() {
            return out.lines().reduce((before, line) -> line).orElse("");
        }

        /** Ends it; its last line. */
        String end() {
            process.toHandle().destroy(); // leaves what it says readable, other than Process.destroy
            return last();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
