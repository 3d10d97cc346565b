package io.millrace.tools.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.linux.Ethtool;
import io.millrace.dataplane.linux.Ethtool.Offload;
import io.millrace.dataplane.linux.Netlink;
import io.millrace.tools.Main;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is told of an interface is what ethtool and /sys tell. */
class PortsCommandTest {
    private static final Map<Offload, String> ETHTOOLS = Map.of(
            Offload.RX_CHECKSUM, "rx-checksumming",
            Offload.TX_CHECKSUM, "tx-checksumming",
            Offload.TSO, "tcp-segmentation-offload",
            Offload.GSO, "generic-segmentation-offload",
            Offload.GRO, "generic-receive-offload",
            Offload.LRO, "large-receive-offload",
            Offload.RX_VLAN, "rx-vlan-offload",
            Offload.TX_VLAN, "tx-vlan-offload");

    private static Preflight of(String device) throws Exception {
        try (var kernel = Netlink.open();
                var card = Ethtool.open()) {
            return Preflight.of(kernel.get(device), card, kernel);
        }
    }

    private static String run(String... words) {
        var out = new ByteArrayOutputStream();
        var before = System.out;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            return Main.run(words) + " " + out.toString(StandardCharsets.UTF_8);
        } finally {
            System.setOut(before);
        }
    }

    @Test
    void offloadsDriverAndQueuesAreThoseThatEthtoolTells() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/sbin/ethtool")), "not run: needs the package ethtool");
        try (var lab = Lab.open()) {
            var host = lab.host("p", "10.79.0.1/24");
            for (var state : new String[] {"off", "on"}) {
                Lab.run("ethtool", "-K", host.device(), "gro", state, "tso", state, "rx", state);
                var told = of(host.device());
                var features = Lab.run("ethtool", "-k", host.device()).ok();
                ETHTOOLS.forEach((offload, word) -> assertThat(told.offloads().contains(offload))
                        .as(word + " " + state)
                        .isEqualTo(features.contains(word + ": on")));
                var driver = Lab.run("ethtool", "-i", host.device()).ok();
                assertThat(driver)
                        .contains(
                                "driver: " + told.driver().name() + "\n",
                                "version: " + told.driver().version());
                assertThat(told.xdp().isTold()).isTrue();
                assertThat(told.hurting().contains("GRO")).isEqualTo(state.equals("on"));
            }
            var told = of(host.device());
            var queues = Lab.run("ethtool", "-l", host.device()).ok();
            assertThat(queues.substring(queues.indexOf("Current")))
                    .contains(
                            "RX:\t\t" + told.channels().receive(),
                            "TX:\t\t" + told.channels().transmit());
            assertThat(told.speed() + "\n")
                    .isEqualTo(Files.readString(Path.of("/sys/class/net", host.device(), "speed")));
            assertThat(told.timestamps().hardwareReceive())
                    .isEqualTo(Lab.run("ethtool", "-T", host.device()).ok().contains("hardware-receive"));
        }
    }

    @Test
    void aVethCanBePluggedInEveryWayThatIsForInterfacesAndACarriedAddressIsTold() throws Exception {
        try (var lab = Lab.open()) {
            var host = lab.host("p");
            Lab.run("ip", "address", "add", "10.79.1.1/24", "dev", host.device())
                    .ok();
            assertThat(run("ports", host.device()))
                    .startsWith("0 ")
                    .containsPattern("driver +veth")
                    .containsPattern("link +up")
                    .containsPattern("packet: +works: AF_PACKET")
                    .containsPattern("xdp: +works: AF_XDP, native mode")
                    .containsPattern("tap: +no: is no TAP")
                    .contains("10.79.1.1/24: the kernel talks here too");
            assertThat(run("ports")).containsPattern("\n  " + host.device() + " +veth +up +10000 +1500 ");
            assertThat(run("ports", host.device(), "-o", "json"))
                    .startsWith("0 {\"ports\":[{\"name\":\"" + host.device() + "\"")
                    .contains("\"addresses\":[\"10.79.1.1/24\"]", "\"kind\":\"packet\",\"works\":true");
        }
    }

    @Test
    void withoutACapabilityItIsTheMissingOneThatIsNamed() throws Exception {
        try (var lab = Lab.open()) {
            var told = of(lab.host("p").device());
            assertThat(Fit.of(told, 0))
                    .filteredOn(fit -> fit.kind().equals("packet"))
                    .containsExactly(
                            new Fit("packet", false, "needs the capability CAP_NET_RAW (run as root or grant it)"));
            assertThat(Fit.of(told, 1L << 13 | 1L << 12))
                    .filteredOn(fit -> fit.kind().equals("xdp"))
                    .containsExactly(new Fit("xdp", false, "needs the capability CAP_BPF (run as root or grant it)"));
            assertThat(Fit.of(told, 1L << 13 | 1L << 12 | 1L << 21))
                    .filteredOn(fit -> fit.kind().equals("xdp"))
                    .allMatch(Fit::works);
        }
    }

    @Test
    void loopbackHasNoAttachmentAndWhatIsNotThereIsSaid() {
        assertThat(run("ports", "lo")).containsPattern("packet: +no: its frames have no Ethernet header");
        assertThat(run("ports", "none0")).startsWith("1 ");
    }
}
