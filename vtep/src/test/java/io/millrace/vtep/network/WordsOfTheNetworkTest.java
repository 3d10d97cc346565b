package io.millrace.vtep.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses, ranges and attachments as they are written. */
final class WordsOfTheNetworkTest {
    @ParameterizedTest
    @CsvSource({
        // RFC 5952 sections 1, 2 and 4, and RFC 4291 section 2.2
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:0db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:DB8:0:0:1::1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:db8::0:1, 2001:db8::1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "ABCD:EF01:2345:6789:ABCD:EF01:2345:6789, abcd:ef01:2345:6789:abcd:ef01:2345:6789",
        "0:0:0:0:0:0:0:1, ::1",
        "0:0:0:0:0:0:0:0, ::",
        "FF01:0:0:0:0:0:0:101, ff01::101",
        "1:0:0:0:0:0:0:0, 1::",
        "192.0.2.11, 192.0.2.11",
        "255.255.255.255, 255.255.255.255",
    })
    void addressesAreWrittenAsRfc5952Says(String written, String canonical) {
        assertThat(IpAddress.parse(written)).hasToString(canonical);
    }

    @Test
    void anyIpv6AddressIsTheOneThatTheJdkReads() throws Exception {
        var random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            var bytes = new byte[16];
            for (int group = 0; group < 16; group += 2) {
                if (random.nextInt(3) > 0) {
                    bytes[group + 1] = (byte) random.nextInt();
                }
            }
            bytes[0] = 0x20; // not IPv4-mapped
            var theirs = InetAddress.getByAddress(bytes);
            var ours = IpAddress.parse(theirs.getHostAddress());
            assertThat(InetAddress.ofLiteral(ours.toString())).isEqualTo(theirs);
            assertThat(IpAddress.parse(ours.toString())).isEqualTo(ours);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1.2.3",
                "1.2.3.256",
                "01.2.3.4",
                "1.2.3.4.5",
                "localhost",
                "1",
                "::1%eth0",
                "[::1]",
                ":::",
                "::ffff:1.2.3.4",
                "1.2.3.4 "
            })
    void whatIsNoAddressIsNotLookedUp(String text) {
        assertThatThrownBy(() -> IpAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'" + text + "' is not an IP address");
    }

    @Test
    void aSubnetHoldsTheAddressesBetweenItsFirstAndItsLast() {
        var random = new Random(11);
        for (int i = 0; i < 5_000; i++) {
            boolean v6 = random.nextBoolean();
            int bits = v6 ? 128 : 32;
            int prefix = random.nextInt(bits + 1);
            var size = BigInteger.TWO.pow(bits - prefix);
            var first = new BigInteger(bits, random).divide(size).multiply(size);
            var subnet = new Subnet(address(v6, first), prefix);
            // An address near the subnet's edges: half of them inside.
            var near = first.add(
                    random.nextBoolean()
                            ? BigInteger.valueOf(random.nextInt(3) - 1)
                            : size.subtract(BigInteger.valueOf(random.nextInt(3) - 1)));
            if (near.signum() >= 0 && near.bitLength() <= bits) {
                boolean inside = near.compareTo(first) >= 0 && near.compareTo(first.add(size)) < 0;
                assertThat(subnet.contains(address(v6, near)))
                        .as(subnet + " and " + address(v6, near))
                        .isEqualTo(inside);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.1.0.0/16, true, true",
        "10.1.0.0/16, 10.0.0.0/8, false, true",
        "10.0.0.0/16, 10.0.0.0/8, false, true",
        "10.0.0.0/8, 10.0.0.0/8, true, true",
        "10.0.0.0/9, 10.128.0.0/9, false, false",
        "0.0.0.0/0, 255.255.255.255/32, true, true",
        "0.0.0.0/0, ::/0, false, false",
        "2001:db8::/32, 2001:db8:1::/48, true, true",
        "2001:db8:0:0:8000::/65, 2001:db8::/65, false, false",
    })
    void subnetsHoldAndOverlapEachOther(String one, String other, boolean holds, boolean overlaps) {
        assertThat(Subnet.parse(one).contains(Subnet.parse(other))).isEqualTo(holds);
        assertThat(Subnet.parse(one).overlaps(Subnet.parse(other))).isEqualTo(overlaps);
        assertThat(Subnet.parse(other).overlaps(Subnet.parse(one))).isEqualTo(overlaps);
    }

    private static IpAddress address(boolean v6, BigInteger value) {
        return new IpAddress(v6, v6 ? value.shiftRight(64).longValue() : 0, value.longValue());
    }

    @ParameterizedTest
    @CsvSource({"02:42:AC:11:00:02, 02:42:ac:11:00:02", "02-42-ac-11-00-02, 02:42:ac:11:00:02"})
    void macAddressesAreReadWithColonsOrHyphens(String written, String shown) {
        assertThat(MacAddress.parse(written))
                .isEqualTo(new MacAddress(0x0242_AC11_0002L))
                .hasToString(shown);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "02:42:ac:11:00",
                "02:42:ac:11:00:02:03",
                "02:42-ac:11:00:02",
                "0242ac110002",
                "2:42:ac:11:0:2",
                "02:42:ac:11:00:0g"
            })
    void whatIsNoMacAddressIsRefused(String text) {
        assertThatThrownBy(() -> MacAddress.parse(text)).hasMessageContaining("is not a MAC address");
    }

    /** The grammar and the words of go-connections' ParsePortSpec, as Docker 20.10 and 28 print them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "interface:eth0",
                "pcap:any",
                "packet:eth0.50",
                "xdp:eth0",
                "tap:t0",
                "veth:nginx0",
                "veth:fifteen-letters@shop",
                "netns:q",
                "file:../a:b.pcap",
                "memory:m"
            })
    void anAttachmentIsReadAsItIsShown(String text) {
        assertThat(Attachment.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "eth0",
                "vteh:x",
                "veth:",
                "veth:@shop",
                "veth:v@",
                "veth:v@a/b",
                "veth:sixteen-letters-@shop",
                "tap:sixteen-letters-",
                "tap:a/b",
                "tap:..",
                "netns:a/b",
                "netns:..",
                "TAP:t0"
            })
    void whatCannotBePluggedIsRefused(String text) {
        assertThatThrownBy(() -> Attachment.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aCableHasTwoEndsAndPerhapsANamespace() {
        var into = Attachment.parse("veth:v0@shop");
        assertThat(into.device()).isEqualTo("v0");
        assertThat(into.namespace()).isEqualTo("shop");
        assertThat(into.farDevice()).isEqualTo("eth0");
        assertThat(Attachment.parse("veth:v0").farDevice()).isEqualTo("v0-p");
        assertThat(Attachment.parse("veth:fifteen-letters").farDevice()).isEqualTo("fifteen-lette-p");
        assertThat(Attachment.parse("netns:shop").namespace()).isEqualTo("shop");
        assertThat(Attachment.parse("tap:t0").namespace()).isEmpty();
    }
}
