package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What does not fit a tunnel: the kernel's hosts are told, believe it, and send what fits from then on. RFC 7348 section 4.3. */
class PathMtuTest {
    private static final String FAR = "10.1.0.15";
    private static final String FAR_V6 = "fd01::f";

    @TempDir
    private Path directory;

    private static Lab.Result ping(Lab.Host from, String to, int bytes, String fragments) {
        return from.run("ping", "-M", fragments, "-c", "3", "-i", "0.1", "-W", "0.5", "-s", "" + bytes, to);
    }

    private static void isToldAndBelieves(Lab.Host host, int mtu) {
        assertThat(ping(host, FAR, 1472, "do").out()).contains("Frag needed and DF set (mtu = " + mtu + ")");
        assertThat(host.run("ip", "route", "get", FAR).ok()).contains("mtu " + mtu);
        ping(host, FAR, mtu - 28, "do").ok();
        assertThat(ping(host, FAR_V6, 1452, "do").out()).contains("Packet too big: mtu=" + mtu);
        assertThat(host.run("ip", "route", "get", FAR_V6).ok()).contains("mtu " + mtu);
        ping(host, FAR_V6, mtu - 48, "do").ok();
    }

    @Test
    void aSenderIsToldWhatFitsAndSendsThatAndOneThatAllowsFragmentsMakesThemItself() throws IOException {
        try (var host = new OverlayHost(directory, false, "", "")) {
            isToldAndBelieves(host.a(), 1450);
            ping(host.b(), FAR, 1472, "dont"); // the first is lost; the error has the others fragmented
            ping(host.b(), FAR, 1472, "want").ok();
        }
    }

    @Test
    void overIpv6SeventyBytesAreForTheTunnel() throws IOException {
        try (var host = new OverlayHost(directory, true, "", "")) {
            isToldAndBelieves(host.a(), 1430);
            assertThat(host.c().run("ip", "link", "show", "eth0").ok()).contains("mtu 1430");
        }
    }

    @Test
    void aTcpSenderOfFullSegmentsGetsThrough() throws Exception {
        try (var host = new OverlayHost(directory, false, "", "")) {
            for (var to : new String[] {FAR, FAR_V6}) {
                var server = host.far().start("iperf3", "-s", "-1", "--forceflush");
                assertThat(server.inputReader().readLine()).isNotNull();
                server.inputReader().readLine(); // "Server listening"
                var result = host.a().run("iperf3", "-c", to, "-n", "4M", "-J");
                assertThat(result.ok()).contains("\"sum_received\"");
                assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(host.a().run("ip", "route", "get", FAR).ok()).contains("mtu 1450");
        }
    }

    @Test
    void anInterfaceMadeForTheOverlayHasItsMtuAndBetweenLocalPortsThatLimitsNothing() throws IOException {
        try (var host = new OverlayHost(directory, false, "", "com.docker.network.driver.mtu: 1400")) {
            assertThat(host.c().run("ip", "link", "show", "eth0").ok()).contains("mtu 1350");
            assertThat(host.dut()
                            .run("ip", "-o", "link", "show", "type", "veth")
                            .ok())
                    .contains("mtu 1350");
            ping(host.a(), "10.1.0.2", 1472, "do").ok();
            ping(host.a(), "fd01::2", 1452, "do").ok();
            isToldAndBelieves(host.a(), 1350);
            ping(host.c(), FAR, 1322, "do").ok();
        }
    }

    @Test
    void whenTheUnderlayGetsAnotherMtuTheTunnelHasItAtOnce() throws Exception {
        try (var host = new OverlayHost(directory, false, "", "")) {
            ping(host.a(), FAR, 1422, "do").ok();
            host.dut().run("ip", "link", "set", "u", "mtu", "1400").ok();
            host.awaitWords("the MTU of u is 1400");
            isToldAndBelieves(host.a(), 1350);
            host.dut().run("ip", "link", "set", "u", "mtu", "1550").ok();
            host.far().run("ip", "link", "set", "u", "mtu", "1550").ok();
            host.awaitWords("the MTU of u is 1550");
            ping(host.b(), FAR, 1472, "do").ok();
        }
    }
}
