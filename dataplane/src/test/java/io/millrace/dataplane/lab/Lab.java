package io.millrace.dataplane.lab;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Real hosts for a test: network namespaces, each joined by a veth pair to the namespace the test runs in, made by ip(8)
 * under names nobody else has. {@link #close} ends what was started and removes what was made, also after a failure.
 */
public final class Lab implements AutoCloseable {
    private static final int PATIENCE = 60;

    private final String id =
            "mr" + Integer.toHexString(ThreadLocalRandom.current().nextInt(0x1000, 0x10000));
    private final List<Host> hosts = new ArrayList<>();
    private final Deque<Process> started = new ArrayDeque<>();

    private Lab() {}

    /** A lab without hosts; the test is reported as not run where there cannot be one. */
    public static Lab open() {
        assumeTrue(isRoot(), "not run: needs root to make network namespaces");
        assumeTrue(
                Files.exists(Path.of("/sbin/ip"))
                        || Files.exists(Path.of("/usr/sbin/ip"))
                        || Files.exists(Path.of("/bin/ip")),
                "not run: needs ip of the package iproute2");
        return new Lab();
    }

    private static boolean isRoot() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** What a command did. */
    public record Result(int exit, String out, String err) {
        /** The output, if the command was content. */
        public String ok() {
            if (exit != 0) {
                throw new AssertionError("exit " + exit + "\n" + out + err);
            }
            return out;
        }
    }

    /** A namespace with a device {@code eth0}; the other end of its cable is {@link #device} here. */
    public final class Host {
        private final String namespace;
        private final String device;

        private Host(String name) {
            namespace = id + "-" + name;
            device = id + name;
        }

        /** The namespace, as {@code ip netns} calls it. */
        public String namespace() {
            return namespace;
        }

        /** Our end of the cable. */
        public String device() {
            return device;
        }

        /** Runs a command in the host and waits for it. */
        public Result run(String... command) {
            return Lab.run(in(command));
        }

        /** Starts a command in the host; it is ended with the lab. */
        public Process start(String... command) {
            return Lab.this.start(in(command));
        }

        private String[] in(String... command) {
            var all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
            all.addAll(Arrays.asList(command));
            return all.toArray(String[]::new);
        }
    }

    /** A free device name that begins as all names of this lab do; at most 15 bytes. */
    public String name(String suffix) {
        return id + suffix;
    }

    /**
     * One more host, cabled, up, silent but for what the test sends: IPv6 is off until an address is given.
     *
     * @param name at most 8 letters
     * @param addresses with prefix lengths, IPv4 or IPv6
     */
    public Host host(String name, String... addresses) {
        var host = new Host(name);
        run("ip", "netns", "add", host.namespace).ok();
        hosts.add(host);
        boolean v6 = Arrays.stream(addresses).anyMatch(a -> a.contains(":"));
        host.run(
                        "sysctl",
                        "-qw",
                        "net.ipv6.conf.default.disable_ipv6=" + (v6 ? 0 : 1),
                        "net.ipv6.conf.default.accept_dad=0")
                .ok();
        run("ip", "link", "add", host.device, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
                .ok();
        run("sysctl", "-qw", "net.ipv6.conf." + host.device + ".disable_ipv6=1");
        run("ip", "link", "set", host.device, "up").ok();
        host.run("ip", "link", "set", "lo", "up").ok();
        host.run("ip", "link", "set", "eth0", "up").ok();
        for (var address : addresses) {
            host.run("ip", "address", "add", address, "dev", "eth0").ok();
        }
        return host;
    }

    /** A namespace without a cable: see {@link #cable}. At most 8 letters. */
    public Host bare(String name) {
        var host = new Host(name);
        run("ip", "netns", "add", host.namespace).ok();
        hosts.add(host);
        host.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1").ok();
        host.run("ip", "link", "set", "lo", "up").ok();
        return host;
    }

    /** Lays a cable between two hosts; both its ends are up, without address and silent. */
    public static void cable(Host one, String oneDevice, Host other, String otherDevice, int mtu) {
        one.run(
                        "ip",
                        "link",
                        "add",
                        oneDevice,
                        "mtu",
                        "" + mtu,
                        "type",
                        "veth",
                        "peer",
                        "name",
                        otherDevice,
                        "mtu",
                        "" + mtu,
                        "netns",
                        other.namespace)
                .ok();
        one.run("ip", "link", "set", oneDevice, "up").ok();
        other.run("ip", "link", "set", otherDevice, "up").ok();
    }

    /** Runs a command here and waits for it, a minute at most. */
    public static Result run(String... command) {
        try {
            var out = Files.createTempFile("lab", ".out");
            var err = Files.createTempFile("lab", ".err");
            try {
                var process = new ProcessBuilder(command)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
                if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(String.join(" ", command) + " did not end\n" + read(out) + read(err));
                }
                return new Result(process.exitValue(), read(out), read(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    /** Starts a command here, its output thrown away unless read; it is ended with the lab. */
    public Process start(String... command) {
        try {
            var process = new ProcessBuilder(command)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .start();
            started.push(process);
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        for (var process : started) {
            process.destroy();
        }
        for (var process : started) {
            try {
                if (!process.waitFor(5, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        }
        for (var host : hosts) {
            run("ip", "link", "delete", host.device);
            run("ip", "netns", "delete", host.namespace);
        }
    }
}
