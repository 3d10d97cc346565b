package io.millrace.tools.nat;

import static io.millrace.tools.nat.NatHost.curl;
import static io.millrace.tools.nat.NatHost.pings;
import static io.millrace.tools.nat.NatHost.run;
import static io.millrace.tools.nat.NatHost.talk;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Lab;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * One host, two networks, a web server with a published port: who reaches it, seen as whom, and what containers reach
 * outside.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PublishedPortsTest {
    private static final String PUBLISHED = "http://" + NatHost.HOST + ":8080/";
    private static final int PARALLEL = 10_000;

    private static final String TOPOLOGY = """
            networks:
              web: { ipam: { config: [ { subnet: 10.1.0.0/24, gateway: 10.1.0.1 } ] } }
              db: { ipam: { config: [ { subnet: 10.2.0.0/24, gateway: 10.2.0.1 } ] } }
            services:
              server:
                networks: { web: { ipv4_address: 10.1.0.2 } }
                ports: [ "8080:80", "8080:80/udp" ]
                x-millrace: { attach: { interface: server } }
              peer: { networks: { web: { ipv4_address: 10.1.0.3 } }, x-millrace: { attach: { interface: peer } } }
              other: { networks: { db: { ipv4_address: 10.2.0.2 } }, x-millrace: { attach: { interface: other } } }
            """;

    private NatHost site;
    private Lab.Host server;
    private Lab.Host peer;
    private Lab.Host other;

    @BeforeAll
    void open(@TempDir Path directory) {
        site = new NatHost(directory);
        server = site.container("server", "10.1.0.2/24");
        peer = site.container("peer", "10.1.0.3/24");
        other = site.container("other", "10.2.0.2/24");
        site.up(TOPOLOGY);
        site.serve(server, "0.0.0.0", 80);
        site.serve(server, "0.0.0.0", 81);
        site.serve(site.far(), "0.0.0.0", 53);
    }

    @AfterAll
    void close() {
        if (site != null) {
            site.close();
        }
    }

    @Test
    void aClientOutsideReachesThePublishedPortAndTheServerSeesItsAddress() {
        assertThat(curl(site.router(), PUBLISHED)).as(site.story()).startsWith("peer " + NatHost.ROUTER + ":");
        assertThat(curl(site.far(), PUBLISHED)).as(site.story()).startsWith("peer " + NatHost.FAR + ":");
    }

    @Test
    void aNeighbourReachesThePublishedPortByTheHostsAddressAndShowsTheHosts() {
        assertThat(curl(peer, PUBLISHED)).as(site.story()).startsWith("peer " + NatHost.HOST + ":");
    }

    @Test
    void aContainerReachesItselfByItsPublishedPort() {
        assertThat(curl(server, PUBLISHED)).as(site.story()).startsWith("peer " + NatHost.HOST + ":");
    }

    @Test
    void aContainerOfAnotherNetworkReachesThePublishedPortAndNothingElse() {
        assertThat(curl(other, PUBLISHED)).as(site.story()).startsWith("peer " + NatHost.HOST + ":");
        assertThat(talk(other, "knock tcp 10.1.0.2 80")).as(site.story()).isNotIn("answer", "refused");
        assertThat(talk(server, "knock udp 10.2.0.2 80")).as(site.story()).isNotIn("answer", "refused");
        assertThat(pings(other, "10.1.0.2")).as(site.story()).isFalse();
    }

    @Test
    void datagramsToThePublishedPortAreAnsweredFromIt() {
        assertThat(talk(site.router(), "datagrams " + NatHost.HOST + " 8080 50"))
                .as(site.story())
                .isEqualTo("50 answered, seen " + NatHost.ROUTER);
        assertThat(talk(peer, "datagrams " + NatHost.HOST + " 8080 50"))
                .as(site.story())
                .isEqualTo("50 answered, seen " + NatHost.HOST);
    }

    @Test
    void queriesOfContainersAreAnsweredFromOutsideWhereTheyAreTheHosts() {
        assertThat(talk(peer, "datagrams " + NatHost.FAR + " 53 200"))
                .as(site.story())
                .isEqualTo("200 answered, seen " + NatHost.HOST);
        assertThat(curl(other, "http://" + NatHost.FAR + ":53/"))
                .as(site.story())
                .startsWith("peer " + NatHost.HOST + ":");
    }

    @Test
    void pingsGoOutAndComeBackAndTheGatewaysAnswerThem() {
        for (var address : new String[] {NatHost.FAR, NatHost.ROUTER, "10.1.0.1", NatHost.HOST}) {
            assertThat(pings(peer, address)).as("%s: %s", address, site.story()).isTrue();
        }
        assertThat(pings(site.far(), NatHost.HOST)).as(site.story()).isTrue();
        run(peer, "ping -n -q -c 3 -i 0.2 -W 5 -s 4000 " + NatHost.ROUTER);
    }

    @Test
    void tracerouteShowsTheGatewayAndWhatIsBehindIt() {
        for (var kind : new String[] {"-I", "-U"}) {
            var hops = run(peer, "traceroute -n -q 1 -w 2 -m 5 " + kind + " " + NatHost.FAR)
                    .lines()
                    .skip(1)
                    .map(line -> line.strip().split("\\s+")[1])
                    .toList();
            assertThat(hops).as("%s: %s", kind, site.story()).containsExactly("10.1.0.1", NatHost.ROUTER, NatHost.FAR);
        }
    }

    @Test
    void aRouterFartherOnTellsAContainerWhichMtuItHas() {
        var said = peer.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "-M", "do", "-s", "1400", NatHost.FAR);
        assertThat(said.out() + said.err()).as(site.story()).containsAnyOf("mtu = 1300", "mtu=1300");
        assertThat(talk(other, "put " + NatHost.FAR + " 53 1000000"))
                .as(site.story())
                .isEqualTo("got 1000000");
        assertThat(curl(site.far(), PUBLISHED + "1000000")).as(site.story()).hasSizeGreaterThan(1_000_000);
    }

    @Test
    void aPortThatIsNotPublishedIsSilent() {
        assertThat(talk(site.router(), "knock tcp " + NatHost.HOST + " 81")).isEqualTo("silence");
        assertThat(talk(site.router(), "knock tcp " + NatHost.HOST + " 80")).isEqualTo("silence");
        assertThat(talk(site.router(), "knock udp " + NatHost.HOST + " 81")).isEqualTo("silence");
        run(site.router(), "ip route replace 10.1.0.0/24 via " + NatHost.HOST);
        assertThat(talk(site.router(), "knock tcp 10.1.0.2 80"))
                .as("by the container's address")
                .isEqualTo("silence");
    }

    @Test
    void tenThousandConnectionsAtOnceGoThroughThePublishedPort() {
        assertThat(talk(site.far(), "many " + NatHost.HOST + " 8080 " + PARALLEL))
                .as(site.story())
                .isEqualTo(PARALLEL + " of " + PARALLEL);
    }
}
