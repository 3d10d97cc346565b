package io.millrace.dataplane.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Interfaces and namespaces, as we see and make them, against what ip(8) says of them. */
class NetlinkTest {
    private static final String AS_LINES = """
            import json, sys
            for l in json.load(sys.stdin):
                f = l["flags"]
                print(l["ifindex"], l["ifname"], l.get("linkinfo", {}).get("info_kind", "-"), l["address"], l["mtu"],
                      str("UP" in f).lower(), l["operstate"], l["qdisc"], str("PROMISC" in f).lower())
            """;

    private final Lab lab = Lab.open();

    @AfterEach
    void remove() {
        lab.close();
    }

    private static <T> T in(Lab.Host host, Namespaces.Task<T> task) throws IOException {
        return Namespaces.in(host.namespace(), task);
    }

    private static String line(Interface i) {
        var mac = String.format(Locale.ROOT, "%012x", i.mac()).replaceAll("(..)(?=.)", "$1:");
        return String.join(
                " ",
                String.valueOf(i.index()),
                i.name(),
                i.kind().isEmpty() ? "-" : i.kind(),
                mac,
                String.valueOf(i.mtu()),
                String.valueOf(i.up()),
                i.operstate(),
                i.qdisc(),
                String.valueOf(i.isPromiscuous()));
    }

    @Test
    void theInterfacesOfANamespaceAreThoseThatIpLists() throws IOException {
        var host = lab.host("a", "192.0.2.1/24");
        host.run("ip", "link", "add", "one", "mtu", "9000", "type", "veth", "peer", "name", "two")
                .ok();
        host.run("ip", "link", "set", "one", "up", "promisc", "on").ok();
        host.run("ip", "tuntap", "add", "tap0", "mode", "tap").ok();
        var expected = host.run("sh", "-c", "ip -d -j link | python3 -c '" + AS_LINES + "'")
                .ok();
        in(host, () -> {
            try (var netlink = Netlink.open()) {
                var all = netlink.list();
                assertThat(all.stream().map(NetlinkTest::line).collect(Collectors.joining("\n")))
                        .isEqualTo(expected.strip());
                assertThat(all).hasSize(5).contains(netlink.get("one"));
                assertThat(netlink.find(netlink.get("two").index())).isEqualTo(netlink.get("two"));
                assertThat(netlink.get("lo").isEthernet()).isFalse();
                assertThat(netlink.get("one").isEthernet()).isTrue();
                assertThat(netlink.get("one").running()).isFalse();
                assertThat(netlink.get("eth0").running()).isTrue();
                assertThat(netlink.find("three")).isNull();
                assertThat(netlink.find("a-name-of-more-than-fifteen-letters")).isNull();
                assertThatThrownBy(() -> netlink.get("three"))
                        .isInstanceOf(KernelException.class)
                        .hasMessage("looking for the interface three (there are eth0, lo, one, tap0, two): "
                                + "no such device");
            }
            return 0;
        });
    }

    @Test
    void onlyAddressesThatAreSeenFromOutsideCountAndOnlyThoseAreFlushed() throws IOException {
        var host = lab.host("a", "192.0.2.1/24", "2001:db8::1/64");
        host.run("ip", "address", "add", "192.0.2.2/24", "dev", "eth0").ok(); // goes with the first of its subnet
        host.run("ip", "address", "add", "192.0.2.9/32", "peer", "198.51.100.1/32", "dev", "eth0")
                .ok();
        in(host, () -> {
            try (var netlink = Netlink.open()) {
                int eth0 = netlink.get("eth0").index();
                assertThat(netlink.globalAddresses(netlink.get("lo").index())).isEmpty();
                assertThat(netlink.globalAddresses(eth0))
                        .extracting(Netlink.Address::toString)
                        .containsExactlyInAnyOrder(
                                "192.0.2.1/24", "192.0.2.2/24", "192.0.2.9/32", "2001:db8:0:0:0:0:0:1/64");
                netlink.flushGlobalAddresses(eth0);
                assertThat(netlink.globalAddresses(eth0)).isEmpty();
            }
            return 0;
        });
        assertThat(host.run("ip", "-o", "address", "show", "dev", "eth0").ok())
                .contains("fe80::")
                .doesNotContain("192.0.2")
                .doesNotContain("2001:db8");
    }

    @Test
    void aVethPairIsMadeWithItsFarEndInANamespaceAndGoesWhole() throws IOException {
        var a = lab.host("a");
        var b = lab.host("b");
        int there = Namespaces.open(b.namespace());
        try {
            in(a, () -> {
                try (var netlink = Netlink.open()) {
                    netlink.createVeth("near", "far", there);
                    int near = netlink.get("near").index();
                    netlink.mtu(near, 9000);
                    netlink.up(near);
                    assertThat(netlink.get("near").mtu()).isEqualTo(9000);
                    assertThat(netlink.get("near").up()).isTrue();
                    assertThat(netlink.get("near").running()).isFalse();
                    netlink.down(near);
                    assertThat(netlink.get("near").up()).isFalse();
                    assertThat(b.run("ip", "-o", "-d", "link", "show", "far").ok())
                            .contains("veth");
                    assertThatThrownBy(() -> netlink.createVeth("near", "far2", Netlink.HERE))
                            .hasMessageEndingWith("file exists");
                    assertThatThrownBy(() -> netlink.mtu(near, 100_000))
                            .hasMessageStartingWith("setting the MTU of interface " + near + " to 100000 (");
                    netlink.delete(near);
                    assertThat(netlink.find("near")).isNull();
                }
                return 0;
            });
            assertThat(b.run("ip", "link", "show", "far").exit()).isNotZero();
        } finally {
            new Native().close(there);
        }
    }

    @Test
    void namespacesMadeHereAreIpsAndTheOtherWayRound() throws IOException {
        var name = lab.name("-ours");
        Namespaces.create(name);
        try {
            assertThat(Namespaces.list()).contains(name);
            assertThat(Lab.run("ip", "netns", "list").ok()).contains(name);
            assertThat(Lab.run("ip", "netns", "exec", name, "ip", "-o", "link").ok())
                    .startsWith("1: lo:")
                    .hasLineCount(1);
            assertThatThrownBy(() -> Namespaces.create(name)).hasMessageEndingWith("file exists");
        } finally {
            assertThat(Lab.run("ip", "netns", "delete", name).exit()).isZero();
        }
        Lab.run("ip", "netns", "add", name).ok();
        assertThat(Namespaces.<Integer>in(name, () -> {
                    try (var netlink = Netlink.open()) {
                        return netlink.list().size();
                    }
                }))
                .isOne();
        Namespaces.delete(name);
        assertThat(Lab.run("ip", "netns", "list").ok()).doesNotContain(name);
        assertThatThrownBy(() -> Namespaces.in(name, () -> 0))
                .isInstanceOf(KernelException.class)
                .hasMessageStartingWith("looking for the network namespace " + name + " (there are ")
                .hasMessageEndingWith("no such file or directory");
    }

    @Test
    void theMonitorTellsWhatHappensToInterfacesAndNothingElse() throws IOException, InterruptedException {
        var host = lab.host("a");
        var told = new LinkedBlockingQueue<String>();
        try (var monitor = in(host, () -> LinkMonitor.open((before, now) -> told.add(words(before, now))))) {
            assertThat(monitor).isNotNull();
            assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("new lo up running mtu 65536");
            assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("new eth0 up running mtu 1500");
            host.run("ip", "link", "set", "eth0", "mtu", "1400").ok();
            await(told, "eth0 up running mtu 1400"::equals);
            host.run("ip", "link", "set", "eth0", "down").ok();
            await(told, "eth0 mtu 1400"::equals);
            host.run("ip", "link", "set", "eth0", "up").ok();
            await(told, "eth0 up running mtu 1400"::equals);
            Lab.run("ip", "link", "set", host.device(), "down").ok();
            await(told, "eth0 up mtu 1400"::equals);
            host.run("ip", "link", "set", "eth0", "down").ok();
            host.run("ip", "link", "set", "eth0", "name", "eth1").ok();
            await(told, "eth1 mtu 1400"::equals);
            host.run("ip", "link", "delete", "eth1").ok();
            await(told, "gone eth1"::equals);
            host.run("ip", "link", "add", "x", "type", "veth", "peer", "name", "y")
                    .ok();
            await(told, "new x mtu 1500"::equals);
        }
        host.run("ip", "link", "delete", "x").ok();
        assertThat(told.stream().filter(t -> t.startsWith("gone"))).isEmpty();
    }

    @Test
    void aMonitorThatCannotKeepUpLooksAtAllAnew() throws IOException, InterruptedException {
        var host = lab.host("a");
        var told = new LinkedBlockingQueue<String>();
        var gate = new CountDownLatch(1);
        try (var monitor = in(
                host,
                () -> LinkMonitor.open((before, now) -> {
                    try {
                        gate.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    told.add(words(before, now));
                }))) {
            assertThat(monitor).isNotNull();
            host.run(
                            "sh",
                            "-c",
                            "(for i in $(seq 400); do echo link set eth0 mtu $((1000+i)); done; "
                                    + "echo link delete eth0; echo link add z type veth peer name zz) | ip -b -")
                    .ok();
            gate.countDown();
            await(told, "gone eth0"::equals);
            await(told, "new z mtu 1500"::equals);
            assertThat(told.stream().filter(t -> t.contains("eth0")))
                    .as("older news after newer")
                    .isEmpty();
        }
    }

    private static String words(@Nullable Interface before, @Nullable Interface now) {
        if (now == null) {
            return "gone " + Objects.requireNonNull(before).name();
        }
        return (before == null ? "new " : "") + now.name() + (now.up() ? " up" : "") + (now.running() ? " running" : "")
                + " mtu " + now.mtu();
    }

    private static void await(LinkedBlockingQueue<String> told, Predicate<String> expected)
            throws InterruptedException {
        while (true) {
            var next = told.poll(10, TimeUnit.SECONDS);
            assertThat(next).as("what was expected was not told").isNotNull();
            if (expected.test(Objects.requireNonNull(next))) {
                return;
            }
        }
    }
}
