package io.millrace.tools.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.vtep.network.Network;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.network.Segment;
import io.millrace.vtep.network.Service;
import io.millrace.vtep.network.Topology;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as Compose documents them. Where docker-compose is installed it is asked what the file says, too. */
final class ComposeFilesTest {
    private static final Map<String, String> ENVIRONMENT = Map.of("DB_ALIAS", "database");

    @ParameterizedTest
    @ValueSource(strings = {"shop", "fragments", "modes", "cluster"})
    void whatDockerComposeMakesOfTheFileIsTheSameTopology(String name, @TempDir Path directory) throws Exception {
        assumeTrue(installed(), "docker-compose is not installed (Debian: apt-get install docker-compose)");
        var file = directory.resolve("docker-compose.yaml");
        Files.write(file, content(name));
        var compose = new ProcessBuilder("docker-compose", "-f", file.toString(), "config")
                .redirectError(directory.resolve("words").toFile());
        compose.environment().putAll(ENVIRONMENT);
        var process = compose.start();
        var resolved = process.getInputStream().readAllBytes();
        assertThat(process.waitFor())
                .as(Files.readString(directory.resolve("words")))
                .isZero();

        var theirs = Yamls.read(resolved, Map.of()).topology();
        var ours = Yamls.read(content(name), ENVIRONMENT).topology();
        assertThat(comparable(ours)).isEqualTo(comparable(theirs));
    }

    @Test
    void theShopHasTwoTiersAndAJobOnTheDefaultNetwork() throws IOException {
        var file = Yamls.read(content("shop"), ENVIRONMENT);

        var topology = file.topology();
        assertThat(topology.networks().keySet()).containsExactly("front-tier", "back-tier", "default");
        assertThat(((Network.Bridge) Objects.requireNonNull(topology.networks().get("back-tier")))
                        .segment()
                        .internal())
                .isTrue();
        assertThat(service(topology, "job").networks().keySet()).containsExactly("default");
        assertThat(service(topology, "backend").networks().get("back-tier"))
                .extracting(c -> c.aliases() + " " + c.ipv4())
                .isEqualTo("[db, database] 172.16.238.10");
        assertThat(service(topology, "frontend").ports())
                .containsExactly(
                        PublishedPort.parse("8080:80"),
                        PublishedPort.parse("127.0.0.1:8443:443"),
                        PublishedPort.parse("9000-9002:9000-9002/udp"),
                        PublishedPort.parse("3000"));
        assertThat(file.notes())
                .containsExactly(
                        "version, volumes, configs, ipam.driver, image, depends_on, restart, environment,"
                                + " command: not used",
                        "service 'frontend' publishes ports, but there is no 'uplink': nobody reaches them");
    }

    @Test
    void replicasOfAServiceAreNumberedEndpoints() throws IOException {
        var file = Yamls.read(content("fragments"), ENVIRONMENT);

        assertThat(file.topology().endpoints())
                .extracting(e -> e.name() + " on " + e.network())
                .containsExactly(
                        "api.1 on app",
                        "api.2 on app",
                        "api.3 on app",
                        "worker.jobs on jobs",
                        "worker.app on app",
                        "watcher on app");
        var app = (Network.Bridge)
                Objects.requireNonNull(file.topology().networks().get("app"));
        assertThat(app.segment().mtu()).isEqualTo(1400);
        assertThat(Objects.requireNonNull(file.topology().networks().get("jobs"))
                        .name())
                .isEqualTo("the-jobs-network");
        assertThat(file.notes())
                .containsExactly(
                        "networks.labels, image, restart, deploy.resources: not used",
                        "service 'api' publishes ports, but there is no 'uplink': nobody reaches them");
        assertThat(app.segment().gateway().icc()).isFalse();
    }

    @Test
    void aServiceWithoutANetworkOfItsOwnStandsOnDockersOwn() throws IOException {
        var topology = Yamls.read(content("modes"), ENVIRONMENT).topology();

        assertThat(topology.networks())
                .containsEntry("host", new Network.Host("host"))
                .containsEntry("none", new Network.None("none"))
                .containsEntry("bridge", new Network.Bridge("bridge", Segment.DEFAULT))
                .containsEntry("service:plain", new Network.Container("service:plain", "plain"))
                .containsEntry("container:elsewhere", new Network.Container("container:elsewhere", "elsewhere"))
                .containsEntry("hostnet", new Network.Host("host"))
                .containsEntry("nonet", new Network.None("none"));
    }

    private static Service service(Topology topology, String name) {
        return Objects.requireNonNull(topology.services().get(name));
    }

    /** Compose writes a range of ports as so many entries, and sorts its output. */
    private static Topology comparable(Topology topology) {
        var services = new LinkedHashMap<String, Service>();
        topology.services()
                .forEach((name, s) -> services.put(
                        name,
                        new Service(
                                name,
                                s.replicas(),
                                s.endpointMode(),
                                s.networks(),
                                each(s.ports()),
                                s.dns(),
                                s.exposed(),
                                s.publishAll(),
                                s.balancing())));
        return new Topology(
                topology.name(),
                topology.networks(),
                services,
                topology.uplink(),
                topology.underlay(),
                topology.workers(),
                topology.idle());
    }

    private static List<PublishedPort> each(List<PublishedPort> ports) {
        var each = new ArrayList<PublishedPort>();
        for (var port : ports) {
            for (int i = 0; i < port.containerPorts().size(); i++) {
                int container = port.containerPorts().first() + i;
                var host = port.hostPorts();
                each.add(new PublishedPort(
                        port.hostAddress(),
                        host == null ? null : new PortRange(host.first() + i, host.first() + i),
                        new PortRange(container, container),
                        port.protocol(),
                        port.mode()));
            }
        }
        return each;
    }

    private static byte[] content(String name) throws IOException {
        try (InputStream in = ComposeFilesTest.class.getResourceAsStream("/topology/compose/" + name + ".yaml")) {
            return Objects.requireNonNull(in).readAllBytes();
        }
    }

    private static boolean installed() {
        for (var directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (Files.isExecutable(Path.of(directory, "docker-compose"))) {
                return true;
            }
        }
        return false;
    }
}
