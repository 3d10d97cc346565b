package io.millrace.tools.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Wire;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel's hosts ask for stations of another host that the topology names: they are answered, and nobody else is asked. */
class NeighborProxyTest {
    private static final String ENDPOINTS = """
            endpoints: [ { mac: "02:00:00:00:00:99", address: [ 10.1.0.99, "fd01::99" ], vtep: "%s" } ]""";

    /** In digits, of Ethernet, IPv4, UDP and VXLAN. */
    private static final int OUTER = 2 * 50;

    @TempDir
    private Path directory;

    /** The frames among these, found in the tunnel, that ask who has an address or tell; addresses end with that byte. */
    private static List<String> questions(List<String> frames, String address) {
        return frames.stream()
                .filter(frame -> frame.length() >= OUTER + 2 * 42)
                .map(frame -> frame.substring(OUTER))
                .filter(inner -> inner.startsWith("0806", 24) && inner.contains("0a0100" + address)
                        || inner.matches(".{24}86dd.{12}3aff.{64}8[78].*fd01(00){13}" + address + ".*"))
                .toList();
    }

    @Test
    void whoAsksIsAnsweredFromWhatIsKnownAndNoQuestionLeaves() throws Exception {
        try (var host = new OverlayHost(directory, false, ENDPOINTS.formatted("10.9.0.2"), "");
                var underlay = Wire.open(host.far().namespace(), "u")) {
            underlay.all(300);
            var a = host.a();
            a.run("ping", "-c", "1", "-W", "0.2", "10.1.0.99");
            a.run("ping", "-c", "1", "-W", "0.2", "fd01::99");
            assertThat(a.run("ip", "neigh").ok())
                    .contains("10.1.0.99 dev eth0 lladdr 02:00:00:00:00:99")
                    .contains("fd01::99 dev eth0 lladdr 02:00:00:00:00:99");
            var seen = underlay.all(300);
            assertThat(questions(seen, "63")).isEmpty();
            assertThat(questions(seen, "99")).isEmpty();
            assertThat(seen)
                    .as("the pings themselves")
                    .anyMatch(frame -> frame.contains("020000000099" + "020000000001"));
            a.run("ping", "-c", "1", "-W", "0.2", "10.1.0.98");
            a.run("ping", "-c", "1", "-W", "0.2", "fd01::98");
            var asked = underlay.all(300);
            assertThat(questions(asked, "62"))
                    .as("who is not known is asked for")
                    .isNotEmpty();
            assertThat(questions(asked, "98"))
                    .as("who is not known is asked for")
                    .isNotEmpty();
        }
    }

    @Test
    void whoWantsAnAddressThatIsTakenLearnsThat() throws Exception {
        try (var host = new OverlayHost(directory, false, ENDPOINTS.formatted("10.9.0.2"), "")) {
            var a = host.a();
            a.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=1").ok();
            a.run("ip", "address", "add", "fd01::99/64", "dev", "eth0").ok();
            a.run("ip", "address", "add", "fd01::98/64", "dev", "eth0").ok();
            for (int i = 0;
                    i < 100 && a.run("ip", "-6", "address").ok().contains("fd01::98/64 scope global tentative");
                    i++) {
                Thread.sleep(50);
            }
            assertThat(a.run("ip", "-6", "address").ok())
                    .containsPattern("fd01::99/64 scope global dadfailed")
                    .containsPattern("fd01::98/64 scope global \\n");
        }
    }

    @Test
    void overAnIpv6UnderlayTheSame() throws Exception {
        try (var host = new OverlayHost(directory, true, ENDPOINTS.formatted("fd99::2"), "")) {
            host.b().run("ping", "-c", "1", "-W", "0.2", "10.1.0.99");
            assertThat(host.b().run("ip", "neigh").ok()).contains("10.1.0.99 dev eth0 lladdr 02:00:00:00:00:99");
        }
    }
}
