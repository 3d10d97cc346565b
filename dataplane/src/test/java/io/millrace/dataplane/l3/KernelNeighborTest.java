package io.millrace.dataplane.l3;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.l3.IpLab.Sender;
import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Wire;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The neighbour at the other end of the cable is the kernel: it finds us, pings us, and is found. */
class KernelNeighborTest {
    private static final String OURS = "02000a090001";

    @AutoClose
    private final Lab lab = Lab.open();

    @ParameterizedTest
    @CsvSource({
        "10.9.0.1, 24, 10.9.0.2/24, 0",
        "10.9.0.1, 24, 10.9.0.2/24, 57",
        "10.9.0.1, 24, 10.9.0.2/24, 1472",
        "2001:db8::1, 64, 2001:db8::2/64, 0",
        "2001:db8::1, 64, 2001:db8::2/64, 57",
        "2001:db8::1, 64, 2001:db8::2/64, 1452"
    })
    void theKernelPingsUsWithAllItsChecks(String us, int prefix, String them, String size) throws Exception {
        var host = lab.host("a", them);
        try (var ours = new LiveHost(host.device(), us, prefix, null).open()) {
            var ping = host.run("ping", "-c", "3", "-i", "0.1", "-W", "5", "-M", "do", "-s", size, us);
            assertThat(ping.ok())
                    .contains("3 received")
                    .doesNotContain("corrupted")
                    .doesNotContain("wrong");
            assertThat(host.run("ip", "neigh", "show", us).ok()).contains("lladdr 02:00:0a:09:00:01");
            assertThat(ours.drops(Drop.ICMP_CHECKSUM) + ours.drops(Drop.IP_CHECKSUM))
                    .isZero();
        }
    }

    @Test
    void aPingWithIpOptionsIsAnsweredWithoutThem() throws Exception {
        var host = lab.host("a", "10.9.0.2/24");
        try (var _ = new LiveHost(host.device(), "10.9.0.1", 24, null).open()) {
            assertThat(host.run("ping", "-c", "2", "-i", "0.1", "-W", "5", "-R", "10.9.0.1")
                            .ok())
                    .contains("2 received");
        }
    }

    @Test
    void pingsToAllNodesAreAnsweredFromOurAddress() throws Exception {
        var host = lab.host("a", "2001:db8::2/64");
        try (var _ = new LiveHost(host.device(), "2001:db8::1", 64, null).open()) {
            assertThat(host.run("ping", "-c", "2", "-i", "0.1", "-W", "5", "ff02::1%eth0")
                            .out())
                    .contains("from 2001:db8::1");
        }
    }

    @Test
    void theKernelsOwnProbesForDuplicatesFindUs() throws Exception {
        var host = lab.host("a", "2001:db8::2/64");
        try (var _ = new LiveHost(host.device(), "2001:db8::1", 64, null).open()) {
            host.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=1").ok();
            host.run("ip", "address", "add", "2001:db8::1/64", "dev", "eth0").ok();
            LiveHost.await(() -> host.run("ip", "address", "show", "dev", "eth0")
                    .ok()
                    .contains("2001:db8::1/64 scope global dadfailed"));
        }
    }

    @ParameterizedTest
    @CsvSource({"10.9.0.1, 24, 10.9.0.2", "2001:db8::1, 64, 2001:db8::2"})
    void theKernelIsFoundAndWhatWaitedArrivesInOrder(String us, int prefix, String them) throws Exception {
        var host = lab.host("a", them + "/" + prefix);
        var sender = new Sender();
        try (var ours = new LiveHost(host.device(), us, prefix, null);
                var wire = Wire.open(host.namespace(), "eth0")) {
            var hop = ours.via(them, sender);
            for (int i = 0; i < 5; i++) {
                ours.hold(hop, "00".repeat(6) + "88b5" + "0" + i + "00".repeat(45));
            }
            ours.open();
            LiveHost.await(() -> ours.status(them).state() == NextHop.State.KNOWN);
            var mac = mac(host);
            assertThat(sender.mac).isEqualTo(Long.parseLong(mac, 16));
            assertThat(numbered(wire)).containsExactly("00", "01", "02", "03", "04");
        }
    }

    /** The numbers of the frames of ours that arrived, all addressed right. */
    private static List<String> numbered(Wire wire) {
        return wire.all(200).stream()
                .filter(frame -> frame.startsWith("88b5", 24))
                .peek(frame -> assertThat(frame.substring(12, 24)).isEqualTo(OURS))
                .map(frame -> frame.substring(28, 30))
                .toList();
    }

    private static String mac(Lab.Host host) {
        return host.run("cat", "/sys/class/net/eth0/address").ok().strip().replace(":", "");
    }

    @Test
    void packetsForHostsBeyondTheLinkGoToTheGateway() throws Exception {
        var host = lab.host("a", "10.9.0.254/24");
        host.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo").ok();
        try (var ours = new LiveHost(host.device(), "10.9.0.1", 24, "10.9.0.254").open()) {
            var listening = host.start(
                    "python3",
                    "-u",
                    "-c",
                    "import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(20); s.bind(('192.0.2.1',7)); "
                            + "print('ready'); print(s.recv(99).decode())");
            try (var out = listening.inputReader()) {
                assertThat(out.readLine()).isEqualTo("ready");
                var one = new Sender();
                var hop = ours.via("192.0.2.1", one);
                assertThat(ours.via("198.51.100.1", new Sender())).isSameAs(hop);
                // IPv4, UDP 9 -> 7 without checksum: "hello"
                ours.hold(
                        hop,
                        OURS + "0800" + "45000021000040004011" + "6ec1" + "0a090001" + "c0000201" + "00090007000d0000"
                                + "68656c6c6f");
                assertThat(out.readLine()).isEqualTo("hello");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10.9.0.1, 24, 10.9.0.2, net.ipv4.conf.eth0.arp_notify=1",
        "2001:db8::1, 64, 2001:db8::2, net.ipv6.conf.eth0.ndisc_notify=1"
    })
    void aNeighborThatMovesToAnotherEthernetAddressIsFollowedAtOnce(String us, int prefix, String them, String notify)
            throws Exception {
        var host = lab.host("a", them + "/" + prefix);
        host.run("sysctl", "-qw", notify).ok();
        var sender = new Sender();
        try (var ours = new LiveHost(host.device(), us, prefix, null).open()) {
            ours.via(them, sender);
            LiveHost.await(() -> ours.status(them).state() == NextHop.State.KNOWN);
            host.run("ip", "link", "set", "eth0", "address", "02:00:00:00:00:77")
                    .ok();
            LiveHost.await(() -> ours.status(them).mac() == 0x0200_0000_0077L);
            assertThat(sender.mac).isEqualTo(0x0200_0000_0077L);
        }
    }

    @ParameterizedTest
    @CsvSource({"10.9.0.1, 24, 10.9.0.2", "2001:db8::1, 64, 2001:db8::2"})
    void whoIsUsedIsAskedAgainAndForgottenWhenItIsGone(String us, int prefix, String them) throws Exception {
        var host = lab.host("a", them + "/" + prefix);
        var sender = new Sender();
        try (var ours = new LiveHost(host.device(), us, prefix, null).open()) {
            var hop = ours.via(them, sender);
            LiveHost.await(() -> ours.status(them).state() == NextHop.State.KNOWN);
            try (var wire = Wire.open(host.namespace(), "eth0")) {
                sender.sent++;
                LiveHost.await(() -> ours.status(them).age() > 29_000_000_000L);
                LiveHost.await(() -> ours.status(them).age() < 5_000_000_000L);
                var alone = wire.all(50).stream().filter(frame -> frame.startsWith(mac(host)));
                assertThat(alone).as("questions to itself alone").hasSize(1);
            }
            host.run("ip", "address", "flush", "dev", "eth0").ok();
            sender.sent++;
            LiveHost.await(() -> ours.status(them).state() == NextHop.State.SILENT);
            assertThat(sender.mac).isEqualTo(NextHop.UNKNOWN);
            ours.hold(hop, OURS + "88b5" + "00".repeat(46));
            LiveHost.await(() -> ours.drops(Drop.NEXT_HOP_SILENT) == 1);
        }
    }

    @Test
    void withStaticNeighborsNothingIsSentUnaskedAndAllIsAnswered() throws Exception {
        var host = lab.host("a", "10.9.0.2/24");
        var known = Map.of(LiveHost.address("10.9.0.2"), Long.parseLong(mac(host), 16));
        var sender = new Sender();
        try (var ours = new LiveHost(host.device(), "10.9.0.1", 24, null, known)) {
            try (var wire = Wire.open(host.namespace(), "eth0")) {
                ours.open();
                var hop = ours.via("10.9.0.2", sender);
                ours.between(() -> {
                    ours.ip.join(LiveHost.address("239.1.1.1"));
                    return true;
                });
                assertThat(hop.mac()).isEqualTo(sender.mac).isEqualTo(Long.parseLong(mac(host), 16));
                assertThat(ours.via("10.9.0.3", sender).mac()).isEqualTo(NextHop.UNKNOWN);
                assertThat(wire.all(500)).isEmpty();
            }
            assertThat(host.run("ping", "-c", "1", "-W", "5", "10.9.0.1").ok()).contains("1 received");
        }
    }

    @ParameterizedTest
    @CsvSource({"10.9.0.1, 24, 239.1.2.3, 10.9.0.2/24", "2001:db8::1, 64, ff05::1:3, 2001:db8::2/64"})
    void aSnoopingSwitchKnowsThatWeListenAndAsksAgain(String us, int prefix, String group, String them)
            throws Exception {
        var host = lab.host("a");
        host.run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=0").ok();
        host.run(
                        "ip",
                        "link",
                        "add",
                        "br0",
                        "type",
                        "bridge",
                        "mcast_snooping",
                        "1",
                        "mcast_querier",
                        "1",
                        "mcast_igmp_version",
                        "3",
                        "mcast_mld_version",
                        "2",
                        "mcast_query_response_interval",
                        "50")
                .ok();
        host.run("ip", "link", "set", "eth0", "master", "br0").ok();
        host.run("ip", "link", "set", "br0", "up").ok();
        host.run("ip", "address", "add", them, "dev", "br0").ok();
        try (var ours = new LiveHost(host.device(), us, prefix, null).open()) {
            ours.between(() -> {
                ours.ip.join(LiveHost.address(group));
                return true;
            });
            LiveHost.await(() -> listens(host, group));
            host.run("ip", "link", "set", "br0", "type", "bridge", "mcast_snooping", "0")
                    .ok();
            assertThat(listens(host, group)).isFalse();
            host.run("ip", "link", "set", "br0", "type", "bridge", "mcast_snooping", "1")
                    .ok();
            LiveHost.await(() -> listens(host, group));
        }
    }

    private static boolean listens(Lab.Host host, String group) {
        return host.run("bridge", "mdb", "show", "dev", "br0").ok().contains("port eth0 grp " + group);
    }
}
