package io.millrace.tools.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.nat.Backend;
import io.millrace.dataplane.nat.Service;
import io.millrace.tools.api.Answer;
import io.millrace.tools.api.Request;
import io.millrace.tools.topology.TopologyFile;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked of a replica is done in every service of that name: the published port and the virtual address. */
class ReplicaRouteTest {
    @TempDir
    private Path folder;

    private Running running;

    @BeforeEach
    void start() throws IOException {
        var file = Files.writeString(folder.resolve("t.yaml"), """
                x-millrace: { uplink: { interface: u0, address: 192.0.2.1/24 } }
                networks: { lan: { ipam: { config: [ { subnet: 10.1.0.0/24 } ] } } }
                services:
                  web: { scale: 3, networks: [ lan ], ports: [ "8080:80" ], x-millrace: { balance: maglev } }
                """);
        running = new Running(TopologyFile.read(file).topology());
        running.start();
    }

    @AfterEach
    void end() {
        running.close(new Screen(new PrintWriter(new StringWriter()), false));
    }

    /** What the route answers: a status, and the message of a refusal. */
    private String post(String query) throws IOException {
        Map<String, String> parameters = Arrays.stream(query.split("&", -1))
                .map(pair -> pair.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        var said = new ArrayList<String>();
        new ReplicaRoute(running).answer(new Request("POST", ReplicaRoute.PATH, parameters, new byte[0]), new Answer() {
            @Override
            public void json(String text) {
                said.add("200 " + text);
            }

            @Override
            public OutputStream stream(String type) {
                throw new AssertionError("nothing to stream");
            }

            @Override
            public boolean isWanted() {
                return true;
            }

            @Override
            public void done() {
                said.add("204");
            }

            @Override
            public void refuse(int status, String message) {
                said.add(status + " " + message);
            }
        });
        assertThat(said).hasSize(1);
        return said.getFirst();
    }

    private List<Service> services() {
        return running.ask(() -> {
            var all = new ArrayList<Service>();
            Objects.requireNonNull(running.routing()).nat().services().forEach(all::add);
            return all;
        });
    }

    @Test
    void aReplicaDrainsWeighsAndGoesAtThePublishedPortAndAtTheVirtualAddressAlike() throws IOException {
        assertThat(services())
                .extracting(Service::toString)
                .containsExactly(
                        "web at 0.0.0.0:8080/tcp", "web at 10.1.0.5:0-65535/tcp", "web at 10.1.0.5:0-65535/udp");

        assertThat(post("service=web&replica=2&do=drain")).isEqualTo("204");
        assertThat(services())
                .allSatisfy(s -> assertThat(s.backend(2))
                        .isNotNull()
                        .satisfies(replica -> assertThat(replica.isDraining()).isTrue()));

        assertThat(post("service=web&replica=2&do=undrain")).isEqualTo("204");
        assertThat(services())
                .allSatisfy(s -> assertThat(s.backend(2))
                        .isNotNull()
                        .satisfies(replica -> assertThat(replica.isDraining()).isFalse()));

        assertThat(post("service=web&replica=3&do=weigh&weight=7")).isEqualTo("204");
        assertThat(services())
                .allSatisfy(s ->
                        assertThat(s.backends()).extracting(Backend::weight).containsExactly(1, 1, 7));

        assertThat(post("service=web&replica=1&do=end")).isEqualTo("204");
        assertThat(post("service=web&replica=2&do=remove")).isEqualTo("204");
        assertThat(services())
                .allSatisfy(
                        s -> assertThat(s.backends()).extracting(Backend::id).containsExactly(3));
        assertThat(post("service=web&replica=2&do=drain"))
                .isEqualTo("404 no replica 2 of a service 'web' gets connections here");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replica=1&do=drain",
                "service=web&replica=0&do=drain",
                "service=web&replica=x&do=drain",
                "service=web&replica=1",
                "service=web&replica=1&do=kill",
                "service=web&replica=1&do=weigh",
                "service=web&replica=1&do=weigh&weight=65536"
            })
    void whatMakesNoSenseIsRefusedWithWhatWould(String query) throws IOException {
        assertThat(post(query)).startsWith("400 'service', 'replica' (from 1) and 'do': drain, undrain, weigh");
    }
}
