package io.millrace.tools.nat;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.lab.Lab;
import io.millrace.tools.probe.Started;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A host with {@code millrace up} for its container network: its uplink goes to a router, {@code 192.0.2.2}, behind which
 * is a far host, {@code 203.0.113.2}, on a link with a smaller MTU; the host itself is {@code 192.0.2.1}.
 *
 * <pre>
 * far ══ 1300 ══ router ══ 1500 ══ host (Millrace) ══ 1500 ══ containers
 * </pre>
 */
final class NatHost implements AutoCloseable {
    static final String HOST = "192.0.2.1";
    static final String ROUTER = "192.0.2.2";
    static final String FAR = "203.0.113.2";
    /** The MTU of the link to the far host. */
    static final int FAR_MTU = 1300;

    private static final int PATIENCE_S = 60;

    private final Lab lab;
    private final Path directory;
    private final Lab.Host host;
    private final Lab.Host router;
    private final Lab.Host far;
    private @Nullable Started started;
    private String addresses = "address: " + HOST + "/24, gateway: " + ROUTER;

    /** @param directory empty, for its files */
    NatHost(Path directory) {
        for (var tool : List.of("python3", "curl", "ping", "traceroute")) {
            assumeTrue(Lab.run("sh", "-c", "command -v " + tool).exit() == 0, "not run: needs " + tool);
        }
        lab = Lab.open();
        this.directory = directory;
        host = lab.bare("host");
        router = lab.bare("router");
        far = lab.bare("far");
        Lab.cable(host, "up0", router, "eth0", 1500);
        Lab.cable(router, "eth1", far, "eth0", FAR_MTU);
        run(router, "sysctl -qw net.ipv4.ip_forward=1");
        run(router, "ip address add " + ROUTER + "/24 dev eth0");
        run(router, "ip address add 203.0.113.1/24 dev eth1");
        run(far, "ip address add " + FAR + "/24 dev eth0");
        run(far, "ip route add default via 203.0.113.1");
    }

    /** The same with IPv6 beside IPv4: the host is {@code 2001:db8::1}, the router ::2, the far host {@code 2001:db8:f::2}. */
    NatHost withIpv6() {
        addresses = "address: [ %s/24, \"2001:db8::1/64\" ], gateway: [ %s, \"2001:db8::2\" ]".formatted(HOST, ROUTER);
        for (var one : List.of(router, far)) {
            run(
                    one,
                    "sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0");
        }
        run(router, "sysctl -qw net.ipv6.conf.all.forwarding=1");
        run(router, "ip address add 2001:db8::2/64 dev eth0 nodad");
        run(router, "ip address add 2001:db8:f::1/64 dev eth1 nodad");
        run(far, "ip address add 2001:db8:f::2/64 dev eth0 nodad");
        run(far, "ip -6 route add default via 2001:db8:f::1");
        run(router, "ip -6 route add 2001:db8:3::/64 via 2001:db8::1");
        return this;
    }

    /**
     * A container's namespace, cabled to the host's device {@code name}, with the first address of its subnet as gateway.
     *
     * @param name at most 8 letters
     * @param addresses with their prefix lengths
     */
    Lab.Host container(String name, String... addresses) {
        var container = lab.bare(name);
        Lab.cable(host, name, container, "eth0", 1500);
        for (var address : addresses) {
            boolean v6 = address.contains(":");
            if (v6) {
                run(container, "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0 net.ipv6.conf.eth0.accept_dad=0");
            }
            run(container, "ip address add " + address + " dev eth0" + (v6 ? " nodad" : ""));
            run(container, "ip " + (v6 ? "-6 " : "") + "route add default via " + address.replaceFirst("\\d+/.*", "1"));
        }
        return container;
    }

    /**
     * Starts Millrace and waits until it forwards.
     *
     * @param topology behind the uplink's line
     */
    void up(String topology) {
        up("", topology);
    }

    /** @param more of the host's keys beside {@code uplink}, each behind a comma */
    void up(String more, String topology) {
        var head = "x-millrace: { uplink: { interface: up0, %s }%s }%n".formatted(addresses, more);
        try {
            started = new Started(host, directory, head + topology);
            for (int i = 0; i < PATIENCE_S * 50 && started.isAlive(); i++) {
                if (started.said().contains("millrace: up, ")) {
                    return;
                }
                Thread.sleep(20);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("it does not come up:\n" + started.said());
    }

    /** The namespace Millrace runs in. */
    Lab.Host host() {
        return host;
    }

    Lab.Host router() {
        return router;
    }

    Lab.Host far() {
        return far;
    }

    /** Runs a command, its words separated by blanks, which must be content. */
    static String run(Lab.Host where, String command) {
        return where.run(command.split(" ")).ok();
    }

    /** Starts a server of TCP and UDP, {@code talk.py serve}, and waits until it serves. */
    void serve(Lab.Host where, String address, int port) {
        var server = where.start("python3", talk(), "serve", address, "" + port);
        try {
            var said = server.inputReader().readLine();
            if (!"serving".equals(said)) {
                throw new AssertionError("no server on " + address + ": " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One of {@code talk.py}'s conversations, and what it printed. */
    static String talk(Lab.Host from, String words) {
        var command = new ArrayList<>(List.of("python3", talk()));
        command.addAll(List.of(words.split(" ")));
        var result = from.run(command.toArray(String[]::new));
        return result.exit() == 0 ? result.out().strip() : result.err();
    }

    /** Where {@code talk.py} is. */
    static String talk() {
        var resource = NatHost.class.getResource("talk.py");
        if (resource == null) {
            throw new AssertionError("no talk.py");
        }
        return Path.of(resource.getPath()).toString();
    }

    /** What curl gets. */
    static String curl(Lab.Host from, String url) {
        var result = from.run("curl", "-sS", "--noproxy", "*", "-m", "20", url);
        return result.exit() == 0 ? result.out().strip() : result.err();
    }

    /** Whether one of three pings comes back. */
    static boolean pings(Lab.Host from, String to) {
        return from.run("ping", "-n", "-q", "-c", "3", "-i", "0.2", "-W", "1", to)
                        .exit()
                == 0;
    }

    /** What it printed, and what it dropped: for the message of a test that failed. */
    String story() {
        if (started == null || !started.isAlive()) {
            return started == null ? "never started" : started.said();
        }
        try {
            return started.said() + started.api("/millrace/drops");
        } catch (IOException e) {
            return started.said() + e;
        }
    }

    /** What it answers to a GET. */
    String api(String path) throws IOException {
        if (started == null) {
            throw new IOException("it is not up");
        }
        return started.api(path);
    }

    /** Its process id. */
    long pid() {
        return started == null ? 0 : started.pid();
    }

    @Override
    public void close() {
        try {
            if (started != null) {
                started.close();
            }
        } finally {
            lab.close();
        }
    }
}
