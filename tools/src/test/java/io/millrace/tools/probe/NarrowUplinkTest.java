package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kernels at both ends of a router whose uplink takes less than its network: what they send too long is cut on the way, or
 * they are told.
 *
 * <pre>
 *   outside 198.51.100.2 ──1280── uplink  millrace  web ──1500── inside 10.1.0.2
 * </pre>
 */
class NarrowUplinkTest {
    private static final String FAR = "198.51.100.2";

    @TempDir
    Path directory;

    private Lab lab;
    private Lab.Host inside;
    private Lab.Host outside;
    private Started started;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        lab = Lab.open();
        var router = lab.bare("router");
        inside = lab.bare("inside");
        outside = lab.bare("outside");
        Lab.cable(router, "up0", outside, "eth0", 1280);
        Lab.cable(router, "web0", inside, "eth0", 1500);
        outside.run("ip", "address", "add", FAR + "/24", "dev", "eth0").ok();
        inside.run("ip", "address", "add", "10.1.0.2/24", "dev", "eth0").ok();
        inside.run("ip", "route", "add", "default", "via", "10.1.0.1").ok();
        started = new Started(router, directory, """
                x-millrace:
                  uplink: { interface: up0, address: 198.51.100.1/24 }
                networks:
                  web: { ipam: { config: [ { subnet: 10.1.0.0/24, gateway: 10.1.0.1 } ] } }
                services:
                  server:
                    networks: { web: { ipv4_address: 10.1.0.2 } }
                    x-millrace: { attach: { interface: web0 } }
                """);
        for (int i = 0; i < 300 && ping(FAR, 56, "do").exit() != 0; i++) {
            Thread.sleep(100);
        }
    }

    @AfterEach
    void stop() {
        if (started != null) {
            started.close();
        }
        lab.close();
    }

    private Lab.Result ping(String to, int bytes, String fragments) {
        return inside.run("ping", "-M", fragments, "-c", "3", "-i", "0.1", "-W", "1", "-s", "" + bytes, to);
    }

    @Test
    void pingsOfAnyLengthThatMayBeCutComeBackWhole() {
        for (int bytes : new int[] {1252, 1253, 1400, 1472, 1473, 3000, 20_000}) {
            assertThat(ping(FAR, bytes, "dont").ok())
                    .as("%d bytes", bytes)
                    .contains(" 0% packet loss")
                    .doesNotContain("wrong data");
        }
    }

    @Test
    void aPingThatMayNotBeCutIsToldByTheGatewayWhatWouldFit() {
        var told = ping(FAR, 1253, "do").out();
        assertThat(told).contains("From 10.1.0.1").contains("Frag needed and DF set (mtu = 1280)");
        assertThat(inside.run("ip", "route", "get", FAR).ok()).contains("mtu 1280");
        ping(FAR, 1252, "do").ok();
    }

    @Test
    void onTheWayOutTheGatewayIsTheFirstHop() {
        assertThat(inside.run("ping", "-t", "1", "-c", "1", "-W", "1", FAR).out())
                .contains("From 10.1.0.1")
                .contains("Time to live exceeded");
    }

    @Test
    void longSegmentsArriveWhetherTheyMayBeCutOrNot() throws Exception {
        // The other end asks for longer segments than its cable takes, as one behind a tunnel further on does.
        outside.run("ip", "route", "replace", "198.51.100.0/24", "dev", "eth0", "advmss", "1460")
                .ok();
        for (var mayBeCut : new String[] {"0", "1"}) {
            inside.run("ip", "route", "flush", "cache").ok();
            inside.run("sysctl", "-qw", "net.ipv4.ip_no_pmtu_disc=" + mayBeCut).ok();
            var server = outside.start("iperf3", "-s", "-1", "--forceflush");
            assertThat(server.inputReader().readLine()).isNotNull();
            server.inputReader().readLine(); // "Server listening"
            assertThat(inside.run("iperf3", "-c", FAR, "-n", "4M", "-J").ok()).contains("\"sum_received\"");
            assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}
