package io.millrace.dataplane.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.codec.IpProtocol;
import io.millrace.dataplane.graph.Drop;
import io.millrace.dataplane.trials.Bytes;
import io.millrace.dataplane.trials.Packets;
import org.junit.jupiter.api.Test;

/** Link-local addresses stay on their link: RFC 4291 section 2.5.6. */
class ScopeTest {
    private static byte[] udp(String macs, String from, String to) {
        return Packets.ipv6(macs, from, to, IpProtocol.UDP, 64, Bytes.hex("13 88 1f 90 00 0c 12 34 01 02 03 04"));
    }

    @Test
    void whoHasALinkLocalAddressOnlyDoesNotGetToAPublishedPort() {
        try (var router = new RouterLab()) {
            router.lab.alsoGiven("out", udp(RouterLab.OUT + RouterLab.FAR, "fe80::9", "2001:db8::1"));
            assertThat(router.take("in")).isEmpty();
            assertThat(router.drops(Drop.IP_SOURCE)).isOne();
            router.lab.alsoGiven("out", udp(RouterLab.OUT + RouterLab.FAR, "2001:db8::9", "2001:db8::1"));
            assertThat(router.take("in")).hasSize(1);
        }
    }

    @Test
    void aPacketToALinkLocalAddressDoesNotLeaveForTheUplinksRouter() {
        try (var router = new RouterLab()) {
            router.lab.alsoGiven("in", udp(RouterLab.IN + RouterLab.HOST, "fd00:1::2", "fe80::9"));
            assertThat(router.take("out")).isEmpty();
            assertThat(router.drops(Drop.IP_DESTINATION)).isOne();
        }
    }
}
