package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.dataplane.nat.Balancer;
import io.millrace.tools.topology.TopologyFile;
import io.millrace.tools.up.ReplicaChange.Deed;
import io.millrace.tools.words.Failure;
import io.millrace.vtep.network.PortRange;
import io.millrace.vtep.network.PublishedPort;
import io.millrace.vtep.publish.PortListing;
import io.millrace.vtep.wiring.Routing;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is changed while a topology runs is so again after the next start, as far as the file then lets it. */
class ChangesTest {
    @TempDir
    private Path folder;

    /** What a process does that is gone afterwards. */
    @FunctionalInterface
    private interface Deeds {
        void in(Running running, Routing routing, Changes changes) throws IOException;
    }

    /** Returns what it said at the start. */
    private String run(String ports, Deeds deeds) throws IOException {
        var file = Files.writeString(folder.resolve("t.yaml"), """
                x-millrace:
                  uplink: { interface: up0, address: 192.0.2.1/24 }
                  nat: { max_sessions: 1024, state: %s }
                networks:
                  web: { ipam: { config: [ { subnet: 10.1.0.0/24 } ] } }
                services:
                  web:
                    networks: [ web ]
                    deploy: { replicas: 3 }
                    ports: %s
                  other: { networks: [ web ] }
                """.formatted(folder.resolve("sessions"), ports));
        var said = new StringWriter();
        var screen = new Screen(new PrintWriter(said), false);
        var running = new Running(TopologyFile.read(file).topology());
        try {
            var changes = Objects.requireNonNull(running.changes());
            changes.tell(screen);
            deeds.in(running, Objects.requireNonNull(running.routing()), changes);
            running.start(); // frees what it holds when it ends
        } finally {
            running.close(screen);
        }
        return said.toString();
    }

    private static void publish(Routing routing, Changes changes, String service, String port) {
        changes.publish(
                () -> routing.publishing().publish(service, PublishedPort.parse(port)),
                before -> routing.publishing().reset(before));
    }

    private static void unpublish(Routing routing, Changes changes, String service, String ports) {
        changes.publish(
                () -> routing.publishing().unpublish(service, PortRange.parse(ports), PublishedPort.Protocol.TCP),
                before -> routing.publishing().reset(before));
    }

    private static List<String> ports(Routing routing) {
        return PortListing.port(routing.publishing().all());
    }

    @Test
    void portsThatWereGivenAndTakenAreSoAfterEachStart() throws IOException {
        run("[ '8080:80', '8090:90' ]", (running, routing, changes) -> {
            publish(routing, changes, "other", "81");
            publish(routing, changes, "web", "9000-9002:80-82");
            unpublish(routing, changes, "web", "8090");
            unpublish(routing, changes, "web", "9001");
        });
        for (int start = 0; start < 2; start++) {
            var said = run("[ '8080:80', '8090:90' ]", (running, routing, changes) -> {
                var ports = ports(routing);
                assertThat(ports).hasSize(4).contains("80/tcp -> 0.0.0.0:8080", "80/tcp -> 0.0.0.0:9000");
                assertThat(ports).contains("82/tcp -> 0.0.0.0:9002").anyMatch(line -> line.startsWith("81/tcp -> "));
            });
            assertThat(said).isEqualTo("millrace: 4 changes of before made again\n");
        }
    }

    @Test
    void whatTheFileSaysWinsInASentence() throws IOException {
        run("[ '8080:80' ]", (running, routing, changes) -> {
            publish(routing, changes, "other", "8081:81");
            publish(routing, changes, "other", "8082:81");
            publish(routing, changes, "web", "8083:83");
        });
        var said = run(
                "[ '8080:80', '8081:80', '8083:83' ]",
                (running, routing, changes) -> assertThat(ports(routing))
                        .containsExactlyInAnyOrder(
                                "80/tcp -> 0.0.0.0:8080",
                                "80/tcp -> 0.0.0.0:8081",
                                "81/tcp -> 0.0.0.0:8082",
                                "83/tcp -> 0.0.0.0:8083"));
        assertThat(said).isEqualTo("""
                millrace: 'publish 0.0.0.0:8081:81/tcp other' of before cannot be done again: Bind for 0.0.0.0:8081 failed: port is already allocated
                millrace: 2 changes of before made again
                """);
    }

    @Test
    void whatCannotBeWrittenDownIsNotDone() throws IOException {
        run("[ '8080:80' ]", (running, routing, changes) -> {
            Files.createDirectories(folder.resolve("sessions.changes").resolve("in-the-way"));
            var before = ports(routing);
            assertThatThrownBy(() -> publish(routing, changes, "web", "8081:81"))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("nothing has changed");
            assertThatThrownBy(() -> unpublish(routing, changes, "web", "8080")).isInstanceOf(Failure.class);
            assertThat(ports(routing)).isEqualTo(before);
            assertThatThrownBy(() -> changes.replica(new ReplicaChange(Deed.drain, 1, 0, "web"), () -> true))
                    .isInstanceOf(Failure.class);
        });
    }

    @Test
    void replicasThatWereDrainedAndWeighedAreSoAgain() throws IOException {
        run("[ '8080:80' ]", (running, routing, changes) -> {
            var balancer = new Balancer(routing.nat());
            for (var change : List.of(
                    new ReplicaChange(Deed.drain, 2, 0, "web"),
                    new ReplicaChange(Deed.weigh, 1, 7, "web"),
                    new ReplicaChange(Deed.weigh, 1, 9, "web"),
                    new ReplicaChange(Deed.remove, 3, 0, "web"))) {
                assertThat(changes.replica(change, () -> change.on(balancer))).isTrue();
            }
            var none = new ReplicaChange(Deed.drain, 4, 0, "web");
            assertThat(changes.replica(none, () -> none.on(balancer))).isFalse();
        });
        var said = run("[ '8080:80' ]", (running, routing, changes) -> {
            var services = routing.nat().services();
            var service = Objects.requireNonNull(services.findOnHost(false, 6, 8080));
            var backends = service.backends();
            assertThat(backends).hasSize(2);
            assertThat(backends.getFirst().weight()).isEqualTo(9);
            assertThat(backends.getFirst().isDraining()).isFalse();
            assertThat(backends.getLast().isDraining()).isTrue();
        });
        assertThat(said).isEqualTo("millrace: 3 changes of before made again\n");
    }
}
