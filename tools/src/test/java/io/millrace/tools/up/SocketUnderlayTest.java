package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Lab.Host;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Millrace's overlay by the sockets of a namespace's own kernel, to the kernel's vxlan device in another one; each has a
 * station behind it.
 */
class SocketUnderlayTest {
    @TempDir
    private Path folder;

    private Lab lab;
    private Host ours;
    private Host theirs;
    private Host station;

    @BeforeEach
    void open() {
        lab = Lab.open();
        ours = lab.bare("ours");
        theirs = lab.bare("theirs");
        station = lab.bare("station");
        Lab.cable(ours, "u0", theirs, "u0", 1500);
        Lab.cable(ours, "s1", station, "eth0", 1450);
        for (var host : List.of(ours, theirs)) {
            host.run("sysctl", "-qw", "net.ipv6.conf.u0.accept_dad=0", "net.ipv6.conf.u0.disable_ipv6=0")
                    .ok();
        }
        ours.run("ip", "address", "add", "10.9.0.1/24", "dev", "u0").ok();
        ours.run("ip", "address", "add", "fd09::1/64", "dev", "u0", "nodad").ok();
        theirs.run("ip", "address", "add", "10.9.0.2/24", "dev", "u0").ok();
        theirs.run("ip", "address", "add", "fd09::2/64", "dev", "u0", "nodad").ok();
        station.run("ip", "address", "add", "10.5.0.1/24", "dev", "eth0").ok();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    /** The kernel's VTEP, with an address of its own on the overlay. */
    private void vxlan(String net, int mtu, String... more) {
        var local = net + 2;
        var words = new ArrayList<>(List.of("ip", "link", "add", "vx0", "type", "vxlan", "id", "5"));
        words.addAll(List.of("dstport", "4789", "local", local, "remote", net + 1));
        words.addAll(List.of(more));
        theirs.run(words.toArray(String[]::new)).ok();
        theirs.run("ip", "link", "set", "vx0", "mtu", "" + mtu, "up").ok();
        theirs.run("ip", "address", "add", "10.5.0.2/24", "dev", "vx0").ok();
        station.run("ip", "link", "set", "eth0", "mtu", "" + mtu).ok();
    }

    private Path topology(String underlay, String vtep) throws IOException {
        return Files.writeString(folder.resolve("t.yaml"), """
                name: %s
                x-millrace:
                  underlay: { %s }
                networks:
                  lan: { driver: overlay, x-millrace: { vni: 5, vtep: { %s } } }
                services:
                  s1: { networks: [ lan ], x-millrace: { attach: { interface: s1 } } }
                """.formatted(lab.name("up"), underlay, vtep));
    }

    private Millrace up(Path file, String... before) throws Exception {
        var words = new ArrayList<>(List.of("ip", "netns", "exec", ours.namespace()));
        words.addAll(List.of(before));
        return Millrace.upBy(words, "up", "-f", file.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.9.0.", "fd09::"})
    void aStationPingsAndStreamsToTheKernelsVxlan(String net) throws Exception {
        int mtu = net.contains(":") ? 1430 : 1450;
        vxlan(net, mtu);
        try (var millrace = up(topology("socket: \"" + net + "1\"", "peers: [ \"" + net + "2\" ]"))) {
            assertThat(millrace.said())
                    .contains("underlay: socket, UDP socket on " + net + "1, 16 source ports, segmentation offload");
            station.run("ping", "-c", "5", "-i", "0.05", "-W", "5", "10.5.0.2").ok();
            station.run("ping", "-c", "3", "-i", "0.05", "-W", "5", "-M", "do", "-s", "" + (mtu - 28), "10.5.0.2")
                    .ok();
            theirs.run("ping", "-c", "3", "-i", "0.05", "-W", "5", "-s", "5000", "10.5.0.1")
                    .ok();
            station.start("iperf3", "-s", "-p", "5301");
            theirs.start("iperf3", "-s", "-p", "5302");
            Thread.sleep(500);
            station.run("iperf3", "-c", "10.5.0.2", "-p", "5302", "-n", "50M", "--connect-timeout", "5000")
                    .ok();
            theirs.run("iperf3", "-c", "10.5.0.1", "-p", "5301", "-n", "50M", "--connect-timeout", "5000")
                    .ok();
            assertThat(millrace.terminate()).isZero();
        }
    }

    @Test
    void whatCannotBeOpenedIsSaidInOneSentence() throws Exception {
        var file = topology("socket: 10.9.0.7", "peers: [ 10.9.0.2 ]");
        assertThat(refusal(file))
                .contains(
                        "t.yaml:3: underlay: using 10.9.0.7, which is none of the kernel's addresses here: address not"
                                + " available");
        ours.run("ip", "link", "add", "vx1", "type", "vxlan", "id", "7", "dstport", "4789")
                .ok();
        ours.run("ip", "link", "set", "vx1", "up").ok();
        assertThat(refusal(topology("socket: 10.9.0.1", "peers: [ 10.9.0.2 ]")))
                .contains("t.yaml:3: underlay: listening on UDP port 4789 of 10.9.0.1, which another program or a vxlan"
                        + " device of the kernel's has: address in use");
    }

    private String refusal(Path file) throws Exception {
        var before = List.of("ip", "netns", "exec", ours.namespace());
        try (var millrace = Millrace.startBy(before, "up", "-f", file.toString())) {
            assertThat(millrace.await()).isEqualTo(1);
            return millrace.said();
        }
    }
}
