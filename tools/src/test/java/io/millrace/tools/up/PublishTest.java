package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Lab;
import io.millrace.dataplane.lab.Lab.Host;
import io.millrace.tools.api.ApiClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ports come and go while it runs: a web server and a UDP echo in one namespace, their client in another. */
class PublishTest {
    /** Answers every datagram, on each of the ports, with the port's number. */
    private static final String ECHO = """
            import selectors, socket
            ready = selectors.DefaultSelector()
            for port in [20000, 20123, 20499]:
                one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                one.bind(('0.0.0.0', port))
                ready.register(one, selectors.EVENT_READ, port)
            while True:
                for key, _ in ready.select():
                    _, sender = key.fileobj.recvfrom(2048)
                    key.fileobj.sendto(str(key.data).encode(), sender)
            """;

    /** Asks from one and the same port, so that all questions are one flow. */
    private static final String ASK = """
            import socket, sys
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(('0.0.0.0', 40000))
            one.settimeout(0.3)
            for i in range(int(sys.argv[2])):
                one.sendto(b'?', ('192.0.2.1', int(sys.argv[1])))
                try:
                    print(one.recvfrom(2048)[0].decode())
                    break
                except TimeoutError:
                    pass
                except ConnectionError:
                    pass
            """;

    @TempDir
    private Path folder;

    private Lab lab;
    private String name;
    private Host client;
    private Host server;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.open();
        name = lab.name("pub");
        client = lab.host("c", "192.0.2.9/24");
        server = lab.host("w", "10.1.0.2/24");
        server.run("ip", "route", "add", "default", "via", "10.1.0.1").ok();
        Files.writeString(folder.resolve("index.html"), "here is the web server\n");
        server.start("python3", "-m", "http.server", "80", "--directory", folder.toString());
        server.start("python3", "-c", ECHO);
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
                networks:
                  web: { ipam: { config: [ { subnet: 10.1.0.0/24 } ] } }
                services:
                  nginx:
                    networks: { web: { ipv4_address: 10.1.0.2, x-millrace: { attach: { interface: %s } } } }
                    ports: [ "8080:80" ]
                    expose: [ 443 ]
                  idle: { networks: [ web ], x-millrace: { attach: { interface: %s } } }
                """.formatted(
                        name, client.device(), server.device(), lab.host("i").device()));
    }

    private Millrace.Result millrace(String... words) {
        var all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--name", name));
        return Millrace.run(all.toArray(String[]::new));
    }

    private Lab.Result get(int port) {
        return client.run("curl", "-s", "-m", "2", "--retry", "0", "http://192.0.2.1:" + port + "/index.html");
    }

    private String ask(int port, int times) {
        return client.run("python3", "-c", ASK, "" + port, "" + times).ok().strip();
    }

    private static void awaitPage(java.util.function.Supplier<Lab.Result> get) throws InterruptedException {
        for (int i = 0; get.get().exit() != 0; i++) {
            assertThat(i).as("attempts").isLessThan(60);
            Thread.sleep(250);
        }
    }

    @Test
    void aWebServersPortsComeAndGoWhileItRuns() throws Exception {
        try (var _ = Millrace.up("up", "-f", topology().toString())) {
            awaitPage(() -> get(8080));
            assertThat(get(8080).out()).isEqualTo("here is the web server\n");
            assertThat(millrace("port", "nginx").out()).isEqualTo("80/tcp -> 0.0.0.0:8080\n");
            assertThat(get(8081).exit()).isNotZero();

            assertThat(millrace("publish", "8081:80", "nginx").out()).isEqualTo("80/tcp -> 0.0.0.0:8081\n");
            assertThat(get(8081).out()).isEqualTo("here is the web server\n");
            assertThat(millrace("port", "nginx", "80").out()).isEqualTo("0.0.0.0:8080\n0.0.0.0:8081\n");
            assertThat(Millrace.run("ps").out()).contains("nginx: 0.0.0.0:8080->80/tcp, 0.0.0.0:8081->80/tcp, 443/tcp");

            assertThat(millrace("unpublish", "8081/tcp", "nginx").out()).isEqualTo("80/tcp -> 0.0.0.0:8081\n");
            assertThat(get(8081).exit()).isNotZero();
            assertThat(get(8080).out()).isEqualTo("here is the web server\n");
        }
    }

    @Test
    void whatCannotBePublishedIsRefusedByDockersWordsAndNothingHasChanged() throws Exception {
        try (var _ = Millrace.up("up", "-f", topology().toString())) {
            refused(1, "Bind for 0.0.0.0:8080 failed: port is already allocated", "publish", "8080:81", "idle");
            refused(
                    1,
                    "listen tcp4 192.0.2.2:9000: bind: cannot assign requested address",
                    "publish",
                    "192.0.2.2:9000:1",
                    "idle");
            refused(1, "No such service: nosuch", "publish", "9000:1", "nosuch");
            refused(1, "No such service: nosuch", "port", "nosuch");
            refused(1, "No public port '9000/tcp' published for idle", "unpublish", "9000", "idle");
            refused(1, "No public port '81/tcp' published for nginx", "port", "nginx", "81");
            refused(2, "Invalid proto: icmp", "publish", "80:80/icmp", "idle");
            refused(2, "Invalid containerPort: x", "unpublish", "x", "idle");
            refused(2, "a port and a service, as in: 8080 web", "publish", "idle");
            assertThat(millrace("port", "nginx").out()).isEqualTo("80/tcp -> 0.0.0.0:8080\n");
            assertThat(millrace("port", "idle").out()).isEmpty();
        }
    }

    private void refused(int exit, String sentence, String... words) {
        var result = millrace(words);
        assertThat(result.err()).isEqualTo("millrace: " + sentence + "\n");
        assertThat(result.exit()).isEqualTo(exit);
    }

    @Test
    void fiveHundredUdpPortsAreOneRuleAndForgetTheirFlowsAtOnce() throws Exception {
        try (var _ = Millrace.up("up", "-f", topology().toString())) {
            assertThat(ask(20_123, 1)).isEmpty();
            var socket = Path.of(Millrace.run("ps", "-o", "json")
                    .out()
                    .split("\"socket\":\"", 2)[1]
                    .split("\"", 2)[0]);
            var answer = Answered.of(
                    ApiClient.post(socket, "/millrace/publish?service=nginx&port=20000-20499:20000-20499/udp")
                            .body());
            System.out.println("500 UDP ports published in " + answer.text("took_us") + " us, cold");
            assertThat(answer.list("published")).singleElement().satisfies(rule -> {
                assertThat(rule.number("host_port")).isEqualTo(20_000);
                assertThat(rule.number("count")).isEqualTo(500);
            });
            for (int port : new int[] {20_000, 20_123, 20_499}) {
                assertThat(ask(port, 20)).isEqualTo("" + port);
            }
            assertThat(ask(20_001, 1)).as("nobody listens there").isEmpty();
            assertThat(Millrace.run("ps").out()).contains("0.0.0.0:20000-20499->20000-20499/udp");

            assertThat(millrace("unpublish", "20000-20199/udp", "nginx").out().lines())
                    .hasSize(200);
            assertThat(ask(20_123, 3)).as("the same flow as before").isEmpty();
            assertThat(ask(20_499, 3)).as("the rest of the range").isEqualTo("20499");
            var again = Answered.of(
                    ApiClient.post(socket, "/millrace/publish?service=nginx&port=20000-20199:20000-20199/udp")
                            .body());
            System.out.println("200 UDP ports published in " + again.text("took_us") + " us, the second time");
            assertThat(ask(20_123, 3)).isEqualTo("20123");
            assertThat(Objects.requireNonNull(millrace("port", "nginx").out()).lines())
                    .hasSize(501);
        }
    }
}
