package io.millrace.vtep.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where the host meets the world: one address of each family, and a next hop of each. */
class HostInterfaceTest {
    private static HostInterface host(List<String> addresses, List<String> gateways) {
        return new HostInterface(
                Attachment.Kind.INTERFACE,
                "eth1",
                addresses.stream().map(HostAddress::parse).toList(),
                gateways.stream().map(IpAddress::parse).toList(),
                null,
                null,
                Map.of());
    }

    private static void refused(String sentence, List<String> addresses, List<String> gateways) {
        assertThatThrownBy(() -> host(addresses, gateways)).hasMessage(sentence);
    }

    @Test
    void itHasAnAddressOfEachFamily() {
        var both = host(List.of("192.0.2.1/24", "2001:db8::1/64"), List.of("192.0.2.9", "fe80::9"));
        assertThat(both.address()).hasToString("192.0.2.1/24");
        assertThat(both.address(true)).hasToString("2001:db8::1/64");
        assertThat(both.has(IpAddress.parse("2001:db8::1"))).isTrue();
        assertThat(both.has(IpAddress.parse("2001:db8::2"))).isFalse();
        assertThat(both.gateway()).hasToString("192.0.2.9");
    }

    @Test
    void whatCannotBeIsRefused() {
        refused(
                "192.0.2.1 and 192.0.2.2 are two IPv4 addresses, and one of each family is used",
                List.of("192.0.2.1/24", "192.0.2.2/24"),
                List.of());
        refused(
                "2001:db8::8 and 2001:db8::9 are two IPv6 gateways, and one of each family is used",
                List.of("2001:db8::1/64"),
                List.of("2001:db8::8", "2001:db8::9"));
        refused(
                "gateway 2001:db8::9 cannot be reached: the interface has no IPv6 address",
                List.of("192.0.2.1/24"),
                List.of("2001:db8::9"));
        refused(
                "gateway 198.51.100.1 cannot be reached: it is not in 192.0.2.0/24",
                List.of("192.0.2.1/24", "2001:db8::1/64"),
                List.of("198.51.100.1"));
        refused(
                "gateway 2001:db8::1 is the interface's own address",
                List.of("2001:db8::1/64"),
                List.of("2001:db8::1"));
    }
}
