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

/** Networks with Docker's options, on one host: what each lets in, out and across. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PoliciesTest {
    private static final String TOPOLOGY = """
            networks:
              inner: { internal: true, ipam: { config: [ { subnet: 10.1.0.0/24, gateway: 10.1.0.1 } ] } }
              apart:
                driver_opts: { com.docker.network.bridge.enable_icc: "false" }
                ipam: { config: [ { subnet: 10.2.0.0/24, gateway: 10.2.0.1 } ] }
              routed:
                driver_opts: { com.docker.network.bridge.gateway_mode_ipv4: routed }
                ipam: { config: [ { subnet: 10.3.0.0/24, gateway: 10.3.0.1 } ] }
              open:
                driver_opts: { com.docker.network.bridge.gateway_mode_ipv4: nat-unprotected }
                ipam: { config: [ { subnet: 10.4.0.0/24, gateway: 10.4.0.1 } ] }
              alone:
                internal: true
                driver_opts: { com.docker.network.bridge.gateway_mode_ipv4: isolated }
                ipam: { config: [ { subnet: 10.5.0.0/24 } ] }
            services:
            """;

    private final StringBuilder services = new StringBuilder();
    private NatHost site;
    private Lab.Host inner1;
    private Lab.Host inner2;
    private Lab.Host apart1;
    private Lab.Host apart2;
    private Lab.Host routed;
    private Lab.Host open;
    private Lab.Host alone1;
    private Lab.Host alone2;

    @BeforeAll
    void start(@TempDir Path directory) {
        site = new NatHost(directory);
        inner1 = container("inner1", "inner", "10.1.0.2", "8001:80");
        inner2 = container("inner2", "inner", "10.1.0.3", "");
        apart1 = container("apart1", "apart", "10.2.0.2", "8002:80");
        apart2 = container("apart2", "apart", "10.2.0.3", "");
        routed = container("routed", "routed", "10.3.0.2", "8003:80");
        open = container("open", "open", "10.4.0.2", "8004:80");
        alone1 = container("alone1", "alone", "10.5.0.1", "");
        alone2 = container("alone2", "alone", "10.5.0.3", "");
        site.up(TOPOLOGY + services);
        for (var host : new Lab.Host[] {inner1, apart1, routed, open, alone1}) {
            site.serve(host, "0.0.0.0", 80);
        }
        site.serve(open, "0.0.0.0", 81);
        site.serve(routed, "0.0.0.0", 81);
        site.serve(site.router(), NatHost.ROUTER, 80);
        for (int i = 1; i <= 5; i++) {
            run(site.router(), "ip route add 10." + i + ".0.0/24 via " + NatHost.HOST);
        }
    }

    private Lab.Host container(String name, String network, String address, String port) {
        services.append("""
                  %s:
                    networks: { %s: { ipv4_address: %s } }
                    ports: [ %s ]
                    x-millrace: { attach: { interface: %1$s } }
                """.formatted(name, network, address, port.isEmpty() ? "" : "\"" + port + "\""));
        return site.container(name, address + "/24");
    }

    @AfterAll
    void close() {
        if (site != null) {
            site.close();
        }
    }

    @Test
    void anInternalNetworkHasNoWayOutAndNoneIn() {
        assertThat(curl(inner2, "http://10.1.0.2/")).as("a neighbour").startsWith("peer 10.1.0.3:");
        assertThat(pings(inner1, NatHost.ROUTER)).as(site.story()).isFalse();
        assertThat(talk(inner1, "knock tcp " + NatHost.ROUTER + " 80")).isNotEqualTo("answer");
        assertThat(talk(site.router(), "knock tcp " + NatHost.HOST + " 8001")).isEqualTo("silence");
        assertThat(talk(site.router(), "knock tcp 10.1.0.2 80")).isEqualTo("silence");
        assertThat(talk(inner1, "knock tcp " + NatHost.HOST + " 8002")).isNotEqualTo("answer");
    }

    @Test
    void withoutInterContainerCommunicationNeighboursAreStrangersButTheWorldIsThere() {
        assertThat(talk(apart2, "knock tcp 10.2.0.2 80")).as(site.story()).isEqualTo("silence");
        assertThat(pings(apart2, "10.2.0.2")).as(site.story()).isFalse();
        assertThat(pings(apart2, NatHost.ROUTER)).as(site.story()).isTrue();
        assertThat(curl(site.router(), "http://" + NatHost.HOST + ":8002/"))
                .as(site.story())
                .startsWith("peer " + NatHost.ROUTER + ":");
        assertThat(pings(apart1, "10.2.0.1")).as("its gateway").isTrue();
    }

    @Test
    void aRoutedNetworkIsReachedByItsOwnAddressesAtPublishedPortsAlone() {
        assertThat(curl(site.router(), "http://10.3.0.2/")).as(site.story()).startsWith("peer " + NatHost.ROUTER + ":");
        assertThat(pings(site.router(), "10.3.0.2")).as(site.story()).isTrue();
        assertThat(talk(site.router(), "knock tcp 10.3.0.2 81"))
                .as(site.story())
                .isEqualTo("silence");
        assertThat(talk(site.router(), "knock tcp " + NatHost.HOST + " 8003")).isEqualTo("silence");
        assertThat(curl(routed, "http://" + NatHost.ROUTER + "/"))
                .as("not masqueraded")
                .startsWith("peer 10.3.0.2:");
    }

    @Test
    void anUnprotectedNetworkIsReachedBothByThePublishedPortAndByEveryPortOfItsOwn() {
        assertThat(curl(site.router(), "http://" + NatHost.HOST + ":8004/"))
                .as(site.story())
                .startsWith("peer " + NatHost.ROUTER + ":");
        assertThat(curl(site.router(), "http://10.4.0.2:81/"))
                .as(site.story())
                .startsWith("peer " + NatHost.ROUTER + ":");
        assertThat(curl(open, "http://" + NatHost.ROUTER + "/"))
                .as("masqueraded")
                .startsWith("peer " + NatHost.HOST);
    }

    @Test
    void anIsolatedNetworkHasNoGatewayAndTheFirstContainerItsAddress() {
        assertThat(curl(alone2, "http://10.5.0.1/")).as(site.story()).startsWith("peer 10.5.0.3:");
        assertThat(pings(alone2, NatHost.ROUTER)).as(site.story()).isFalse();
        assertThat(pings(alone1, "10.5.0.3")).as(site.story()).isTrue();
    }
}
