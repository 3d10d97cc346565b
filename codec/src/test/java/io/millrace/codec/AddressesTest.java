package io.millrace.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
    @ParameterizedTest
    @CsvSource({
        // RFC 5952 sections 1, 4 and 5
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:0db8::0001, 2001:db8::1",
        "2001:db8:0:0:0:0:2:1, 2001:db8::2:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:DB8::AAAA, 2001:db8::aaaa",
        "::, ::",
        "::1, ::1",
        "fe80::, fe80::",
        "1::8, 1::8",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "::ffff:192.0.2.1, ::ffff:192.0.2.1",
        "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
        "0:0:1:0:0:0:0:0, 0:0:1::",
    })
    void anIpv6AddressIsWrittenTheOneWayOfRfc5952(String read, String written) {
        assertThat(Addresses.ipv6(read).toString()).isEqualTo(written);
    }

    @Test
    void whatIsWrittenReadsBackAsTheSameAddressForTheJdkToo() throws Exception {
        var random = new SplittableRandom(11);
        for (int i = 0; i < 20_000; i++) {
            long high = random.nextLong() & mask(random);
            long low = random.nextLong() & mask(random);
            var address = new Ipv6Address(high, low);
            assertThat(Addresses.ipv6(address.toString())).isEqualTo(address);
            if (InetAddress.getByName(address.toString()) instanceof Inet6Address theirs) {
                var bytes = java.nio.ByteBuffer.wrap(theirs.getAddress());
                assertThat(new Ipv6Address(bytes.getLong(), bytes.getLong())).isEqualTo(address);
            }
            int ipv4 = random.nextInt();
            assertThat(Addresses.ipv4(Addresses.ipv4(ipv4))).isEqualTo(ipv4);
            long mac = random.nextLong() >>> 16;
            assertThat(Addresses.mac(Addresses.mac(mac))).isEqualTo(mac);
        }
    }

    private static long mask(SplittableRandom random) {
        long mask = 0;
        for (int i = 0; i < 4; i++) {
            mask = mask << 16 | (random.nextBoolean() ? 0xFFFF : random.nextBoolean() ? 0xF : 0);
        }
        return mask;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1..2.3", "1.2.3.", "a.b.c.d", " 1.2.3.4"})
    void whatIsNoIpv4AddressIsRefusedWithASentence(String text) {
        assertThatThrownBy(() -> Addresses.ipv4(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'" + text + "' is not an IPv4 address: four numbers from 0 to 255 are, like 172.17.0.2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                ":::",
                "1",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1::2::3",
                "12345::",
                "g::",
                "1:",
                ":1",
                "1:2:3:4:5:6:7:8::",
                "::1:2:3:4:5:6:7:8",
                "1:2:3:4:5:6:7:1.2.3.4",
                "::1.2.3",
                "1.2.3.4",
                "::1.2.3.4:5"
            })
    void whatIsNoIpv6AddressIsRefusedWithASentence(String text) {
        assertThatThrownBy(() -> Addresses.ipv6(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("'" + text + "' is not an IPv6 address");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "02:42:ac:11:00",
                "02:42:ac:11:00:0g",
                "02:42:ac-11:00:02",
                "0242ac110002",
                "02.42.ac.11.00.02"
            })
    void whatIsNoMacAddressIsRefusedWithASentence(String text) {
        assertThatThrownBy(() -> Addresses.mac(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("'" + text + "' is not a MAC address");
    }
}
