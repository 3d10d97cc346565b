package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Lab.Host;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** {@code millrace up} among namespaces of the kernel's, each with a host that has no idea what is between them. */
class UpTest {
    @TempDir
    private Path folder;

    private Lab lab;
    private String name;

    @BeforeEach
    void open() {
        lab = Lab.open();
        name = lab.name("up");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    /** A topology of one network; each service as {@code s1: interface: eth1}. */
    private Path topology(String file, String... services) throws IOException {
        var text = new StringBuilder("name: " + name + "\nnetworks:\n  lan: {}\nservices:\n");
        for (var service : services) {
            var words = service.split(": ", 2);
            text.append("  ")
                    .append(words[0])
                    .append(": { networks: [ lan ], x-millrace: { attach: { ")
                    .append(words[1])
                    .append(" } } }\n");
        }
        return Files.writeString(folder.resolve(file), text);
    }

    private static void ping(Host from, String to) {
        from.run("ping", "-c", "3", "-i", "0.2", "-W", "5", to).ok();
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> list(Object json) {
        return (List<Map<String, Object>>) json;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> link(String text) {
        var all = (List<Map<String, Object>>) new Load(LoadSettings.builder().build()).loadFromString(text);
        return all.getFirst();
    }

    @SuppressWarnings("unchecked")
    private static long counted(Host host, String way, String what) {
        var link = link(host.run("ip", "-s", "-j", "link", "show", "eth0").ok());
        var ways = (Map<String, Map<String, Object>>) link.get("stats64");
        return ((Number) ways.get(way).get(what)).longValue();
    }

    @Test
    void hostsTalkThroughItAndItCountsWhatTheyCount() throws Exception {
        var hosts = List.of(
                lab.host("a", "10.1.0.1/24"),
                lab.host("b", "10.1.0.2/24"),
                lab.host("c", "10.1.0.3/24"),
                lab.host("d", "10.1.0.4/24"));
        var file = topology(
                "t.yaml",
                "s1: interface: " + hosts.get(0).device(),
                "s2: packet: " + hosts.get(1).device(),
                "s3: xdp: " + hosts.get(2).device(),
                "s4: pcap: " + hosts.get(3).device());
        try (var millrace = Millrace.up("up", "-f", file.toString())) {
            assertThat(millrace.said())
                    .contains("s1: interface:" + hosts.get(0).device() + ", AF_PACKET", "s3: xdp:", "AF_XDP")
                    .contains("up, 4 ports on 1 network");
            ping(hosts.get(0), "10.1.0.2");
            ping(hosts.get(1), "10.1.0.3");
            ping(hosts.get(2), "10.1.0.1");
            ping(hosts.get(3), "10.1.0.1");

            var ports = list(Millrace.run("show", "ports", "--name", name, "-o", "json")
                    .json()
                    .get("ports"));
            assertThat(ports).extracting(port -> port.get("name")).containsExactly("s1", "s2", "s3", "s4");
            for (int i = 0; i < 4; i++) {
                var port = ports.get(i);
                assertThat(port)
                        .containsEntry("state", "up")
                        .containsEntry("network", "lan")
                        .containsEntry("mtu", 1500);
                assertThat(((Number) port.get("rx_frames")).longValue())
                        .as("frames of " + port.get("name"))
                        .isEqualTo(counted(hosts.get(i), "tx", "packets"));
                assertThat(((Number) port.get("tx_bytes")).longValue()).isEqualTo(counted(hosts.get(i), "rx", "bytes"));
            }
            var table = Millrace.run("show", "ports", "--name", name);
            assertThat(table.out())
                    .contains("s2", "BY OUR RING", "packet:" + hosts.get(1).device());

            var stations = list(Millrace.run("show", "fdb", "--name", name, "-o", "json")
                    .json()
                    .get("fdb"));
            for (int i = 0; i < 4; i++) {
                var mac = link(hosts.get(i)
                                .run("ip", "-j", "link", "show", "eth0")
                                .ok())
                        .get("address");
                assertThat(stations)
                        .filteredOn(station -> station.get("mac").equals(mac))
                        .singleElement()
                        .hasFieldOrPropertyWithValue("port", "s" + (i + 1));
            }
            var graph =
                    Millrace.run("show", "graph", "--name", name, "-o", "json").json();
            assertThat(list(graph.get("links"))).contains(Map.of("from", "s1", "to", "bridge.lan"));
            var runtime = Millrace.run("show", "runtime", "--name", name, "-o", "json")
                    .json();
            assertThat(runtime).containsEntry("pid", (int) millrace.pid());
            assertThat(Millrace.run("show", "drops", "--name", name).exit()).isZero();
        }
    }

    @Test
    void aSignalEndsItAndLeavesNothing() throws Exception {
        var a = lab.host("a", "10.1.0.1/24");
        var b = lab.host("b", "10.1.0.2/24");
        var file = topology("t.yaml", "s1: packet: " + a.device(), "s2: xdp: " + b.device());
        var socket = folder.resolve("here.sock");
        try (var millrace = Millrace.up("up", "-f", file.toString(), "--socket", socket.toString())) {
            ping(a, "10.1.0.2");
            assertThat(Files.getPosixFilePermissions(socket)).hasSize(2);
            assertThat(Lab.run("ip", "-d", "link", "show", b.device()).ok()).contains("xdp");
            assertThat(Lab.run("curl", "-s", "--unix-socket", socket.toString(), "http://x/millrace/info")
                            .ok())
                    .contains("\"name\":\"" + name + "\"", "\"pid\":" + millrace.pid());

            assertThat(millrace.terminate()).isZero();
        }
        assertThat(folder.toFile().list()).containsExactly("t.yaml");
        for (var device : List.of(a.device(), b.device())) {
            assertThat(Lab.run("ip", "-d", "link", "show", device).ok())
                    .contains("promiscuity 0")
                    .doesNotContain("xdp");
        }
    }

    @Test
    void aKilledOneIsFollowedByAnotherAndTheSameFileDoesNotRunTwice() throws Exception {
        var a = lab.host("a", "10.1.0.1/24");
        var b = lab.host("b", "10.1.0.2/24");
        var file = topology("t.yaml", "s1: interface: " + a.device(), "s2: interface: " + b.device());
        try (var first = Millrace.up("up", "-f", file.toString())) {
            first.kill();
        }
        assertThat(Home.socket(name)).as("what a killed one leaves").exists();
        assertThat(Millrace.run("ps").out()).doesNotContain(name);
        try (var second = Millrace.up("up", "-f", file.toString())) {
            ping(a, "10.1.0.2");
            var third = Millrace.run("up", "-f", file.toString());
            assertThat(third.exit()).isEqualTo(1);
            assertThat(third.err()).contains("already running as pid " + second.pid());
            assertThat(Millrace.run("ps").out()).contains(name, "" + second.pid());

            var down = Millrace.run("down", "-f", file.toString());
            assertThat(down.err()).contains(name + " is down");
            assertThat(second.await()).isZero();
        }
        assertThat(Millrace.run("down", "-f", file.toString()).exit()).isEqualTo(1);
        assertThat(Home.socket(name)).doesNotExist();
    }

    @Test
    void inTheBackgroundItForwardsWhenTheCommandReturnsAndASecondFileGetsANameOfItsOwn() throws Exception {
        var hosts = List.of(lab.host("a", "10.1.0.1/24"), lab.host("b", "10.1.0.2/24"), lab.host("c", "10.1.0.3/24"));
        var file = topology(
                "t.yaml",
                "s1: interface: " + hosts.get(0).device(),
                "s2: interface: " + hosts.get(1).device());
        var other = topology("u.yaml", "s1: interface: " + hosts.get(2).device());
        try (var command = Millrace.start("up", "--detach", "-f", file.toString());
                var again = Millrace.up("up", "-f", other.toString())) {
            assertThat(command.await()).as(command.said()).isZero();
            try {
                ping(hosts.get(0), "10.1.0.2");
                assertThat(Millrace.run("ps", "-o", "json").out()).contains("\"" + name + "\"", "\"" + name + "-2\"");
                assertThat(again.terminate()).isZero();
            } finally {
                assertThat(Millrace.run("down", "-f", file.toString()).exit()).isZero();
            }
        }
        try (var wrong = Millrace.start(
                "up", "-d", "-f", topology("w.yaml", "s1: interface: nix0").toString())) {
            assertThat(wrong.await()).isEqualTo(1);
            assertThat(wrong.said()).contains("no interface called nix0");
        }
        try (var left = Files.list(Home.directory())) {
            assertThat(left.map(Path::toString).filter(path -> path.contains(name)))
                    .isEmpty();
        }
    }

    @Test
    void anInterfaceThatGoesAndComesBackDisturbsNobodyElse() throws Exception {
        var hosts = List.of(lab.host("a", "10.1.0.1/24"), lab.host("b", "10.1.0.2/24"), lab.host("c", "10.1.0.3/24"));
        var c = hosts.get(2);
        var file = topology(
                "t.yaml",
                "s1: interface: " + hosts.get(0).device(),
                "s2: packet: " + hosts.get(1).device(),
                "s3: xdp: " + c.device());
        try (var millrace = Millrace.up("up", "-f", file.toString())) {
            ping(hosts.get(0), "10.1.0.3");
            var others = hosts.get(0).start("ping", "-q", "-i", "0.002", "-c", "1000", "10.1.0.2");
            for (int i = 1; i <= 3; i++) {
                Lab.run("ip", "link", "delete", c.device()).ok();
                millrace.awaitWords("s3: " + c.device() + " is gone");
                Lab.run("ip", "link", "add", c.device(), "type", "veth", "peer", "name", "eth0", "netns", c.namespace())
                        .ok();
                Lab.run("ip", "link", "set", c.device(), "up").ok();
                c.run("ip", "link", "set", "eth0", "up").ok();
                c.run("ip", "address", "add", "10.1.0.3/24", "dev", "eth0").ok();
                c.run("ping", "-c", "1", "-w", "20", "10.1.0.1").ok();
            }
            Lab.run("ip", "link", "set", c.device(), "mtu", "1400").ok();
            millrace.awaitWords("the MTU of " + c.device() + " is 1400");
            c.run("ip", "link", "set", "eth0", "down").ok();
            millrace.awaitWords("the link of " + c.device() + " is down");
            var stations =
                    Millrace.run("show", "fdb", "--name", name, "-o", "json").out();
            assertThat(stations).doesNotContain("\"s3\"").contains("\"s1\"");
            var words = new ArrayList<>(others.inputReader().lines().toList());
            assertThat(others.waitFor()).isZero();
            assertThat(String.join("\n", words)).contains("1000 received");
            assertThat(millrace.terminate()).isZero();
        }
    }

    @Test
    void whatIsMadeForAPortIsThereWhileItRunsAndGoneAfterwards() throws Exception {
        var a = lab.host("a", "10.1.0.1/24");
        var bare = lab.bare("b");
        var made = lab.name("-made");
        var file = topology(
                "t.yaml",
                "s1: interface: " + a.device(),
                "s2: veth: \"" + lab.name("v") + "@" + bare.namespace() + "\"",
                "s3: netns: " + made,
                "s4: tap: " + lab.name("t"));
        try (var killed = Millrace.up("up", "-f", file.toString())) {
            killed.kill();
        }
        try (var millrace = Millrace.up("up", "-f", file.toString())) {
            bare.run("ip", "address", "add", "10.1.0.2/24", "dev", "eth0").ok();
            Lab.run("ip", "-n", made, "address", "add", "10.1.0.3/24", "dev", "eth0")
                    .ok();
            ping(a, "10.1.0.2");
            ping(a, "10.1.0.3");
            Lab.run("ip", "link", "set", lab.name("t"), "netns", made).ok();
            Lab.run("ip", "-n", made, "link", "set", "eth0", "down").ok();
            Lab.run("ip", "-n", made, "address", "add", "10.1.0.4/24", "dev", lab.name("t"))
                    .ok();
            Lab.run("ip", "-n", made, "link", "set", lab.name("t"), "up").ok();
            a.run("ping", "-c", "1", "-w", "20", "10.1.0.4").ok();
            assertThat(millrace.terminate()).isZero();
        }
        assertThat(Lab.run("ip", "netns").ok()).doesNotContain(made).contains(bare.namespace());
        assertThat(Lab.run("ip", "-br", "link").ok()).doesNotContain(lab.name("v"), lab.name("t"));
    }

    @Test
    void whatCannotBeIsSaidInASentenceAndNothingIsTouched() throws Exception {
        var a = lab.host("a");
        Lab.run("ip", "address", "add", "10.9.9.9/24", "dev", a.device()).ok();

        assertThat(refused("s1: interface: " + lab.name("aa")))
                .contains("t.yaml:5: service s1: attach: no interface called " + lab.name("aa") + "; did you mean "
                        + a.device() + "?");
        assertThat(refused("s1: interface: " + a.device()))
                .contains(a.device() + " has the kernel's address 10.9.9.9/24", "--force");
        assertThat(refused("s1: xdp: lo")).contains("lo carries no Ethernet frames");
        assertThat(refused("s1: file: lan.pcap")).contains("t.yaml:5: service s1: attach: file:lan.pcap is for replay");
        assertThat(refused("s1: veth: \"x@nowhere\"")).contains("nowhere");
        var silent = Files.writeString(folder.resolve("s.yaml"), "name: " + name + "\nservices:\n  web: { }\n");
        assertThat(Millrace.run("up", "-f", silent.toString()).err())
                .contains("s.yaml:3: service web: attach: nothing is said");

        try (var millrace = Millrace.up(
                "up",
                "--force",
                "-f",
                topology("t.yaml", "s1: interface: " + a.device()).toString())) {
            assertThat(Lab.run("ip", "address", "show", a.device()).ok()).doesNotContain("10.9.9.9");
            assertThat(millrace.terminate()).isZero();
        }
    }

    private String refused(String service) throws IOException {
        var result = Millrace.run("up", "-f", topology("t.yaml", service).toString());
        assertThat(result.exit()).isEqualTo(1);
        assertThat(Home.socket(name)).doesNotExist();
        return result.err();
    }
}
