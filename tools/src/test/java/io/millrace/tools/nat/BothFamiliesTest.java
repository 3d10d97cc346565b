package io.millrace.tools.nat;

import static io.millrace.tools.nat.NatHost.curl;
import static io.millrace.tools.nat.NatHost.pings;
import static io.millrace.tools.nat.NatHost.run;
import static io.millrace.tools.nat.NatHost.talk;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.dataplane.lab.Lab;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * One host with an address of each family, networks that have both, one that is routed, and one that has IPv4 only: what
 * IPv6 reaches, seen as whom; and what the host itself answers.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BothFamiliesTest {
    private static final String HOST = "2001:db8::1";
    private static final String ROUTER = "2001:db8::2";
    private static final String FAR = "2001:db8:f::2";
    private static final String PUBLISHED = "http://[" + HOST + "]:8080/";
    private static final String SERVER = "fd00:1::2";
    private static final String OPEN = "2001:db8:3::2";

    private static final String TOPOLOGY = """
            networks:
              web: { ipam: { config: [ { subnet: 10.1.0.0/24, gateway: 10.1.0.1 }, { subnet: "fd00:1::/64", gateway: "fd00:1::1" } ] } }
              db: { ipam: { config: [ { subnet: 10.2.0.0/24, gateway: 10.2.0.1 }, { subnet: "fd00:2::/64", gateway: "fd00:2::1" } ] } }
              open:
                ipam: { config: [ { subnet: "2001:db8:3::/64", gateway: "2001:db8:3::1" } ] }
                driver_opts: { com.docker.network.bridge.gateway_mode_ipv6: routed }
              old: { ipam: { config: [ { subnet: 10.4.0.0/24, gateway: 10.4.0.1 } ] } }
            services:
              server:
                networks: { web: { ipv4_address: 10.1.0.2, ipv6_address: "fd00:1::2" } }
                ports: [ "8080:80", "8080:80/udp" ]
                x-millrace: { attach: { interface: server } }
              peer:
                networks: { web: { ipv4_address: 10.1.0.3, ipv6_address: "fd00:1::3" } }
                x-millrace: { attach: { interface: peer } }
              other:
                networks: { db: { ipv4_address: 10.2.0.2, ipv6_address: "fd00:2::2" } }
                x-millrace: { attach: { interface: other } }
              routed:
                networks: { open: { ipv6_address: "2001:db8:3::2" } }
                ports: [ "80:80" ]
                x-millrace: { attach: { interface: routed } }
              old:
                networks: { old: { ipv4_address: 10.4.0.2 } }
                ports: [ "8081:80" ]
                x-millrace: { attach: { interface: old } }
            """;

    private NatHost site;
    private Lab.Host server;
    private Lab.Host peer;
    private Lab.Host other;
    private Lab.Host routed;

    @BeforeAll
    void open(@TempDir Path directory) {
        site = new NatHost(directory).withIpv6();
        server = site.container("server", "10.1.0.2/24", SERVER + "/64");
        peer = site.container("peer", "10.1.0.3/24", "fd00:1::3/64");
        other = site.container("other", "10.2.0.2/24", "fd00:2::2/64");
        routed = site.container("routed", OPEN + "/64");
        site.container("old", "10.4.0.2/24");
        site.up(TOPOLOGY);
        site.serve(server, "::", 80);
        site.serve(server, "0.0.0.0", 80);
        site.serve(server, "::", 81);
        site.serve(routed, "::", 80);
        site.serve(routed, "::", 81);
        site.serve(site.far(), "::", 53);
    }

    @AfterAll
    void close() {
        if (site != null) {
            site.close();
        }
    }

    @Test
    void aClientOutsideReachesThePublishedPortByEitherFamilyAndTheServerSeesItsAddress() {
        assertThat(curl(site.router(), PUBLISHED)).as(site.story()).startsWith("peer " + ROUTER + ":");
        assertThat(curl(site.far(), PUBLISHED)).as(site.story()).startsWith("peer " + FAR + ":");
        assertThat(curl(site.far(), "http://" + NatHost.HOST + ":8080/"))
                .as(site.story())
                .startsWith("peer " + NatHost.FAR + ":");
        assertThat(curl(site.far(), PUBLISHED + "1000000")).as(site.story()).hasSizeGreaterThan(1_000_000);
        assertThat(talk(site.router(), "datagrams " + HOST + " 8080 50"))
                .as(site.story())
                .isEqualTo("50 answered, seen " + ROUTER);
    }

    @Test
    void neighboursAndTheServerItselfReachThePublishedPortByTheHostsAddressAndShowTheHosts() {
        for (var from : new Lab.Host[] {peer, server, other}) {
            assertThat(curl(from, PUBLISHED)).as(site.story()).startsWith("peer " + HOST + ":");
        }
    }

    @Test
    void whatContainersSendOutsideIsTheHostsAndComesBack() {
        assertThat(curl(other, "http://[" + FAR + "]:53/")).as(site.story()).startsWith("peer " + HOST + ":");
        assertThat(talk(peer, "datagrams " + FAR + " 53 100")).as(site.story()).isEqualTo("100 answered, seen " + HOST);
        assertThat(pings(peer, FAR)).as(site.story()).isTrue();
        assertThat(pings(other, ROUTER)).as(site.story()).isTrue();
    }

    @Test
    void networksAreApartAndPortsThatAreNotPublishedSilent() {
        assertThat(talk(other, "knock tcp " + SERVER + " 80")).as(site.story()).isNotIn("answer", "refused");
        assertThat(pings(other, SERVER)).as(site.story()).isFalse();
        assertThat(talk(site.router(), "knock tcp " + HOST + " 81")).isEqualTo("silence");
        run(site.router(), "ip -6 route replace fd00:1::/64 via " + HOST);
        assertThat(talk(site.router(), "knock tcp " + SERVER + " 80")).isEqualTo("silence");
    }

    @Test
    void nothingIsTranslatedFromOneFamilyToTheOther() {
        assertThat(talk(site.router(), "knock tcp " + HOST + " 8081"))
                .as(site.story())
                .isEqualTo("silence");
    }

    @Test
    void aRoutedNetworkIsReachedByItsOwnAddressAtPublishedPortsOnlyAndShowsItsOwn() {
        assertThat(curl(site.far(), "http://[" + OPEN + "]:80/"))
                .as(site.story())
                .startsWith("peer " + FAR + ":");
        assertThat(talk(site.far(), "knock tcp " + OPEN + " 81")).isEqualTo("silence");
        assertThat(pings(site.far(), OPEN)).as(site.story()).isTrue();
        assertThat(curl(routed, "http://[" + FAR + "]:53/")).as(site.story()).startsWith("peer " + OPEN + ":");
    }

    @Test
    void packetsTooBigForARouterFartherOnAreToldOfAndNeverCut() {
        var said = peer.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "-M", "do", "-s", "1400", FAR);
        assertThat(said.out() + said.err()).as(site.story()).containsAnyOf("mtu = 1300", "mtu=1300");
        assertThat(talk(other, "put " + FAR + " 53 1000000")).as(site.story()).isEqualTo("got 1000000");
    }

    @Test
    void tracerouteShowsTheGatewayAndWhatIsBehindIt() {
        var hops = run(peer, "traceroute -6 -n -q 1 -w 2 -m 5 -U " + FAR)
                .lines()
                .skip(1)
                .map(line -> line.strip().split("\\s+")[1])
                .toList();
        assertThat(hops).as(site.story()).containsExactly("fd00:1::1", ROUTER, FAR);
    }

    @Test
    void theHostAnswersAtAllItsAddressesWhoeverAsksInsideAndAtTheUplinksOutside() {
        for (var address : new String[] {HOST, "fd00:1::1", "fd00:2::1", NatHost.HOST, "10.1.0.1", "10.2.0.1"}) {
            assertThat(pings(peer, address)).as("%s: %s", address, site.story()).isTrue();
        }
        run(peer, "ping -n -q -c 1 -W 5 -t 1 " + NatHost.HOST);
        run(peer, "ping -n -q -c 1 -W 5 -t 1 " + HOST);
        assertThat(pings(site.far(), HOST)).as(site.story()).isTrue();
        assertThat(pings(site.far(), NatHost.HOST)).as(site.story()).isTrue();
        run(site.router(), "ip -6 route replace fd00:1::/64 via " + HOST);
        assertThat(pings(site.router(), "fd00:1::1")).as(site.story()).isFalse();
    }

    @Test
    void whoWritesToAHostThatIsNotThereIsToldSo() {
        for (var address : new String[] {"192.0.2.99", "2001:db8::99"}) {
            var said = peer.run("ping", "-n", "-c", "3", "-i", "0.5", "-W", "5", address);
            assertThat(said.out())
                    .as(site.story())
                    .contains("From " + (address.contains(":") ? "fd00:1::1" : "10.1.0.1"))
                    .containsIgnoringCase("unreachable");
        }
        var said = site.far().run("ping", "-n", "-c", "3", "-i", "0.5", "-W", "5", "2001:db8:3::99");
        assertThat(said.out()).as(site.story()).contains("From " + HOST).contains("Address unreachable");
    }

    @Test
    void bothFamiliesAreListedAsDockerLists() throws IOException {
        assertThat(site.api("/millrace/published"))
                .contains("0.0.0.0:8080->80/tcp, 0.0.0.0:8080->80/udp, [::]:8080->80/tcp, [::]:8080->80/udp")
                .contains("[::]:0->80/tcp")
                .contains("\"0.0.0.0:8081->80/tcp\"");
    }
}
