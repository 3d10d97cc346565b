package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Lab.Host;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * ICMP errors through {@code millrace up}, as programs see them: the kernels of the hosts tell an error to the socket whose
 * packet it quotes, and to no other.
 *
 * <pre>
 *  inside 10.1.0.2 ── 10.1.0.1 millrace 192.0.2.1 ── 192.0.2.9 router 198.51.100.1 ── 198.51.100.7 peer
 * </pre>
 */
class IcmpThroughNatTest {
    private static final String PEER = "198.51.100.7";
    private static final int FAR_MTU = 1300;

    /** Connects, sends, and says how it went: words of the system. */
    private static final String SEND = """
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR: also what may pass by itself
            s.settimeout(20)
            s.connect((sys.argv[1], int(sys.argv[2])))
            try:
                s.send(b"hello")
                print(s.recv(100))
            except OSError as e:
                print(e.strerror or "silence")
            """;

    @TempDir
    private Path folder;

    private Lab lab;
    private Host inside;
    private Host router;
    private Host peer;
    private Millrace millrace;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        lab = Lab.open();
        inside = lab.host("a", "10.1.0.2/24");
        router = lab.host("u", "192.0.2.9/24");
        peer = lab.bare("p");
        Lab.cable(router, "eth1", peer, "eth1", FAR_MTU);
        inside.run("ip", "route", "add", "default", "via", "10.1.0.1").ok();
        router.run("ip", "address", "add", "198.51.100.1/24", "dev", "eth1").ok();
        router.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.icmp_ratelimit=0")
                .ok();
        peer.run("ip", "address", "add", PEER + "/24", "dev", "eth1").ok();
        peer.run("ip", "route", "add", "default", "via", "198.51.100.1").ok();
        peer.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0").ok();
        inside.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0").ok();
        millrace = Millrace.up("up", "-f", topology().toString());
        inside.run("ping", "-c", "1", "-w", "20", PEER).ok();
    }

    private Path topology() throws IOException {
        return Files.writeString(
                folder.resolve("t.yaml"), """
                        name: %s
                        x-millrace:
                          uplink: { interface: %s, address: 192.0.2.1/24, gateway: 192.0.2.9, mac: "02:00:00:00:01:01" }
                        networks:
                          lan: { driver: bridge, ipam: { config: [ { subnet: 10.1.0.0/24, gateway: 10.1.0.1 } ] } }
                        services:
                          web:
                            networks: { lan: { ipv4_address: 10.1.0.2 } }
                            ports: [ "8080:80/udp" ]
                            x-millrace: { attach: { packet: %s } }
                        """.formatted(lab.name("nt"), router.device(), inside.device()));
    }

    @AfterEach
    void close() throws IOException {
        if (millrace != null) {
            millrace.close();
        }
        lab.close();
    }

    @Test
    void whoSendsToAClosedPortIsToldOnBothSides() {
        assertThat(inside.run("python3", "-c", SEND, PEER, "9").ok()).contains("Connection refused");
        assertThat(peer.run("python3", "-c", SEND, "192.0.2.1", "8080").ok())
                .as("nobody listens behind the published port")
                .contains("Connection refused");
    }

    @Test
    void whoHasNoNeighborThereIsTold() {
        assertThat(inside.run("python3", "-c", SEND, "198.51.100.99", "9").ok()).contains("No route to host");
    }

    @Test
    void theSmallestMtuOfThePathIsFound() {
        var ping = inside.run("ping", "-c", "3", "-w", "10", "-M", "do", "-s", "1400", PEER);
        assertThat(ping.out() + ping.err()).containsPattern("mtu ?= ?" + FAR_MTU);
        assertThat(inside.run("ip", "route", "get", PEER).ok()).contains("mtu " + FAR_MTU);
        assumeTrue(isThere("tracepath"), "not run: needs tracepath of the package iputils-tracepath");
        assertThat(inside.run("tracepath", "-n", "-m", "4", "198.51.100.7").ok())
                .contains("10.1.0.1")
                .contains("192.0.2.9")
                .contains("pmtu " + FAR_MTU)
                .contains("reached");
    }

    @Test
    void tracerouteShowsTheGatewayTheRouterAndThePeer() {
        assumeTrue(isThere("traceroute"), "not run: needs the package traceroute");
        for (var way : new String[] {"-U", "-I", "-T"}) {
            var trace = inside.run("traceroute", "-n", way, "-q", "1", "-m", "4", "-w", "5", PEER);
            assertThat(trace.ok().lines().skip(1))
                    .as("traceroute %s", way)
                    .map(line -> line.strip().split(" +")[1])
                    .containsExactly("10.1.0.1", "192.0.2.9", PEER);
        }
        assertThat(inside.run("traceroute", "-n", "-q", "1", "-m", "2", "-w", "5", "10.1.0.1")
                        .ok())
                .as("traceroute to the gateway itself ends there")
                .containsPattern(" 1 +10\\.1\\.0\\.1 ")
                .doesNotContainPattern("(?m)^ 2 ");
    }

    @Test
    void tracerouteFromOutsideEndsAtThePublishedPort() {
        assumeTrue(isThere("traceroute"), "not run: needs the package traceroute");
        var trace = peer.run("traceroute", "-n", "-U", "-p", "8080", "-q", "1", "-m", "4", "-w", "5", "192.0.2.1");
        assertThat(trace.ok().lines().skip(1))
                .map(line -> line.strip().split(" +")[1])
                .as("the gateway takes a hop, and nobody sees what is behind it")
                .containsExactly("198.51.100.1", "192.0.2.1", "192.0.2.1");
    }

    private boolean isThere(String program) {
        return inside.run("sh", "-c", "command -v " + program).exit() == 0;
    }
}
