package io.millrace.tools.probe;

import static io.millrace.tools.probe.NatSegments.ADDRESS;
import static io.millrace.tools.probe.NatSegments.GATEWAY;
import static io.millrace.tools.probe.NatSegments.PUBLISHED;
import static io.millrace.tools.probe.NatSegments.SERVICE;
import static io.millrace.tools.probe.Packet.ACK;
import static io.millrace.tools.probe.Packet.PSH;
import static io.millrace.tools.probe.Packet.SYN;
import static io.millrace.tools.probe.Packet.tcp;
import static io.millrace.tools.probe.Packet.udp;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the settings of {@code nat} change on the wire. */
class NatSettingsTest {
    @TempDir
    Path directory;

    private NatSegments net(String settings) throws IOException {
        return new NatSegments(new MillraceNat("interface", settings), directory);
    }

    @Test
    void afterTheAddressAloneAnyPortOfThePeerGetsInAndNeighboursShowTheGateway() throws IOException {
        try (var net = net("timeouts: linux, filtering: address, hairpin: gateway")) {
            var host = net.insider();
            var peer = net.outsider();
            int mapped = net.mapped(host, net.port(), peer, 4000);
            var seen = net.fromOutside(udp(peer, 777, ADDRESS, mapped)).onlyInside();
            assertThat(seen.source + ":" + seen.from() + " > " + seen.destination)
                    .isEqualTo(peer + ":777 > " + host);
            var back = net.fromInside(udp(host, seen.to(), peer, 777)).onlyOutside();
            assertThat(back.way()).isEqualTo(ADDRESS + ":" + mapped + " > " + peer + ":777");
            net.refusedFromOutside("gateway.uplink UNSOLICITED", udp(net.outsider(), 4000, ADDRESS, mapped));

            int port = net.port();
            var asked = net.fromInside(udp(host, port, ADDRESS, PUBLISHED)).onlyInside();
            assertThat(asked.source + " > " + asked.destination + ":" + asked.to())
                    .isEqualTo(GATEWAY + " > " + SERVICE + ":80");
            var answer =
                    net.fromInside(udp(SERVICE, 80, asked.source, asked.from())).onlyInside();
            assertThat(answer.way()).isEqualTo(ADDRESS + ":" + PUBLISHED + " > " + host + ":" + port);
        }
    }

    @Test
    void withoutAFilterAnybodyGetsInAndTheOtherLimitsHold() throws IOException {
        try (var net =
                net("filtering: endpoint, port_limit: 20, session_limit: 40, loose: false, ports: 40000-40999")) {
            var host = net.insider();
            int mapped = net.mapped(host, 50_000, net.outsider(), 4000);
            assertThat(mapped).isBetween(40_000, 40_999);
            for (int i = 0; i < 5; i++) {
                var sent = udp(net.outsider(), net.port(), ADDRESS, mapped);
                var seen = net.fromOutside(sent).onlyInside();
                assertThat(seen.way()).isEqualTo(sent.source + ":" + sent.from() + " > " + host + ":50000");
            }
            var peer = net.outsider();
            for (int i = 1; i < 20; i++) {
                net.mapped(host, 50_000 + i, peer, 4000);
            }
            var before = net.drops();
            var told = net.fromInside(udp(host, 50_020, peer, 4000)).onlyInside();
            assertThat(told.kind()).isEqualTo(0x030D);
            net.counted(before, Map.of("gateway.lan PORT_LIMIT", 1L));
            net.mapped(net.insider(), 50_020, peer, 4000);

            for (int i = 20; i < 40; i++) {
                net.mapped(host, 50_001, peer, 5000 + i);
            }
            net.silence(200).nothing(); // ten a second are told, no more
            var full = net.drops();
            assertThat(net.fromInside(udp(host, 50_001, peer, 5999))
                            .onlyInside()
                            .kind())
                    .isEqualTo(0x030D);
            net.counted(full, Map.of("gateway.lan SESSION_LIMIT", 1L));

            net.refusedFromInside(
                    "gateway.lan NO_CONNECTION", tcp(net.insider(), net.port(), peer, 80, PSH | ACK, 5000, 6000));
            net.fromInside(tcp(net.insider(), 40_500, peer, 80, SYN, 5000, 0)).onlyOutside();
        }
    }
}
