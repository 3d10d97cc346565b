package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Lab;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code show nat} tells of connections that programs in namespaces have. */
class ShowNatTest {
    /** A connection from a port of one's own that stays open until the end of the input. */
    private static final String CONNECT = """
            import socket, sys
            kind = socket.SOCK_STREAM if sys.argv[1] == 'tcp' else socket.SOCK_DGRAM
            one = socket.socket(socket.AF_INET, kind)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(('0.0.0.0', int(sys.argv[2])))
            one.settimeout(5)
            for i in range(40):
                try:
                    one.connect((sys.argv[3], int(sys.argv[4])))
                    break
                except OSError:
                    import time
                    time.sleep(0.25)
            one.send(b'hello')
            print('sent', flush=True)
            import time
            time.sleep(60)
            """;

    @TempDir
    private Path folder;

    private Lab lab;
    private String name;
    private Lab.Host client;
    private Lab.Host server;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.open();
        name = lab.name("shn");
        client = lab.host("c", "192.0.2.9/24");
        server = lab.host("w", "10.1.0.2/24");
        server.run("ip", "route", "add", "default", "via", "10.1.0.1").ok();
        server.start("python3", "-m", "http.server", "80");
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private Path topology() throws Exception {
        return Files.writeString(folder.resolve("t.yaml"), """
                name: %s
                x-millrace:
                  uplink: { interface: %s, address: 192.0.2.1/24 }
                  nat: { max_sessions: 4096, session_limit: 500, ports: 1024-2023, timeouts: linux }
                networks:
                  web: { ipam: { config: [ { subnet: 10.1.0.0/24 } ] } }
                services:
                  nginx:
                    networks: { web: { ipv4_address: 10.1.0.2, x-millrace: { attach: { interface: %s } } } }
                    ports: [ "8080:80", "9000-9099:9000-9099/udp" ]
                """.formatted(name, client.device(), server.device()));
    }

    private Millrace.Result show(String... words) {
        var all = new ArrayList<>(List.of("show", "nat", "--name", name));
        all.addAll(List.of(words));
        return Millrace.run(all.toArray(String[]::new));
    }

    private Answered json(String... words) {
        var all = new ArrayList<>(List.of(words));
        all.addAll(List.of("-o", "json"));
        var result = show(all.toArray(String[]::new));
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.json()).containsKeys("settings", "gateways", "rules", "sessions", "neighbors", "counts");
        return Answered.of(result.out());
    }

    /** Waits until as many connections are tracked. */
    private List<Answered> await(int count, String... words) throws InterruptedException {
        var shown = List.<Answered>of();
        for (int i = 0; i < 200 && shown.size() != count; i++) {
            shown = json(words).object("sessions").list("shown");
            Thread.sleep(50);
        }
        assertThat(shown).hasSize(count);
        return shown;
    }

    private static Map<?, ?> flow(String source, int sourcePort, String destination, int destinationPort) {
        return Answered.of("""
                        {"source":"%s","source_port":%d,"destination":"%s","destination_port":%d}""".formatted(source, sourcePort, destination, destinationPort))
                .fields();
    }

    @Test
    void aConnectionToAPublishedPortIsShownAsBothEndsSeeIt() throws Exception {
        try (var _ = Millrace.up("up", "-f", topology().toString())) {
            client.start("python3", "-c", CONNECT, "tcp", "40123", "192.0.2.1", "8080");
            var session =
                    await(1, "--protocol", "tcp", "--state", "established").getFirst();

            assertThat(session.object("original").fields()).isEqualTo(flow("192.0.2.9", 40_123, "192.0.2.1", 8080));
            assertThat(session.object("reply").fields()).isEqualTo(flow("10.1.0.2", 80, "192.0.2.9", 40_123));
            assertThat(session.text("answered")).isEqualTo("true");
            assertThat(session.text("backend")).isEqualTo("10.1.0.2:80");
            assertThat(session.object("onward").text("network")).isEqualTo("web");
            assertThat(session.object("onward").text("address")).isEqualTo("10.1.0.2");
            assertThat(session.object("back").text("network")).isEqualTo("uplink");
            assertThat(session.decimal("expires_s"))
                    .as("nf_conntrack_tcp_timeout_established")
                    .isBetween(431_000.0, 432_000.1);
            var rule = json().list("rules").getFirst();
            assertThat(rule.number("connections")).isOne();
            assertThat(rule.list("backends").getFirst().number("connections")).isOne();
            assertThat(json("--address", "10.1.0.2").object("sessions").number("matches"))
                    .isOne();
            assertThat(json("--port", "40123").object("sessions").number("matches"))
                    .isOne();
            for (var other : new String[][] {
                {"--address", "10.1.0.3"}, {"--port", "40124"}, {"--protocol", "udp"}, {"--state", "syn_sent"}
            }) {
                assertThat(json(other).object("sessions").number("matches"))
                        .as(other[1])
                        .isZero();
            }
            assertThat(show().out())
                    .contains("192.0.2.9:40123 > 192.0.2.1:8080")
                    .contains("10.1.0.2:80 > 192.0.2.9:40123")
                    .contains("established")
                    .contains("uplink > web")
                    .contains("0.0.0.0:9000-9099/udp")
                    .contains("timeouts linux")
                    .contains("1 of 4,096, 1 opened so far");
        }
    }

    @Test
    void aHiddenHostsMappingAndTheNewestOfItsConnectionsAreShown() throws Exception {
        try (var _ = Millrace.up("up", "-f", topology().toString())) {
            for (int port = 1500; port < 1506; port++) {
                server.start("python3", "-c", CONNECT, "udp", "" + port, "192.0.2.9", "7");
            }
            await(6, "--protocol", "udp", "--state", "unreplied");
            server.start("python3", "-c", CONNECT, "udp", "1777", "192.0.2.9", "7");
            await(7, "--protocol", "udp");

            assertThat(await(1, "--protocol", "udp", "--sessions", "1")
                            .getFirst()
                            .object("original")
                            .fields())
                    .as("the newest")
                    .isEqualTo(flow("10.1.0.2", 1777, "192.0.2.9", 7));
            var all = json("--sessions", "0", "--protocol", "udp");
            assertThat(all.object("sessions").list("shown")).isEmpty();
            assertThat(all.object("sessions").number("matches")).isEqualTo(7);
            assertThat(all.object("sessions").object("states").number("unreplied"))
                    .isEqualTo(7);
            var mapping =
                    json("--port", "1777").object("mappings").list("shown").getFirst();
            assertThat(mapping.text("inside") + ":" + mapping.text("inside_port"))
                    .isEqualTo("10.1.0.2:1777");
            assertThat(mapping.text("outside") + ":" + mapping.text("outside_port"))
                    .isEqualTo("192.0.2.1:1777");
            assertThat(mapping.number("sessions")).isOne();
            assertThat(mapping.has("resting_s")).isFalse();
            assertThat(json().object("counts").list("free_ports"))
                    .filteredOn(pool -> pool.text("protocol").equals("udp"))
                    .singleElement()
                    .satisfies(pool -> {
                        assertThat(pool.text("address")).isEqualTo("192.0.2.1");
                        assertThat(pool.number("free")).isEqualTo(1000 - 7);
                    });
            assertThat(json().list("neighbors"))
                    .filteredOn(neighbor -> neighbor.text("address").equals("192.0.2.9"))
                    .singleElement()
                    .satisfies(neighbor ->
                            assertThat(neighbor.object("next_hop").text("mac")).isEqualTo(macOf(client)));
            assertThat(show("--sessions", "2").out()).contains("… and 5 more");
        }
    }

    private static String macOf(Lab.Host host) {
        return host.run("cat", "/sys/class/net/eth0/address").ok().strip();
    }

    @Test
    void wordsThatMeanNothingAreOneSentence() {
        refused("--sessions is a number from 0 to 10000, not '10001'", "nat", "--sessions", "10001");
        refused("--port is a number from 0 to 65535, not 'http'", "nat", "--port", "http");
        refused("--address is an IP address, not '10.1.0'", "nat", "--address", "10.1.0");
        refused("--protocol is tcp, udp or icmp, not 'sctp'", "nat", "--protocol", "sctp");
        refused(
                "--state is one of new, syn-sent, syn-answered, established, fin-wait, close-wait, last-ack, time-wait,"
                        + " reset, unreplied, replied, not 'open'",
                "nat",
                "--state",
                "open");
        refused("--sessions, --address, --port, --protocol and --state go with 'nat'", "fdb", "--port", "80");
    }

    private static void refused(String sentence, String... words) {
        var all = new ArrayList<>(List.of("show"));
        all.addAll(List.of(words));
        var result = Millrace.run(all.toArray(String[]::new));
        assertThat(result.err()).isEqualTo("millrace: " + sentence + "\n");
        assertThat(result.exit()).isEqualTo(2);
    }
}
