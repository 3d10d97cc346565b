package io.millrace.tools.probe;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.trials.Trial;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ports come and go at random, connections talk through those that stay, and Millrace is killed at random moments and started
 * again. As a trial: {@code trial kills [TIMES] [SEED]}.
 *
 * <pre>
 *   client 198.51.100.2 ──── uplink  millrace  web ──── server 10.1.0.2
 * </pre>
 */
final class Kills implements AutoCloseable {
    private static final int TRIES = 10;
    private static final int PATIENCE_S = 60;
    private static final int LONGEST_MS = 500;
    private static final int KEPT = 20;
    private static final int AT_ONCE = 5;

    /** Answers what comes with the same, TCP at 80 and UDP at 53. */
    private static final String SERVER = """
            import selectors, socket
            ready = selectors.DefaultSelector()
            listening = socket.create_server(('', 80), backlog=1000)
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            datagrams.bind(('', 53))
            for one in listening, datagrams:
                ready.register(one, selectors.EVENT_READ)
            print('ready', flush=True)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is listening:
                        ready.register(listening.accept()[0], selectors.EVENT_READ)
                    elif key.fileobj is datagrams:
                        data, sender = datagrams.recvfrom(2048)
                        datagrams.sendto(data, sender)
                    else:
                        try:
                            data = key.fileobj.recv(65536)
                            if data:
                                key.fileobj.sendall(data)
                        except OSError:
                            data = b''
                        if not data:
                            ready.unregister(key.fileobj)
                            key.fileobj.close()
            """;

    /**
     * {@code open PORT TIMES}, {@code check}: whether all that was sent by every connection has come back; meanwhile each
     * says something five times a second. A datagram goes every 5 ms; when answers come again after 100 ms without,
     * it says when, by CLOCK_MONOTONIC.
     */
    private static final String CLIENT = """
            import selectors, socket, sys, threading, time
            held, lock = [], threading.Lock()
            class Held:
                def __init__(self, port):
                    self.socket = socket.create_connection(('198.51.100.1', port), timeout=30)
                    self.port, self.sent, self.got, self.dead = port, 0, 0, ''
                def turn(self, more):
                    if self.dead:
                        return True
                    self.socket.setblocking(False)
                    try:
                        while True:
                            data = self.socket.recv(4096)
                            if not data:
                                raise ConnectionError('closed')
                            for byte in data:
                                if byte != self.got % 251:
                                    raise ConnectionError('other bytes')
                                self.got += 1
                    except BlockingIOError:
                        pass
                    except OSError as e:
                        self.dead = str(e)
                    try:
                        if more and not self.dead:
                            self.socket.send(bytes([self.sent % 251]))
                            self.sent += 1
                    except BlockingIOError:
                        pass
                    except OSError as e:
                        self.dead = str(e)
                    return bool(self.dead) or self.sent == self.got
            def talk():
                while True:
                    time.sleep(0.2)
                    with lock:
                        for one in held:
                            one.turn(True)
            def beat():
                one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                one.connect(('198.51.100.1', 5353))
                one.settimeout(0.005)
                last = time.monotonic()
                while True:
                    try:
                        one.send(b'beat')
                        one.recv(100)
                        now = time.monotonic()
                        if now - last > 0.1:
                            print('back', time.monotonic_ns(), flush=True)
                        last = now
                        time.sleep(0.005)
                    except OSError:
                        pass
            print('ready', flush=True)
            for work in talk, beat:
                threading.Thread(target=work, daemon=True).start()
            for line in sys.stdin:
                words = line.split()
                if words[0] == 'open':
                    try:
                        for _ in range(int(words[2])):
                            one = Held(int(words[1]))
                            with lock:
                                held.append(one)
                        print('opened', flush=True)
                    except OSError as e:
                        print('opened not:', e, flush=True)
                else:
                    with lock:
                        end = time.monotonic() + 40
                        while not all([one.turn(False) for one in held]) and time.monotonic() < end:
                            time.sleep(0.05)
                        bad = [one for one in held if one.dead or one.sent != one.got]
                    print('checked', len(held), len(bad), [(b.port, b.sent, b.got, b.dead) for b in bad], flush=True)
            """;

    private final Lab lab = Lab.open();
    private final Lab.Host router = lab.bare("router");
    private final Lab.Host client = lab.bare("client");
    private final Lab.Host server = lab.bare("server");
    private final Path directory;
    private final String topology;
    private final LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final TreeSet<String> kept = new TreeSet<>();
    private final Process clients;
    private final PrintWriter tell;
    private Started started;

    Kills(Path directory) throws IOException, InterruptedException {
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
        for (var host : List.of(client, server)) { // who waits twice as long each time sends nothing while it is up
            host.run("sysctl", "-qw", "net.ipv4.tcp_rto_max_ms=1000", "net.ipv4.tcp_retries2=200");
        }
        server.start("python3", "-c", SERVER);
        clients = new ProcessBuilder("ip", "netns", "exec", client.namespace(), "python3", "-c", CLIENT)
                .redirectErrorStream(true)
                .start();
        tell = new PrintWriter(clients.getOutputStream(), true, StandardCharsets.US_ASCII);
        var out = new BufferedReader(clients.inputReader(StandardCharsets.US_ASCII));
        Thread.ofVirtual().start(() -> out.lines().forEach(heard::add));
        started = new Started(router, directory, topology);
        awaitUp();
    }

    /**
     * What came of it.
     *
     * @param acknowledged changes
     * @param lost of them
     * @param doubled ports that were somebody's twice
     * @param sessions connections there were, and {@code dead} of them do not go on
     * @param backMs from each start to the first packet that was forwarded, ascending
     */
    record Outcome(int acknowledged, int lost, int doubled, int sessions, int dead, String which, List<Long> backMs) {
        long median() {
            return backMs.get(backMs.size() / 2);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int times = (int) Trial.argument(arguments, 0, 100);
        long seed = Trial.argument(arguments, 1, 1);
        var trial = new Trial("kills", seed, true);
        try (var kills = new Kills(Files.createTempDirectory("millrace-trial"))) {
            var outcome = kills.run(times, seed);
            trial.say("%d kills, %d changes acknowledged", times, outcome.acknowledged);
            trial.check("ports not as acknowledged", outcome.lost, outcome.lost == 0, "none");
            trial.check("ports that were somebody's twice", outcome.doubled, outcome.doubled == 0, "none");
            var dead = outcome.dead + " of " + outcome.sessions;
            trial.check("connections that do not go on", dead, outcome.dead * 100 <= outcome.sessions, "at most 1 %");
            if (outcome.dead > 0) {
                trial.say("  port, bytes sent, bytes back, error: %s", outcome.which);
            }
            long slowest = outcome.backMs.getLast();
            trial.say("%-44s %14d", "ms until it forwards again, median", outcome.median());
            trial.checkAlone("at most", slowest, slowest <= 3_000, "at most 3000");
        }
        if (!trial.end()) {
            System.exit(1);
        }
    }

    Outcome run(int times, long seed) throws IOException, InterruptedException {
        var random = new SplittableRandom(seed);
        var churn = new Churn(directory.resolve("socket"), random.split(), kept);
        var back = new ArrayList<Long>();
        open(8080, AT_ONCE);
        for (int i = 0; i < times; i++) {
            if (kept.size() < KEPT) {
                int port = churn.publishForGood();
                open(port, AT_ONCE);
            } else {
                open(8080, 1); // young ones, too
            }
            var changing = Thread.ofPlatform().start(() -> {
                boolean answered = true;
                while (answered) {
                    answered = churn.change();
                }
            });
            TimeUnit.MICROSECONDS.sleep(1_000L * random.nextInt(LONGEST_MS) + random.nextInt(1_000));
            started.kill();
            changing.join();
            long start = System.nanoTime();
            started = new Started(router, directory, topology);
            back.add((back(start) - start) / 1_000_000);
            awaitUp();
            churn.compare();
        }
        tell.println("check");
        var words = expect("checked").split(" ", 4);
        Collections.sort(back);
        return new Outcome(
                churn.acknowledged(),
                churn.lost(),
                churn.doubled(),
                Integer.parseInt(words[1]),
                Integer.parseInt(words[2]),
                words[3],
                back);
    }

    private void open(int port, int times) throws InterruptedException {
        var opened = "";
        // A host that asked for Millrace's address while it was down has given up: it is to ask again.
        for (int tries = 0; !opened.equals("opened"); tries++) {
            if (tries == TRIES) {
                throw new AssertionError(port + ": " + opened + "\n" + started.said());
            }
            Thread.sleep(tries == 0 ? 0 : 500);
            tell.println("open " + port + " " + times);
            opened = expect("opened");
        }
    }

    /** When datagrams went through again, in ns. */
    private long back(long start) throws InterruptedException {
        long when = start;
        while (when <= start) {
            when = Long.parseLong(expect("back").split(" ")[1]);
        }
        return when;
    }

    /** The next line that begins so; others are passed over. */
    private String expect(String beginning) throws InterruptedException {
        for (@Nullable String line = ""; line != null; line = heard.poll(PATIENCE_S, TimeUnit.SECONDS)) {
            if (line.startsWith(beginning)) {
                return line;
            }
        }
        throw new AssertionError("no '" + beginning + "' in " + PATIENCE_S + " s; " + started.said());
    }

    private void awaitUp() throws InterruptedException {
        for (int i = 0; i < 100 * PATIENCE_S; i++) {
            if (started.said().contains("millrace: up, ")) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new AssertionError("it does not come up:\n" + started.said());
    }

    @Override
    public void close() {
        clients.destroyForcibly();
        started.close();
        lab.close();
    }
}
