package io.millrace.tools.nat;

import static io.millrace.tools.nat.NatHost.curl;
import static io.millrace.tools.nat.NatHost.talk;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An uplink whose MTU is smaller than the containers'. */
class SmallUplinkTest {
    @Test
    void theGatewayTellsTheUplinksMtuAndTcpFindsItBothWays(@TempDir Path directory) {
        try (var site = new NatHost(directory)) {
            var container = site.container("one", "10.1.0.2/24");
            NatHost.run(site.host(), "ip link set up0 mtu 1400");
            NatHost.run(site.router(), "ip link set eth0 mtu 1400");
            site.up("""
                    networks: { web: { ipam: { config: [ { subnet: 10.1.0.0/24, gateway: 10.1.0.1 } ] } } }
                    services:
                      one:
                        networks: { web: { ipv4_address: 10.1.0.2 } }
                        ports: [ "8080:80" ]
                        x-millrace: { attach: { interface: one } }
                    """);
            site.serve(container, "0.0.0.0", 80);
            site.serve(site.router(), NatHost.ROUTER, 80);
            var said = container.run(
                    "ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "-M", "do", "-s", "1450", NatHost.ROUTER);
            assertThat(said.out() + said.err())
                    .as(site.story())
                    .contains("From 10.1.0.1")
                    .containsAnyOf("mtu = 1400", "mtu=1400");
            assertThat(talk(container, "put " + NatHost.ROUTER + " 80 1000000"))
                    .as(site.story())
                    .isEqualTo("got 1000000");
            assertThat(curl(site.router(), "http://" + NatHost.HOST + ":8080/1000000"))
                    .as(site.story())
                    .hasSizeGreaterThan(1_000_000);
        }
    }
}
