package io.millrace.tools.probe;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * {@code millrace up} with an overlay of VNI 5, in a namespace of its own. Behind its ports: {@code a} and {@code b} with
 * MTU 1500, and {@code c}, for which Millrace makes the interface. By the underlay, {@code u} on both sides, another host:
 * the kernel's vxlan device, with MTU 1500 and a station's addresses.
 */
final class OverlayHost implements AutoCloseable {
    private static final int PATIENCE_S = 60;
    private static final String FAR_MAC = "02:00:00:00:00:fe";

    private final Lab lab = Lab.open();
    private final Lab.Host dut = lab.bare("dut");
    private final Lab.Host far = lab.bare("far");
    private final Lab.Host a = lab.bare("a");
    private final Lab.Host b = lab.bare("b");
    private final Lab.Host c = lab.bare("c");
    private final Process process;
    private final Path log;

    /**
     * @param vtep what stands under {@code vtep} beside the peers
     * @param options of the network's driver
     */
    OverlayHost(Path directory, boolean v6, String vtep, String options) throws IOException {
        log = directory.resolve("log");
        try {
            process = up(directory, v6, vtep, options);
        } catch (Throwable e) {
            lab.close();
            throw e;
        }
    }

    private Process up(Path directory, boolean v6, String vtep, String options) throws IOException {
        var here = v6 ? "fd99::1" : "10.9.0.1";
        var there = v6 ? "fd99::2" : "10.9.0.2";
        Lab.cable(dut, "u", far, "u", 1500);
        cable(a, 1);
        cable(b, 2);
        far.run("ip", "link", "set", "u", "address", FAR_MAC).ok();
        address(far, "u", there + (v6 ? "/64" : "/24"));
        dut.run("ip", "link", "set", "u", "address", "02:00:00:00:00:f0").ok();
        far.run("ip", "neigh", "add", here, "lladdr", "02:00:00:00:00:f0", "dev", "u")
                .ok();
        far.run(("ip link add vx address 02:00:00:00:00:0f type vxlan id 5 dstport 4789 local " + there + " remote "
                                + here)
                        .split(" "))
                .ok();
        far.run("ip", "link", "set", "vx", "mtu", "1500", "up").ok();
        address(far, "vx", "10.1.0.15/24");
        address(far, "vx", "fd01::f/64");
        var topology = directory.resolve("topology.yaml");
        Files.writeString(topology, """
                x-millrace:
                  underlay: { interface: u, address: "%s", neighbors: { "%s": "%s" } }
                networks:
                  lan: { driver: overlay, driver_opts: { %s }, x-millrace: { vni: 5, vtep: { peers: [ "%s" ], %s } } }
                services:
                  a: { networks: [ lan ], x-millrace: { attach: { interface: p1 } } }
                  b: { networks: [ lan ], x-millrace: { attach: { interface: p2 } } }
                  c: { networks: [ lan ], x-millrace: { attach: { netns: %s } } }
                """.formatted(
                        here + (v6 ? "/64" : "/24"), there, FAR_MAC, options, there, vtep, c.namespace()));
        var started = start(topology, directory.resolve("socket"));
        awaitUp(started);
        address(c, "eth0", "10.1.0.3/24");
        address(c, "eth0", "fd01::3/64");
        return started;
    }

    private void cable(Lab.Host host, int number) {
        Lab.cable(dut, "p" + number, host, "eth0", 1500);
        host.run("ip", "link", "set", "eth0", "address", "02:00:00:00:00:0" + number)
                .ok();
        address(host, "eth0", "10.1.0." + number + "/24");
        address(host, "eth0", "fd01::" + number + "/64");
    }

    private static void address(Lab.Host host, String device, String address) {
        if (address.contains(":")) {
            host.run("sysctl", "-qw", "net.ipv6.conf." + device + ".disable_ipv6=0")
                    .ok();
            host.run("ip", "address", "add", address, "dev", device, "nodad").ok();
        } else {
            host.run("ip", "address", "add", address, "dev", device).ok();
        }
    }

    private Process start(Path topology, Path socket) throws IOException {
        return new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        dut.namespace(),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-ea",
                        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.millrace.tools.Main",
                        "up",
                        "-f",
                        topology.toString(),
                        "--socket",
                        socket.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    private void awaitUp(Process started) throws IOException {
        try {
            for (int i = 0; i < PATIENCE_S * 20 && started.isAlive(); i++) {
                if (said().contains("millrace: up, ")) {
                    return;
                }
                Thread.sleep(50);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        started.destroyForcibly();
        throw new AssertionError("it does not come up:\n" + said());
    }

    /** The namespace Millrace runs in. */
    Lab.Host dut() {
        return dut;
    }

    /** The other host, and station 10.1.0.15, fd01::f of the overlay. */
    Lab.Host far() {
        return far;
    }

    /** Station 10.1.0.1, fd01::1, 02:00:00:00:00:01; MTU 1500. */
    Lab.Host a() {
        return a;
    }

    /** Station 10.1.0.2, fd01::2, 02:00:00:00:00:02; MTU 1500. */
    Lab.Host b() {
        return b;
    }

    /** Station 10.1.0.3, fd01::3 at the interface that Millrace made. */
    Lab.Host c() {
        return c;
    }

    /** What it printed. */
    String said() throws IOException {
        return Files.readString(log);
    }

    /** Waits until it has printed something. */
    void awaitWords(String words) throws IOException, InterruptedException {
        for (int i = 0; !said().contains(words); i++) {
            if (i == PATIENCE_S * 20) {
                throw new AssertionError("it does not say '" + words + "':\n" + said());
            }
            Thread.sleep(50);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            process.destroy();
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("millrace up did not end on SIGTERM:\n" + said());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        } finally {
            lab.close();
        }
    }
}
